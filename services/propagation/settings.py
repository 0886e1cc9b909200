"""What may an operator change in propagation?"""

from pydantic import Field, SecretStr

from services.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """`DECISION_DAYS`: how long an approver may take; `KEEP_DAYS`: how long after its end a decision is remembered."""

    mongo_database: str = "propagation"
    pepper: SecretStr
    session_jwks: SecretStr
    decision_days: int = Field(default=7, ge=1, le=14)
    keep_days: int = Field(default=365, ge=1)
