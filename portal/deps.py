"""What the pages need from outside."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from client.async_api import AsyncTransport
from portal.assets import Assets
from portal.csrf import CsrfProtection
from portal.honeypot import Honeypot
from portal.rendering import TemplateRenderer


@dataclass(frozen=True)
class Deps:
    """Built once, when the portal starts."""

    gateway: AsyncTransport
    renderer: TemplateRenderer
    assets: Assets
    csrf: CsrfProtection
    honeypot: Honeypot
    zone: ZoneInfo
    public_url: str
    policy: str
    form_file_bytes: int
    form_files_at_once: asyncio.Semaphore
    previews: Path | None
