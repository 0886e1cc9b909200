"""A fake of download for signed-in people: a sender's tracking and changes, and an agent's received transfers."""

from collections.abc import Collection

import httpx

from services.download.api.tracking_schemas import FIRST_FILES, LATEST_ARCHIVES
from services.download.domain.refusals import (
    AgentMailboxOnly,
    EverythingDownloaded,
    LinkRevoked,
    LinkUnknown,
    NobodyToRemind,
    RecipientHasNoLink,
    RecipientUnknown,
    RemindedLately,
    ResentLately,
    TransferDeleted,
    TransferNotApproved,
    TransferUnknown,
)
from services.kit.refusals import Refusal
from tests.fakes.api.call import Answers, ApiCall, ok, page, with_session
from tests.fakes.api.cards import LATER, WHEN, Json, download, followed, mail, tracked_file, tracking

OVER: dict[str, type[Refusal]] = {"withdrawn": TransferDeleted, "refused": TransferNotApproved}


class FakeTracking:
    """`cards` are those of transfers, by id; `wishes` the resendings and reminders that a sender asked for, by id."""

    def __init__(self) -> None:
        self.cards: dict[str, Json] = {}
        self.received: list[Json] = []
        self.wishes: dict[str, tuple[str, str | None]] = {}
        self._last_wish: dict[tuple[str, str], str] = {}
        transfer = "/api/download/transfers/{transfer}"
        members: Answers = {
            f"GET {transfer}": lambda call: ok(_shown(self._card(call))),
            f"GET {transfer}/recipients/{{number}}/files": self._files,
            f"POST {transfer}/reopenings": self._reopen,
            f"POST {transfer}/revocations": self._revoke,
            f"PUT {transfer}/resendings/{{id}}": self._resend,
            f"PUT {transfer}/reminders/{{id}}": self._remind,
            "GET /api/download/received": self._received,
        }
        self.answers = with_session(members)

    def release(self, transfer: Json, files: list[Json], addresses: Collection[str]) -> None:
        """These recipients of a transfer have a link from now on; the others wait."""
        id = transfer["transfer"]
        if id not in self.cards:
            waiting = [followed(_address(one), has_link=False, mails=[]) for one in transfer["recipients"]]
            whole = {"transfer": id, "subject": transfer["subject"], "ends_at": transfer["ends_at"]}
            self.cards[id] = tracking(**whole, files=files, recipients=waiting)
        for one in self.cards[id]["recipients"]:
            if one["address"] in addresses:
                shelves = [tracked_file(file=file["file"], path=file["path"]) for file in files]
                one |= {"has_link": True, "mails": [mail()], "files": shelves}
        _settle(self.cards[id])

    def close(self, transfer: Json, outcome: str) -> None:
        """Nothing is handed out any more."""
        if card := self.cards.get(transfer["transfer"]):
            card |= {"state": outcome, "closed_at": LATER}
            _settle(card)

    def refuse_closed(self, transfer: str, address: str) -> None:
        """Refuse a link to what has ended, or of somebody who was revoked."""
        card = self.cards.get(transfer)
        if card and card["state"] in OVER:
            raise OVER[card["state"]]()
        if (one := self._find(transfer, address)) and one["revoked_at"]:
            raise LinkRevoked()

    def note_opened(self, transfer: str, address: str) -> None:
        """A recipient looked at their link."""
        if one := self._find(transfer, address):
            one["opened_at"] = WHEN

    def note_start(self, transfer: str, address: str, file: str, id: str) -> None:
        """A recipient began a download."""
        one = self._find(transfer, address)
        for card in one["files"] if one else []:
            if card["file"] == file:
                card["downloads"].append(download(download=id, state="running", percent=0, ended_at=None))
                card["left"] -= 1

    def _find(self, transfer: str, address: str) -> Json | None:
        people: list[Json] = self.cards[transfer]["recipients"] if transfer in self.cards else []
        return next((one for one in people if one["address"] == address), None)

    def _card(self, call: ApiCall) -> Json:
        if call["transfer"] not in self.cards:
            raise TransferUnknown()
        return self.cards[call["transfer"]]

    def _recipient(self, call: ApiCall, refusal: type[Refusal] = RecipientUnknown) -> Json:
        self._card(call)
        if found := self._find(call["transfer"], call.body["recipient"]):
            return found
        raise refusal()

    def _files(self, call: ApiCall) -> httpx.Response:
        people = self._card(call)["recipients"]
        if int(call["number"]) > len(people):
            raise RecipientUnknown()
        return page(call, people[int(call["number"]) - 1]["files"])

    def _received(self, call: ApiCall) -> httpx.Response:
        if call.caller["role"] != "agent":
            raise AgentMailboxOnly()
        return page(call, self.received)

    def _reopen(self, call: ApiCall) -> httpx.Response:
        for card in self._recipient(call, LinkUnknown)["files"]:
            card["suspended"] &= card["file"] != call.body["file"]
        return httpx.Response(204)

    def _revoke(self, call: ApiCall) -> httpx.Response:
        self._recipient(call)["revoked_at"] = WHEN
        _settle(self._card(call))
        return httpx.Response(204)

    def _resend(self, call: ApiCall) -> httpx.Response:
        one = self._recipient(call)
        if not one["has_link"]:
            raise RecipientHasNoLink()
        if not self._is_first("resendings", one["address"], call["id"]):
            raise ResentLately()
        self.wishes.setdefault(call["id"], ("resendings", one["address"]))
        return ok({"recipient": one["address"], "asked_at": WHEN})

    def _remind(self, call: ApiCall) -> httpx.Response:
        """Those who have not everything, or one of them, and each once a day."""
        named = (call.body or {}).get("recipient")
        lacking = [one["address"] for one in self._card(call)["recipients"] if _lacks_something(one)]
        if named and not self._recipient(call)["has_link"]:
            raise RecipientHasNoLink()
        if named and named not in lacking:
            raise EverythingDownloaded()
        people = [named] if named else lacking
        reminded = [one for one in people if self._is_first("reminders", one, call["id"])]
        if not reminded:
            raise RemindedLately() if named else NobodyToRemind()
        self.wishes.setdefault(call["id"], ("reminders", named))
        return ok({"reminded": reminded, "passed_over": [one for one in people if one not in reminded]})

    def _is_first(self, what: str, address: str, id: str) -> bool:
        """No other wish of this kind came before, for somebody; the same one again is the first."""
        return self._last_wish.setdefault((what, address), id) == id


def _shown(card: Json) -> Json:
    """Return the card with fields computed from all files of each recipient, and only the first files."""
    return {**card, "recipients": [_followed(one) for one in card["recipients"]]}


def _followed(one: Json) -> Json:
    files = one["files"]
    counted = {
        "files_downloaded": sum(file["done"] > 0 for file in files),
        "files_suspended": sum(file["suspended"] for file in files),
    }
    return {**one, **counted, "files": files[:FIRST_FILES], "archives": one["archives"][-LATEST_ARCHIVES:]}


def _settle(card: Json) -> None:
    """Update the fields that depend on the recipients, in place."""
    waits = [one for one in card["recipients"] if not (one["has_link"] or one["revoked_at"])]
    card["awaiting_approval"] = card["state"] == "open" and bool(waits)
    card["not_downloaded"] = [one["address"] for one in card["recipients"] if _lacks_something(one)]


def _lacks_something(one: Json) -> bool:
    return bool(one["has_link"] and not one["revoked_at"] and not one["has_everything"])


def _address(one: Json) -> Json:
    """Return a recipient as tracking names them."""
    return {name: one[name] for name in ("address", "field", "role")}
