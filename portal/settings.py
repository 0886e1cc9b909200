"""The settings of the portal."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from services.kit.settings import ProcessSettings
from services.kit.time_zones import TimeZone


class Settings(ProcessSettings):
    """`GATEWAY_URL` is the gateway's internal listener for the portal; `THEME_DIR` is the folder of a theme.

    `PREVIEWS_DIR` contains samples of the mails, which are shown only with `PORTAL_DEVELOPMENT`.

    Somebody who requests a link sooner than `MIN_FORM_SECONDS` after the form was made must try again; 0: never.
    """

    gateway_url: str
    files_base_url: str
    theme_dir: Path | None = None
    time_zone: TimeZone = "Europe/Paris"
    portal_development: bool = False
    previews_dir: Path | None = None
    min_form_seconds: float = Field(2.0, ge=0, le=30)
    form_file_bytes: int = Field(100_000_000, ge=1, le=100_000_000)
    form_files_at_once: int = Field(4, ge=1)
    pepper: SecretStr

    @field_validator("gateway_url", "files_base_url")
    @classmethod
    def _an_origin(cls, value: str) -> str:
        address = urlsplit(value)
        if address.scheme not in ("http", "https") or not address.netloc or address.path.strip("/"):
            raise ValueError("must be scheme://host[:port]")
        return value.rstrip("/")
