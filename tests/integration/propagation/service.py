"""Propagation over one real database, and who asks it."""

from services.kit.mongo import Database
from services.propagation.api import router
from services.propagation.app import wire
from services.propagation.deps import Deps
from services.propagation.settings import Settings
from tests.harness import Harness


class PropagationHarness(Harness[Deps]):
    """`at(n)` is a client of one instance."""

    service = "propagation"
    settings_class = Settings
    settings: Settings
    router = router

    def wire(self, database: Database) -> Deps:
        return wire(self.settings, database)
