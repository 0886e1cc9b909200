"""A public door that holds state in memory: drafts' files and parts, one link, and faults on demand."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx

from client.api import Api
from client.patience import Patience

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PART_BYTES = 1000
Answer = httpx.Response
Fault = Callable[[httpx.Request], Answer | None]


class Door:
    """What the real one does, for one sender and one link; `faults` are asked first."""

    def __init__(self) -> None:
        self.parts: dict[str, dict[int, bytes]] = {}
        self.said: dict[str, dict[int, str]] = {}
        self.sizes: dict[str, int] = {}
        self.dates: dict[str, str | None] = {}
        self.wholes: dict[str, str] = {}
        self.capability = 1
        self.session_seconds = 900
        self.renewals = 0
        self.puts: Counter[int] = Counter()
        self.offered = b""
        self.downloads: set[str] = set()
        self.done: set[str] = set()
        self.ranges: list[str] = []
        self.faults: list[Fault] = []
        self.pauses: list[float] = []

    def api(self, attempts: int = 4) -> Api:
        """A client that speaks to this door and does not really wait."""
        patience = Patience(attempts=attempts, sleep=self.pauses.append)
        return Api("https://door.example", patience=patience, http=httpx.Client(transport=httpx.MockTransport(self)))

    def __call__(self, request: httpx.Request) -> Answer:
        request.read()
        for fault in self.faults:
            if answer := fault(request):
                return answer
        answer = self._route(request, request.url.path.strip("/").split("/"))
        answer.headers["date"] = format_datetime(NOW, usegmt=True)
        return answer

    def _route(self, request: httpx.Request, steps: list[str]) -> Answer:
        match request.method, steps:
            case "POST", ["api", "auth", "sessions", *_]:
                return self._session(len(steps) > 3)
            case "DELETE", ["api", "upload", "drafts", _, "files", file]:
                return self._remove(file)
            case "PUT" | "GET", ["api", "upload", "drafts", _, "files", file]:
                return self._plan(request, file)
            case "POST", ["api", "upload", "drafts", _, "files", file, "completion"]:
                return self._complete(file, json.loads(request.content)["sha256"])
            case "PUT", ["parts", capability, number, sha256]:
                return self._part(request, capability, int(number), sha256)
            case "PUT", ["api", "download", "links", _, "files", _, "downloads", download]:
                return self._begin(download)
            case "GET", ["files", capability, download]:
                return self._bytes(request, capability, download)
        return refusal(404, "not-found")

    def _session(self, renewal: bool) -> Answer:
        self.renewals += renewal
        expires_at = (NOW + timedelta(seconds=self.session_seconds)).isoformat()
        body = {"token": f"token-{self.renewals}", "expires_at": expires_at}
        return Answer(201, json=body | {"email": "a@ville.example", "role": "external", "name": "Ada Lovelace"})

    def _remove(self, file: str) -> Answer:
        for kept in (self.parts, self.said, self.sizes, self.dates, self.wholes):
            kept.pop(file, None)
        return Answer(204)

    def _plan(self, request: httpx.Request, file: str) -> Answer:
        if request.method == "PUT":
            announced = json.loads(request.content)
            if self.sizes.setdefault(file, announced["size_bytes"]) != announced["size_bytes"]:
                return refusal(409, "file-already-announced")
            self.dates.setdefault(file, announced.get("modified_at"))
        there = self.parts.setdefault(file, {})
        size = self.sizes[file]
        plan = {
            "file": file,
            "size_bytes": size,
            "modified_at": self.dates.get(file),
            "state": "complete" if file in self.wholes else "receiving",
            "part_size_bytes": PART_BYTES,
            "part_count": max(1, -(-size // PART_BYTES)),
            "parts_url": f"/parts/{file}.{self.capability}",
            "parts": [
                {"number": number, "size_bytes": len(content), "sha256": sha256_of(content)}
                for number, content in there.items()
            ],
        }
        return Answer(200, json=plan)

    def _part(self, request: httpx.Request, capability: str, number: int, sha256: str) -> Answer:
        file, _, generation = capability.rpartition(".")
        if int(generation) != self.capability:
            return refusal(403, "parts-address-expired")
        if file in self.wholes:
            return refusal(409, "file-already-complete")
        if self.said.setdefault(file, {}).setdefault(number, sha256) != sha256:
            return refusal(409, "part-differs")
        if sha256_of(request.content) != sha256:
            return refusal(422, "part-digest-mismatch")
        self.puts[number] += 1
        self.parts[file][number] = request.content
        return Answer(200)

    def _complete(self, file: str, sha256: str) -> Answer:
        whole = self.whole(file)
        if len(whole) != self.sizes[file] or not self.parts[file]:
            return refusal(409, "parts-missing")
        if self.wholes.setdefault(file, sha256) != sha256:
            return refusal(409, "digest-differs")
        return Answer(200, json={"file": file, "sha256": sha256}) if sha256 == sha256_of(whole) else refusal(422, "x")

    def whole(self, file: str) -> bytes:
        """The file as it was put together."""
        return b"".join(content for _, content in sorted(self.parts[file].items()))

    def _begin(self, download: str) -> Answer:
        self.downloads.add(download)
        url = f"https://files.example/files/{self.capability}/{download}"
        size, digest = len(self.offered), sha256_of(self.offered)
        state = "done" if download in self.done else "running"
        left = 3 - len(self.downloads)
        return Answer(200, json={"url": url, "size_bytes": size, "sha256": digest, "left": left, "state": state})

    def _bytes(self, request: httpx.Request, capability: str, download: str) -> Answer:
        if int(capability) != self.capability:
            return refusal(410, "link-expired")
        if download in self.done:
            return refusal(409, "download-already-done")
        wanted = request.headers.get("range", "")
        self.ranges.append(wanted)
        if not wanted:
            return Answer(200, stream=httpx.ByteStream(self.offered))
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        return Answer(
            206, stream=httpx.ByteStream(self.offered[start:]), headers={"content-range": f"bytes {start}-/x"}
        )


def refusal(status: int, slug: str, **headers: str) -> Answer:
    """A problem as the real door answers it."""
    told = {"content-type": "application/problem+json", **{name.replace("_", "-"): headers[name] for name in headers}}
    return Answer(status, content=json.dumps({"type": f"/problems/{slug}", "title": slug}).encode(), headers=told)


def sha256_of(content: bytes) -> str:
    """Lower-case hex."""
    return hashlib.sha256(content).hexdigest()
