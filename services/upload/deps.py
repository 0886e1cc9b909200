"""What does the service need from outside?"""

from dataclasses import dataclass

from services.kit.addresses import Domains
from services.kit.authentication import TokenAuthenticator
from services.kit.objects import ObjectStore
from services.kit.rate_limit import RateLimiter
from services.upload.capabilities import Capabilities
from services.upload.domain.limits import Limits
from services.upload.file_uploads import Arrivals
from services.upload.store import Digests, Transfers, Verifications


@dataclass(frozen=True)
class Deps:
    """Handed to every endpoint, handler and loop."""

    authenticator: TokenAuthenticator
    transfers: Transfers
    verifications: Verifications
    digests: Digests
    arrivals: Arrivals
    objects: ObjectStore
    capabilities: Capabilities
    rate_limiter: RateLimiter
    limits: Limits
    agents: Domains
