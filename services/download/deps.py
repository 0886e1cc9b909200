"""What does the counter need from outside?"""

from dataclasses import dataclass

from services.download.archive.layouts import Layouts
from services.download.domain.terms import Terms
from services.download.store import Deliveries, Links, Shelves
from services.download.streams.capability import Capabilities
from services.download.streams.closings import Closings
from services.download.streams.counter import Counter
from services.download.streams.memory import Memory
from services.download.streams.runs import Source
from services.kit.authentication import TokenAuthenticator


@dataclass(frozen=True)
class Deps:
    """Everything that endpoints, handlers and the sweeper use."""

    deliveries: Deliveries
    contents: Shelves
    links: Links
    source: Source
    layouts: Layouts
    capabilities: Capabilities
    memory: Memory
    counter: Counter
    closings: Closings
    authenticator: TokenAuthenticator
    terms: Terms
    files_base_url: str
