"""The settings of propagation."""

from pydantic import Field

from services.kit.settings import SessionSettings


class Settings(SessionSettings):
    """Settings that an operator may change; the secrets are `pepper` and `session_jwks`.

    `DECISION_DAYS` is how long an approver may take, `RETENTION_DAYS` how long a decision is kept after the end.
    """

    mongo_database: str = "propagation"
    decision_days: int = Field(default=7, ge=1, le=14)
    retention_days: int = Field(default=365, ge=1)
