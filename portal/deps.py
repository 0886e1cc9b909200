"""What do the pages need from outside?"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from portal.assets import Assets
from portal.csrf import Csrf
from portal.gateway import Gateway
from portal.rendering import Pages
from portal.trap import Trap


@dataclass(frozen=True)
class Deps:
    """Everything, put together once."""

    gateway: Gateway
    pages: Pages
    assets: Assets
    csrf: Csrf
    trap: Trap
    zone: ZoneInfo
    public_url: str
    policy: str
    form_file_bytes: int
    form_files_at_once: asyncio.Semaphore
    previews: Path | None
