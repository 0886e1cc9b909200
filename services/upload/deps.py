"""The dependencies of the service."""

from dataclasses import dataclass

from services.kit.addresses import Domains
from services.kit.authentication import TokenAuthenticator
from services.kit.objects import ObjectStore
from services.kit.rate_limit import RateLimiter
from services.upload.capabilities import PartsCapabilities
from services.upload.domain.limits import Limits
from services.upload.file_uploads import FileUploads
from services.upload.store import PartDigests, Transfers, Verifications


@dataclass(frozen=True)
class Deps:
    """Passed to every endpoint, handler and periodic task."""

    authenticator: TokenAuthenticator
    transfers: Transfers
    verifications: Verifications
    part_digests: PartDigests
    uploads: FileUploads
    objects: ObjectStore
    capabilities: PartsCapabilities
    rate_limiter: RateLimiter
    limits: Limits
    agents: Domains
