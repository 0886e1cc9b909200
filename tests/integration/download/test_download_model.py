"""The rules of a link on the real database, whose clock decides, against the model."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from devstack.stack import Stack
from services.download.domain.link import Link
from services.kit.events import Event
from services.kit.mongo import Database, Repository
from tests.harness import MONGO_TIMEOUT_SECONDS, own_database
from tests.passing_time import pass_time
from tests.unit.download.link_driver import new_link
from tests.unit.download.state_machine import LinkMachine, Rule


class OnMongo(LinkMachine):
    """Time passes by moving the dates of the document, never by waiting."""

    bench: ClassVar["Bench"]

    def __init__(self) -> None:
        super().__init__()
        self.id = f"model-{uuid4()}"
        _, now = self._run(self.bench.links.read("clock"))
        fresh = new_link(id=self.id).evolve(ends_at=now + timedelta(days=300))
        self._run(self.bench.links.add(fresh))

    def apply(self, change: Rule) -> Link:
        def told(link: Link, now: datetime) -> tuple[Link, list[Event]]:
            after, events = change(link, now)
            self.note_events(events)
            return after, events

        found: Link = self._run(self.bench.links.update(self.id, told))
        return found

    def current(self) -> tuple[Link, datetime]:
        found: tuple[Link, datetime] = self._run(self.bench.links.read(self.id))
        return found

    def wait(self, by: timedelta) -> None:
        self._run(pass_time(self.bench.documents, by, {"_id": self.id}))

    def teardown(self) -> None:
        super().teardown()
        self._run(self.bench.documents.delete_one({"_id": self.id}))

    def _run(self, what: Any) -> Any:
        return self.bench.runner.run(what)


@dataclass
class Bench:
    """Where the links lie, and what runs the calls."""

    runner: asyncio.Runner
    links: Repository[Link]
    documents: Any


def test_the_link_on_the_real_database_does_what_the_model_does(servers: Stack) -> None:
    closing = AsyncExitStack()
    with asyncio.Runner() as runner:
        documents = runner.run(closing.enter_async_context(own_database(servers, "download")))
        database = Database(servers.mongo_admin_url, documents.name, MONGO_TIMEOUT_SECONDS)
        closing.callback(database.close)
        links = database.repository("modelled", Link)
        OnMongo.bench = Bench(runner, links, documents["modelled"])
        runner.run(links.add(new_link(id="clock")))
        limits = settings(
            max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        )
        run_state_machine_as_test(OnMongo, settings=limits)
        runner.run(closing.aclose())
