"""What does the service need from outside?"""

from dataclasses import dataclass

from services.kit.addresses import Domains
from services.kit.callers import Sessions
from services.kit.objects import Objects
from services.kit.rates import Rates
from services.upload.arrivals import Arrivals
from services.upload.capabilities import Capabilities
from services.upload.domain.limits import Limits
from services.upload.store import Digests, Transfers, Verifications


@dataclass(frozen=True)
class Deps:
    """Handed to every endpoint, handler and loop."""

    callers: Sessions
    transfers: Transfers
    verifications: Verifications
    digests: Digests
    arrivals: Arrivals
    objects: Objects
    capabilities: Capabilities
    rates: Rates
    limits: Limits
    agents: Domains
