"""The settings of auth."""

from datetime import timedelta

from pydantic import Field, SecretStr

from services.auth.domain import SignInPolicy
from services.auth.rate_limits import SignInLimits
from services.kit.settings import EntryList, ServiceSettings

DEFAULT_LIMITS = SignInLimits()


class Settings(ServiceSettings):
    """Settings that an operator may change; the secrets are `session_private_key` (PEM, P-256) and `pepper`."""

    mongo_database: str = "auth"
    session_private_key: SecretStr
    retired_session_jwks: SecretStr | None = None
    pepper: SecretStr
    agent_domains: EntryList
    challenge_kinds: EntryList = "image,question"
    speech_program: str = "espeak-ng"

    link_minutes: int = Field(60, ge=5, le=1440)
    key_attempts: int = Field(5, ge=1, le=5)
    token_minutes: int = Field(15, ge=1, le=30)
    session_hours: int = Field(24, ge=1, le=24)
    retention_hours: int = Field(24, ge=1)
    link_answer_seconds: float = Field(0.25, ge=0, le=2)

    links_per_mailbox: int = Field(DEFAULT_LIMITS.links_per_mailbox, ge=1)
    links_per_mailbox_per_day: int = Field(DEFAULT_LIMITS.links_per_mailbox_per_day, ge=1)
    links_per_network: int = Field(DEFAULT_LIMITS.links_per_network, ge=1)
    links_per_domain: int = Field(DEFAULT_LIMITS.links_per_domain, ge=1)
    links_total: int = Field(DEFAULT_LIMITS.links_total, ge=1)
    challenges_per_network: int = Field(DEFAULT_LIMITS.challenges_per_network, ge=1)
    recordings_per_network: int = Field(DEFAULT_LIMITS.recordings_per_network, ge=1)

    def policy(self) -> SignInPolicy:
        """Return the durations and the number of attempts."""
        return SignInPolicy(
            link_lifetime=timedelta(minutes=self.link_minutes),
            max_attempts=self.key_attempts,
            token_lifetime=timedelta(minutes=self.token_minutes),
            session_lifetime=timedelta(hours=self.session_hours),
            retention=timedelta(hours=self.retention_hours),
        )

    def limits(self) -> SignInLimits:
        """Return the rate limits, which have the same names."""
        return SignInLimits(**{name: getattr(self, name) for name in SignInLimits._fields})
