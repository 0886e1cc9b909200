"""A fake of upload: one sender's drafts, the parts of their files, and sent transfers."""

import hashlib
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import NamedTuple

import httpx

from services.kit.refusals import NotFound
from services.upload.api.parts import ChecksumNeeded, PartTooLarge, PartTooShort
from services.upload.capabilities import PartsAddressExpired
from services.upload.domain.draft_edits import ValidityOutOfRange
from services.upload.domain.file_names import ExtensionRefused
from services.upload.domain.files import DigestDiffers, FileAlreadyAnnounced, FileAlreadyComplete, PartsMissing
from services.upload.domain.submission import problem_view
from services.upload.domain.transfer import AlreadySubmitted
from services.upload.domain.validity import TransferEnded, ValidityShortened
from services.upload.store import PartDiffers
from tests.fakes.api.call import Answers, ApiCall, ok, page, with_session
from tests.fakes.api.cards import LATER, LIMITS, WHEN, Json, empty_draft, in_list
from tests.fakes.api.drafts import end_of, obstacles, recap, refuse_changed, settle, shown, submitted, write
from tests.fakes.api.problems import problem_of_part

MIB = 2**20


class FakePart(NamedTuple):
    """A stored part; without bytes when a test declares it as already stored."""

    size_bytes: int
    sha256: str
    content: bytes | None = None


class FakeUpload:
    """`drafts` and `transfers` are cards by id; `parts` what has arrived, by file and number.

    `capability` is the one that is good; another number makes all earlier addresses of parts expire.
    `arrived` is there of whatever file is announced. The store has given up the files that are `lost`, until they are
    looked at. What was sent is told to `on_submitted`.
    """

    def __init__(self) -> None:
        self.drafts: dict[str, Json] = {}
        self.transfers: dict[str, Json] = {}
        self.parts: dict[str, dict[int, FakePart]] = defaultdict(dict)
        self.arrived: dict[int, FakePart] = {}
        self.puts: Counter[int] = Counter()
        self.part_size_bytes = 8 * MIB
        self.small_part_size_bytes = 5 * MIB
        self.lost: set[str] = set()
        self.capability = 1
        self.on_submitted: Callable[[Json], None] = lambda _transfer: None
        self.on_extended: Callable[[Json], None] = lambda _transfer: None
        self.on_withdrawn: Callable[[Json], None] = lambda _transfer: None
        self._digests: dict[str, dict[int, str]] = defaultdict(dict)
        self._restarted_at: dict[str, str] = {}
        self._part_sizes: dict[str, int] = {}
        draft, file = "/api/upload/drafts/{draft}", "/api/upload/drafts/{draft}/files/{file}"
        members: Answers = {
            "GET /api/upload/drafts": lambda call: page(call, [in_list(one) for one in self.drafts.values()]),
            f"PUT {draft}": self._begin,
            f"GET {draft}": lambda call: ok(shown(self._draft(call))),
            f"PATCH {draft}": self._write,
            f"DELETE {draft}": self._throw_away,
            f"POST {draft}/submission": self._submit,
            f"PUT {file}": self._announce,
            f"GET {file}": lambda call: ok(self._plan(self._file(call))),
            f"DELETE {file}": self._remove,
            f"POST {file}/completion": self._complete,
            "GET /api/upload/transfers": lambda call: page(call, [in_list(one) for one in self.transfers.values()]),
            "GET /api/upload/transfers/{transfer}": lambda call: ok(self._transfer(call)),
            "DELETE /api/upload/transfers/{transfer}": self._withdraw,
            "PUT /api/upload/transfers/{transfer}/validity": self._extend,
        }
        self.answers = {"GET /api/upload/config": lambda _call: ok(LIMITS)} | with_session(members)

    def file(self, draft: str, id: str) -> Json:
        """The card of a file that was announced."""
        found: list[Json] = [card for card in self.drafts[draft]["files"] if card["file"] == id]
        if not found:
            raise NotFound()
        return found[0]

    def _file(self, call: ApiCall) -> Json:
        self._draft(call)
        return self.file(call["draft"], call["file"])

    def whole(self, id: str) -> bytes:
        """A file as it was put together."""
        return b"".join(part.content or b"" for _, part in sorted(self.parts[id].items()))

    def put_part(self, request: httpx.Request) -> httpx.Response:
        """What the gateway answers, which asks the service first and the store then."""
        capability, number, sha256 = request.url.path.split("/")[2:]
        id, _, generation = capability.rpartition("_")
        if int(generation) != self.capability:
            raise PartsAddressExpired()
        card = next(card for draft in self.drafts.values() for card in draft["files"] if card["file"] == id)
        if card["state"] == "complete":
            raise FileAlreadyComplete()
        self._refuse_another_length(card, int(number), len(request.content))
        if not (crc32 := request.headers.get("x-part-crc32", "")):
            raise ChecksumNeeded()
        if self._digests[id].setdefault(int(number), sha256) != sha256:
            raise PartDiffers()
        if _sha256(request.content) != sha256 or zlib.crc32(request.content) != int(crc32, 16):
            return problem_of_part("part-digest-mismatch")
        if id in self.lost:
            return problem_of_part("upload-closed")
        self.puts[int(number)] += 1
        self.parts[id][int(number)] = FakePart(len(request.content), sha256, request.content)
        return httpx.Response(200)

    def _refuse_another_length(self, card: Json, number: int, size_bytes: int) -> None:
        part_size_bytes = self._cut(card)["part_size_bytes"]
        expected = min(part_size_bytes, card["size_bytes"] - (number - 1) * part_size_bytes)
        if size_bytes != expected:
            refused = PartTooLarge if size_bytes > expected else PartTooShort
            raise refused(expected_bytes=expected)

    # --- drafts ---

    def _begin(self, call: ApiCall) -> httpx.Response:
        if call["draft"] not in self.transfers:
            self.drafts.setdefault(call["draft"], settle(empty_draft(call["draft"])))
        return ok(shown(self._draft(call)))

    def _draft(self, call: ApiCall) -> Json:
        if call["draft"] in self.transfers:
            raise AlreadySubmitted(transfer=call["draft"])
        if call["draft"] not in self.drafts:
            raise NotFound()
        return self.drafts[call["draft"]]

    def _write(self, call: ApiCall) -> httpx.Response:
        return ok(shown(write(self._draft(call), call.body)))

    def _throw_away(self, call: ApiCall) -> httpx.Response:
        self._draft(call)
        del self.drafts[call["draft"]]
        return httpx.Response(204)

    def _submit(self, call: ApiCall) -> httpx.Response:
        id = call["draft"]
        if id not in self.transfers:
            card = self._draft(call)
            if found := obstacles(card):
                found[0].members["problems"] = [problem_view(one) for one in found]
                raise found[0]
            refuse_changed(card, call.body or {})
            self.transfers[id] = submitted(card)
            del self.drafts[id]
            self.on_submitted(self.transfers[id])
        return ok(recap(self.transfers[id]))

    # --- files ---

    def _announce(self, call: ApiCall) -> httpx.Response:
        draft, id, asked = self._draft(call), call["file"], call.body
        known = [card for card in draft["files"] if card["file"] == id]
        if known and (known[0]["path"], known[0]["size_bytes"]) != (asked["path"], asked["size_bytes"]):
            raise FileAlreadyAnnounced(path=known[0]["path"], size_bytes=known[0]["size_bytes"])
        if (extension := asked["path"].rpartition(".")[2]) in LIMITS["refused_extensions"]:
            raise ExtensionRefused(extension=extension)
        small_parts = asked.pop("small_parts", False)
        if not known:
            card = {"file": id, "modified_at": None, **asked, "state": "receiving", "sha256": None, "crc32": None}
            draft["files"].append(card)
            self.parts[id] |= self.arrived
            settle(draft)
        if small_parts and not self.parts[id]:
            self._part_sizes[id] = min(self.small_part_size_bytes, self.part_size_bytes)
            self._digests.pop(id, None)
        return ok(self._plan(self.file(call["draft"], id)))

    def _plan(self, card: Json) -> Json:
        id = card["file"]
        if id in self.lost:
            self.lost.remove(id)
            self.parts.pop(id, None)
            if self._digests.pop(id, None):
                self._restarted_at[id] = WHEN
        parts = [
            {"number": number, "size_bytes": part.size_bytes, "sha256": part.sha256}
            for number, part in sorted(self.parts[id].items())
        ]
        address = {"parts_url": f"/parts/{id}_{self.capability}", "capability_expires_at": LATER}
        return {**card, **self._cut(card), "restarted_at": self._restarted_at.get(id), **address, "parts": parts}

    def _cut(self, card: Json) -> Json:
        part_size_bytes = self._part_sizes.get(card["file"], self.part_size_bytes)
        return {"part_size_bytes": part_size_bytes, "part_count": max(1, -(-card["size_bytes"] // part_size_bytes))}

    def _remove(self, call: ApiCall) -> httpx.Response:
        draft = self._draft(call)
        draft["files"] = [card for card in draft["files"] if card["file"] != call["file"]]
        self.parts.pop(call["file"], None)
        self._digests.pop(call["file"], None)
        settle(draft)
        return httpx.Response(204)

    def _complete(self, call: ApiCall) -> httpx.Response:
        """Sooner than the real service, which reads a file of many parts back later: another digest is refused."""
        draft, card, sha256 = self._draft(call), self._file(call), call.body["sha256"]
        parts = {} if card["file"] in self.lost else self.parts[card["file"]]
        if missing := [number for number in range(1, self._cut(card)["part_count"] + 1) if number not in parts]:
            raise PartsMissing(parts=missing, missing=len(missing))
        content = self.whole(call["file"])
        known = card["sha256"] or (
            _sha256(content) if all(one.content is not None for one in parts.values()) else sha256
        )
        if known != sha256:
            raise DigestDiffers()
        card |= {"state": "complete", "sha256": sha256, "crc32": f"{zlib.crc32(content):08x}"}
        settle(draft)
        return ok({**card, **self._cut(card)})

    # --- what was sent ---

    def _transfer(self, call: ApiCall) -> Json:
        if call["transfer"] not in self.transfers:
            raise NotFound()
        return self.transfers[call["transfer"]]

    def _withdraw(self, call: ApiCall) -> httpx.Response:
        card = self._transfer(call)
        if card["state"] == "submitted":
            card |= {"state": "closed", "outcome": "withdrawn", "closed_at": LATER}
            self.on_withdrawn(card)
        return httpx.Response(204)

    def _extend(self, call: ApiCall) -> httpx.Response:
        card, days, possible = self._transfer(call), call.body["days"], LIMITS["validity_days"]
        if card["state"] != "submitted":
            raise TransferEnded(outcome=card["outcome"])
        if not possible["shortest"] <= days <= possible["longest"]:
            shortest, longest = possible["shortest"], possible["longest"]
            raise ValidityOutOfRange(shortest_days=shortest, longest_days=longest, asked_days=days)
        if days < card["validity_days"]:
            raise ValidityShortened(validity_days=card["validity_days"], asked_days=days)
        card |= {"validity_days": days, "ends_at": end_of(days)}
        self.on_extended(card)
        return ok(card)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
