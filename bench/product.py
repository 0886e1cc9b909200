"""The product as a contender, through its gateway: signed parts in, verified and counted bytes out."""

import time
import uuid
from collections.abc import Sequence
from typing import Any

from bench.contender import verify_content
from bench.http_connection import HttpConnection, InvalidMeasurement
from bench.part_file import PartFile
from bench.stage import Stage
from devstack.accounts import SERVICES
from devstack.people import OFFER

TIMEOUT_SECONDS = 300.0
LEFT = 2


class Product:
    """All of the product's processes, database and broker included; the store is measured separately."""

    name = "ours"
    memory_parts: Sequence[str] = (*SERVICES, "gateway")
    crashes = 0

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def client(self) -> "ProductClient":
        return ProductClient(self._stage)

    def servers(self) -> dict[str, list[int]]:
        return {name: pids for name, pids in self._stage.pids().items() if name != "s3"}

    def has_crashed(self) -> bool:
        """Return False: a failure of the product ends the run."""
        return False


class ProductClient:
    """An agent with one draft, and the external recipient to whom it is sent."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._files_url = stage.stack.files_url
        self._connection, self._files_connection = stage.connection(), HttpConnection(self._files_url)
        self._draft = str(uuid.uuid4())
        self._at = f"/api/upload/drafts/{self._draft}"
        self._sent: dict[str, PartFile] = {}

    def upload(self, part_file: PartFile) -> None:
        file = str(uuid.uuid4())
        if not self._sent:
            self._connection.request("PUT", self._at, {})
        announced = {"path": f"mesure-{len(self._sent)}.bin", "size_bytes": part_file.size_bytes}
        plan = self._connection.request("PUT", f"{self._at}/files/{file}", announced)
        for number, part in enumerate(part_file.parts, 1):
            address = f"{plan['parts_url']}/{number}/{part_file.sha256_of(part)}"
            self._connection.put(address, part, {"X-Part-CRC32": part_file.crc32_of(part)})
        self._connection.request("POST", f"{self._at}/files/{file}/completion", {"sha256": part_file.sha256})
        self._sent[file] = part_file

    def make_downloadable(self) -> None:
        """Send the transfer and wait until its files are verified, so that this work does not slow the download."""
        recipient = f"r{self._draft[:13]}@ville.example"
        self._connection.request("PATCH", self._at, {"to": [recipient], "subject": "Mesure", "text": "Bonjour"})
        self._connection.request("POST", f"{self._at}/submission")
        self._link = f"/api/download/links/{self._stage.sink.first(recipient)[1].token(OFFER)}"
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while any(file["verification"] != "verified" for file in self._offered()):
            if time.monotonic() > deadline:
                raise InvalidMeasurement("what was sent is not read back")
            time.sleep(0.05)

    def download(self) -> None:
        for file in self._sent:
            granted = self._connection.request("PUT", f"{self._link}/files/{file}/downloads/{uuid.uuid4()}", {})
            verify_content(
                self._sent[file], *self._files_connection.fetch(granted["url"].removeprefix(self._files_url), {})
            )

    def clean_up(self) -> None:
        """Raise if a download was not counted; then delete the transfer."""
        if any(file["left"] != LEFT for file in self._offered()):
            raise InvalidMeasurement("a download was not counted")
        self._connection.request("DELETE", f"/api/upload/transfers/{self._draft}")
        self._connection.close()
        self._files_connection.close()

    def _offered(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._connection.request("GET", self._link)["files"]
        return found
