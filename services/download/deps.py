"""What endpoints, handlers and the sweeper need from outside."""

from dataclasses import dataclass

from services.download.domain.policy import DownloadPolicy
from services.download.store import ContentsRepository, Deliveries, Links
from services.download.streaming.buffer_pool import BufferPool
from services.download.streaming.capability import DownloadCapabilities
from services.download.streaming.limiter import DownloadLimiter
from services.download.streaming.read_ahead import RangeSource
from services.download.streaming.revocation_cache import RevocationCache
from services.download.zip.layout_cache import LayoutCache
from services.kit.authentication import TokenAuthenticator


@dataclass(frozen=True)
class Deps:
    """Everything that endpoints, handlers and the sweeper use."""

    deliveries: Deliveries
    contents: ContentsRepository
    links: Links
    source: RangeSource
    layouts: LayoutCache
    capabilities: DownloadCapabilities
    buffers: BufferPool
    limiter: DownloadLimiter
    revocations: RevocationCache
    authenticator: TokenAuthenticator
    policy: DownloadPolicy
    files_base_url: str
