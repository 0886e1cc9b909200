"""A fake of download for recipients: links, started downloads, and their bytes."""

import hashlib
import io
import uuid
import zipfile
from collections.abc import Mapping, Sequence

import httpx

from services.download.domain.refusals import (
    DownloadAlreadyDone,
    DownloadsExhausted,
    DownloadsRunning,
    DownloadsSuspended,
    FileUnknown,
    LinkExpired,
    LinkUnknown,
    RangeNotSatisfiable,
)
from services.kit.refusals import Refusal
from tests.fakes.api.call import Answers, ApiCall, ok
from tests.fakes.api.cards import LATER, TOKEN, Json, archive, offer, offered_file
from tests.fakes.api.tracking import FakeTracking

FILES_URL = "http://files.test"
ARCHIVE = "archive"
LIMIT = 3
NO_LEASE: dict[str, type[Refusal]] = {one.slug(): one for one in (DownloadsExhausted, DownloadsRunning)}


class FakeDownload:
    """`offers` are cards by the token of a link, `contents` the bytes of files by their id.

    `downloads` says what was begun under an id; a test adds those that went through to `done`. `capability` is the one
    that is good; another number makes all earlier addresses of bytes expire.
    """

    def __init__(self, tracking: FakeTracking) -> None:
        self.offers: dict[str, Json] = {}
        self.contents: dict[str, bytes] = {}
        self.downloads: dict[str, str] = {}
        self.done: set[str] = set()
        self.ranges: list[str] = []
        self.capability = 1
        self._tracking = tracking
        self._holders: dict[str, str] = {}
        self._bodies: dict[str, bytes] = {}
        self._etags: dict[str, str] = {}
        link = "/api/download/links/{token}"
        self.answers: Answers = {
            f"GET {link}": lambda call: ok(self._offer(call)),
            f"POST {link}/opened": self._note_opened,
            f"PUT {link}/files/{{file}}/downloads/{{download}}": self._start,
            f"PUT {link}/archive/downloads/{{download}}": self._start_archive,
        }

    # --- what a test, or another service, brings about ---

    def offer_files(self, files: Mapping[str, bytes]) -> Json:
        """Have the link lead to these files, by path; the card of the link."""
        cards = [
            offered_file(path, len(data), file=id_of(path), sha256=sha256_of(data), left=LIMIT)
            for path, data in files.items()
        ]
        self.contents |= {card["file"]: files[card["path"]] for card in cards}
        self.offers[TOKEN] = offer(files=cards, archive=archive(left=LIMIT))
        self.offers[TOKEN]["archive"]["size_bytes"] = len(self.archive(self.offers[TOKEN]))
        return self.offers[TOKEN]

    def archive(self, card: Json, ids: Sequence[str] | None = None) -> bytes:
        """All files of a link as one, or some of them."""
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w") as made:
            for file in card["files"]:
                if ids is None or file["file"] in ids:
                    made.writestr(zipfile.ZipInfo(file["path"]), self.contents.get(file["file"], b""))
        return whole.getvalue()

    def release(self, transfer: Json, recipients: Sequence[Json], contents: Mapping[str, bytes]) -> None:
        """These recipients of a transfer get a link, under a limit each."""
        self.contents |= contents
        files = [_declared(file) for file in transfer["files"]]
        addresses = [one["address"] for one in recipients]
        self._tracking.release(transfer, files, addresses)
        same: Json = {name: transfer[name] for name in ("transfer", "subject", "text", "ends_at")}
        same["sender"] = {name: transfer["from"][name] for name in ("address", "mail_to", "name")}
        for address in addresses:
            token = f"link-{len(self.offers)}-of-{transfer['transfer']}"
            offered: list[Json] = [{**file, "left": LIMIT, "suspended": False, "refusal": None} for file in files]
            self.offers[token] = offer(files=offered, archive=archive(left=LIMIT), **same)
            self._holders[token] = address

    def token_of(self, transfer: str, address: str) -> str:
        """The token in the mail with a recipient's link."""
        held = [token for token, holder in self._holders.items() if holder == address]
        return next(token for token in held if self.offers[token]["transfer"] == transfer)

    # --- what is asked with a link ---

    def get_bytes(self, request: httpx.Request) -> httpx.Response:
        """The bytes of a download, whole or from some byte on."""
        generation, _, id = request.url.path.rpartition("/")[2].partition(".")
        if int(generation) != self.capability:
            raise LinkExpired()
        if id in self.done:
            raise DownloadAlreadyDone()
        data, wanted = self._bodies[id], request.headers.get("range", "")
        self.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else None
        return content_from(data, start, etag=self._etags[id])

    def _offer(self, call: ApiCall) -> Json:
        if call["token"] not in self.offers:
            raise LinkUnknown()
        card = self.offers[call["token"]]
        self._tracking.refuse_closed(card["transfer"], self._holder(call))
        return card

    def _holder(self, call: ApiCall) -> str:
        """Whose link it is; nobody's when a test has put it there."""
        return self._holders.get(call["token"], "")

    def _note_opened(self, call: ApiCall) -> httpx.Response:
        self._tracking.note_opened(self._offer(call)["transfer"], self._holder(call))
        return httpx.Response(204)

    def _start(self, call: ApiCall) -> httpx.Response:
        card, id, what = self._offer(call), call["download"], f"files/{call['file']}"
        file = next((one for one in card["files"] if one["file"] == call["file"]), None)
        if file is None:
            raise FileUnknown()
        if id not in self.downloads:
            if not file["left"]:
                raise self._no_lease(what)
            if file["suspended"]:
                raise DownloadsSuspended()
            file["left"] -= 1
            self.downloads[id] = what
            if not file["left"]:
                file["refusal"] = self._no_lease(what).slug()
            _take_from_archive(card["archive"], file)
            self._tracking.note_start(card["transfer"], self._holder(call), call["file"], id)
        body = self.contents.get(call["file"], b"")
        self._begin(id, what, body, etag_of(body))
        return ok({**self._address(id), **{name: file[name] for name in ("size_bytes", "sha256", "left")}})

    def _start_archive(self, call: ApiCall) -> httpx.Response:
        card, id = self._offer(call), call["download"]
        whole, files = card["archive"], [file["file"] for file in card["files"]]
        wanted = (call.body or {}).get("files") or files
        if id not in self.downloads:
            if whole["refusal"]:
                raise NO_LEASE[whole["refusal"]](files=whole["files"])
            whole["left"] -= 1
        self._begin(id, ARCHIVE, self.archive(card, wanted), whole["etag"])
        said = {name: whole[name] for name in ("name", "etag", "left")}
        return ok({**self._address(id), **said, "size_bytes": len(self._bodies[id]), "files": wanted})

    def _no_lease(self, what: str) -> Refusal:
        """Why no more downloads of a file can begin."""
        begun = {one for one, of in self.downloads.items() if of == what}
        refusal = DownloadsRunning if begun - self.done else DownloadsExhausted
        return refusal(done=len(begun & self.done), running=len(begun - self.done))

    def _begin(self, id: str, what: str, body: bytes, etag: str) -> None:
        self.downloads.setdefault(id, what)
        self._etags[id] = etag
        self._bodies.setdefault(id, body)

    def _address(self, id: str) -> Json:
        url = f"{FILES_URL}/files/{self.capability}.{id}"
        return {"url": url, "expires_at": LATER, "state": "done" if id in self.done else "running"}


def content_from(
    data: bytes, start: int | None, stream: httpx.SyncByteStream | None = None, etag: str = ""
) -> httpx.Response:
    """Return all bytes, or those from `start` on; `stream` sends them in chunks."""
    said = {"content-length": str(len(data) - (start or 0)), "etag": etag or etag_of(data)}
    body = stream or httpx.ByteStream(data[start:])
    if start is None:
        return httpx.Response(200, stream=body, headers=said)
    if start >= len(data):
        raise RangeNotSatisfiable()
    said |= {"content-range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
    return httpx.Response(206, stream=body, headers=said)


def etag_of(data: bytes) -> str:
    """Return the ETag of a file with these bytes."""
    return f'"{sha256_of(data)}"'


def id_of(path: str) -> str:
    """Return the id of a file that a test offers."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, path))


def sha256_of(data: bytes) -> str:
    """Return the digest in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _declared(file: Json) -> Json:
    """Return a file of a transfer, with a declared digest."""
    same = {name: file[name] for name in ("file", "path", "size_bytes", "sha256")}
    return {**same, "verification": "declared"}


def _take_from_archive(card: Json, file: Json) -> None:
    """Reduce the remaining archives to the remaining downloads of each file."""
    card["left"] = min(card["left"], file["left"])
    if not card["left"]:
        card |= {"refusal": file["refusal"], "files": [file["file"]]}
