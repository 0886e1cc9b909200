"""Settings that all services share: environment variables, and secrets as files, without defaults."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

WELL_KNOWN_PASSWORDS = ("guest", "minioadmin", "changeme", "password", "secret")
MIN_SECRET_LENGTH = 32
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _https_unless_loopback(value: str) -> str:
    address = urlsplit(value)
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        raise ValueError("must be https")
    return value.rstrip("/")


def _some_entries(value: str) -> str:
    if not split_list(value):
        raise ValueError("must list at least one")
    return value


PublicUrl = Annotated[str, AfterValidator(_https_unless_loopback)]
"""An address of the gateway, https except on this machine."""
EntryList = Annotated[str, AfterValidator(_some_entries)]
"""A comma-separated list with at least one entry; see `split_list`."""


class InvalidSettings(Exception):
    """The process must not start with these settings; the message names them without their values."""


class ProcessSettings(BaseSettings):
    """The settings of every process; a missing or weak one ends the start with a clear message (R63)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    listen_host: str = "0.0.0.0"  # noqa: S104 - a pod's own network; the NetworkPolicy decides who reaches it
    listen_port: int = 8000
    management_port: int = 9000
    log_level: str = "INFO"
    public_base_url: PublicUrl
    trusted_proxies: str = "127.0.0.1"
    grace_seconds: int = 30

    @classmethod
    def read(cls) -> Self:
        """Read the environment and the files in the folder `SECRETS_DIR`."""
        folder = os.environ.get("SECRETS_DIR")
        sources: dict[str, Any] = {"_secrets_dir": Path(folder)} if folder else {}
        try:
            return cls(**sources)
        except ValidationError as error:
            raise InvalidSettings(_describe_errors(error)) from None
        except ValueError as error:
            raise InvalidSettings(str(error)) from None

    @field_validator("trusted_proxies")
    @classmethod
    def _exact_proxies(cls, value: str) -> str:
        for entry in value.split(","):
            if ipaddress.ip_network(entry.strip()).prefixlen == 0:
                raise ValueError("must name the gateway, not everybody")
        return value

    @model_validator(mode="after")
    def _no_weak_secret(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                _refuse_weak(name, value.get_secret_value())
        return self


class ServiceSettings(ProcessSettings):
    """The settings of a service with a database and the broker.

    A database operation that takes longer than `mongo_timeout_seconds` is an outage (R56).
    `max_task_interval_seconds` limits the pauses of all periodic tasks. An event that is still unpublished after
    `outbox_grace_seconds` is published by any process of the service.
    """

    mongo_database: str
    mongo_url: SecretStr
    amqp_url: SecretStr
    mongo_timeout_seconds: float = Field(default=2.0, gt=0)
    max_task_interval_seconds: float = Field(default=3600.0, gt=0)
    outbox_grace_seconds: float = Field(default=5.0, gt=0)


class SessionSettings(ServiceSettings):
    """Of a service that authenticates by session; its own tokens and hashes are derived from `pepper`."""

    session_jwks: SecretStr
    pepper: SecretStr


class StoreSettings(SessionSettings):
    """Of a service with a bucket of the object store."""

    s3_endpoint: str
    s3_region: str = "us-east-1"
    s3_bucket: str = "melanissimo"
    s3_access_key: SecretStr
    s3_secret_key: SecretStr


def split_list(value: str) -> list[str]:
    """Return the entries of a comma-separated list, stripped, without empty ones."""
    return [entry.strip() for entry in value.split(",") if entry.strip()]


def _describe_errors(error: ValidationError) -> str:
    """Return `name: error` for each setting, without values."""
    found = error.errors(include_url=False, include_input=False)
    return "; ".join(": ".join([*map(str, one["loc"]), one["msg"]]) for one in found)


def _refuse_weak(name: str, secret: str) -> None:
    if not secret:
        raise ValueError(f"{name} is empty")
    password = _password(name, secret) if name.endswith("_url") else secret
    if password.lower() in WELL_KNOWN_PASSWORDS:
        raise ValueError(f"{name} holds a well-known password")
    if name in ("pepper",) and len(secret) < MIN_SECRET_LENGTH:
        raise ValueError(f"{name} has fewer than {MIN_SECRET_LENGTH} characters")


def _password(name: str, url: str) -> str:
    """Return the password of a URL as drivers read it: special characters are percent-encoded."""
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        raise ValueError(f"{name} is not an address: percent-encode what is special in its password") from None
