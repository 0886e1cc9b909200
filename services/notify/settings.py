"""Settings of notify."""

from email.headerregistry import Address
from email.policy import SMTP

from pydantic import Field, SecretStr, field_validator, model_validator

from services.kit.addresses import AddressNotAcceptable, normal_form
from services.kit.settings import LOOPBACK, ServiceSettings
from services.kit.time_zones import TimeZone


class Settings(ServiceSettings):
    """The SMTP relay and the sender of every mail; dates are written in `TIME_ZONE`."""

    mongo_database: str = "notify"
    smtp_host: str
    smtp_port: int = 587
    smtp_starttls: bool = True
    smtp_timeout_seconds: float = Field(default=30.0, gt=0, le=50)
    smtp_concurrency: int = Field(default=4, ge=1, le=64)
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    mail_from: str
    time_zone: TimeZone = "Europe/Paris"

    @field_validator("mail_from")
    @classmethod
    def _one_address(cls, value: str) -> str:
        _parsed(value)
        return value

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> "Settings":
        if bool(self.smtp_username) != bool(self.smtp_password):
            raise ValueError("smtp_username and smtp_password go together")
        if self.smtp_password and not self.smtp_starttls and self.smtp_host not in LOOPBACK:
            raise ValueError("a password is not sent to a relay without STARTTLS")
        return self

    def sender(self) -> Address:
        """Return the sender of every mail, its address in normal form."""
        return _parsed(self.mail_from)


def _parsed(value: str) -> Address:
    if any(ord(sign) < 32 for sign in value):
        raise ValueError("must be one line")
    found = SMTP.header_factory("From", value).addresses
    if len(found) != 1:
        raise ValueError("must be one address, with or without a name")
    try:
        local, domain = normal_form(found[0].addr_spec).rsplit("@", 1)
    except AddressNotAcceptable as error:
        raise ValueError("must hold an address that can be used") from error
    return Address(display_name=found[0].display_name, username=local, domain=domain)
