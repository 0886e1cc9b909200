"""The product, through its public door: signed parts go in, verified and counted bytes come out."""

import time
import uuid
from collections.abc import Sequence
from typing import Any

from bench.contender import same
from bench.cuts import Cuts
from bench.line import Line, Unexpected
from bench.stage import Stage
from devstack.accounts import SERVICES
from devstack.people import OFFER

PATIENCE_SECONDS = 300.0
LEFT = 2


class Ours:
    """Everything that runs of it, database and broker too; the store is counted apart."""

    name = "ours"
    memory_of: Sequence[str] = (*SERVICES, "gateway")
    deaths = 0

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def mover(self) -> "OurMover":
        return OurMover(self._stage)

    def servers(self) -> dict[str, list[int]]:
        return {name: pids for name, pids in self._stage.pids().items() if name != "s3"}

    def died(self) -> bool:
        """A failure of ours is the end of the run."""
        return False


class OurMover:
    """An agent with one draft, and the outsider to whom it is sent."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._files_url = stage.stack.files_url
        self._line, self._files_line = stage.line(), Line(self._files_url)
        self._draft = str(uuid.uuid4())
        self._at = f"/api/upload/drafts/{self._draft}"
        self._sent: dict[str, Cuts] = {}

    def upload(self, cuts: Cuts) -> None:
        file = str(uuid.uuid4())
        if not self._sent:
            self._line.ask("PUT", self._at, {})
        announced = {"path": f"mesure-{len(self._sent)}.bin", "size_bytes": cuts.size_bytes}
        plan = self._line.ask("PUT", f"{self._at}/files/{file}", announced)
        for number, part in enumerate(cuts.parts, 1):
            address = f"{plan['parts_url']}/{number}/{cuts.sha256_of(part)}"
            self._line.put(address, part, {"X-Part-CRC32": cuts.crc32_of(part)})
        self._line.ask("POST", f"{self._at}/files/{file}/completion", {"sha256": cuts.sha256})
        self._sent[file] = cuts

    def settle(self) -> None:
        """Sent, mailed, and read back to the last byte, so that nothing of an upload is paid for by a download."""
        recipient = f"r{self._draft[:13]}@ville.example"
        self._line.ask("PATCH", self._at, {"to": [recipient], "subject": "Mesure", "text": "Bonjour"})
        self._line.ask("POST", f"{self._at}/submission")
        self._link = f"/api/download/links/{self._stage.sink.first(recipient)[1].token(OFFER)}"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(file["verification"] != "verified" for file in self._offered()):
            if time.monotonic() > deadline:
                raise Unexpected("what was sent is not read back")
            time.sleep(0.05)

    def download(self) -> None:
        for file in self._sent:
            granted = self._line.ask("PUT", f"{self._link}/files/{file}/downloads/{uuid.uuid4()}", {})
            same(self._sent[file], *self._files_line.fetch(granted["url"].removeprefix(self._files_url), {}))

    def forget(self) -> None:
        """Refuses first when one of the downloads was not counted."""
        if any(file["left"] != LEFT for file in self._offered()):
            raise Unexpected("a download was not counted")
        self._line.ask("DELETE", f"/api/upload/transfers/{self._draft}")
        self._line.close()
        self._files_line.close()

    def _offered(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._line.ask("GET", self._link)["files"]
        return found
