"""What may an operator change in auth?"""

from datetime import timedelta

from pydantic import Field, SecretStr, field_validator

from services.auth.domain import Terms
from services.auth.limits import Ceilings
from services.kit.settings import ServiceSettings

CEILINGS = Ceilings()


class Settings(ServiceSettings):
    """Settings of auth; the secrets are `session_private_key` (PEM, P-256) and `pepper`."""

    mongo_database: str = "auth"
    session_private_key: SecretStr
    retired_session_jwks: SecretStr | None = None
    pepper: SecretStr
    agent_domains: str
    challenge_kinds: str = "image,question"
    speech_program: str = "espeak-ng"

    link_minutes: int = Field(60, ge=5, le=1440)
    key_tries: int = Field(5, ge=1, le=5)
    token_minutes: int = Field(15, ge=1, le=30)
    session_hours: int = Field(24, ge=1, le=24)
    remembered_hours: int = Field(24, ge=1)
    link_answer_seconds: float = Field(0.25, ge=0, le=2)

    links_per_person: int = Field(CEILINGS.links_per_person, ge=1)
    links_per_person_a_day: int = Field(CEILINGS.links_per_person_a_day, ge=1)
    links_per_network: int = Field(CEILINGS.links_per_network, ge=1)
    links_per_domain: int = Field(CEILINGS.links_per_domain, ge=1)
    links_in_all: int = Field(CEILINGS.links_in_all, ge=1)
    challenges_per_network: int = Field(CEILINGS.challenges_per_network, ge=1)
    recordings_per_network: int = Field(CEILINGS.recordings_per_network, ge=1)

    @field_validator("agent_domains", "challenge_kinds")
    @classmethod
    def _not_empty(cls, value: str) -> str:
        if not listed(value):
            raise ValueError("must list at least one")
        return value

    def terms(self) -> Terms:
        """The durations and the number of tries, as the domain takes them."""
        return Terms(
            link_life=timedelta(minutes=self.link_minutes),
            tries=self.key_tries,
            token_life=timedelta(minutes=self.token_minutes),
            session_life=timedelta(hours=self.session_hours),
            remembered_for=timedelta(hours=self.remembered_hours),
        )

    def ceilings(self) -> Ceilings:
        """The rates, under the same names."""
        return Ceilings(**{name: getattr(self, name) for name in Ceilings._fields})


def listed(value: str) -> list[str]:
    """The entries of a comma list, without blanks."""
    return [entry.strip() for entry in value.split(",") if entry.strip()]
