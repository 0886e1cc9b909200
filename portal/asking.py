"""What the portal asks of the services, in one person's name and in the words of their API."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from portal.cards import (
    Challenge,
    Decision,
    Draft,
    DraftSummary,
    Item,
    Limits,
    Offer,
    Page,
    PendingSummary,
    Transfer,
    TransferSummary,
)
from portal.followed import Received, Shelf, Tracking
from portal.gateway import Gateway, Reader, Refused, path

ROWS = 50
"""What a page of a list shows."""


class Asking:
    """One method an address; each answers a card or raises `Refused`."""

    def __init__(self, gateway: Gateway, reader: Reader) -> None:
        self.gateway = gateway
        self.reader = reader

    async def ask(self, method: str, *segments: str, body: Any = None) -> Any:
        """One request."""
        return await self.gateway.ask(self.reader, method, path(*segments), body)

    # --- who may come in ---

    async def draw_challenge(self, kind: str) -> Challenge:
        body = {"kind": kind, "language": self.reader.language}
        return Challenge.model_validate(await self.ask("POST", "auth", "challenges", body=body))

    async def request_link(self, email: str, challenge: str, answer: str, device: str) -> None:
        body = {"email": email, "challenge": challenge, "answer": answer, "language": self.reader.language}
        await self.ask("POST", "auth", "links", body={**body, "device": device})

    async def invite(self, email: str, language: str) -> None:
        """An agent has a link sent to somebody who cannot pass a human check."""
        await self.ask("POST", "auth", "invitations", body={"email": email, "language": language})

    async def open_session(self, form: Mapping[str, str]) -> tuple[str, str]:
        """The token of the session that a link and its key open, and that of the device it is opened on."""
        opened = await self.ask("POST", "auth", "sessions", body=dict(form))
        return str(opened["token"]), str(opened["device"])

    async def renew_session(self) -> str:
        return str((await self.ask("POST", "auth", "sessions", "current", "renewal"))["token"])

    async def role(self) -> str:
        """Of whoever asks, as the service that opened their session says it."""
        return str((await self.ask("GET", "auth", "sessions", "current"))["role"])

    async def close_session(self) -> None:
        await self.ask("DELETE", "auth", "sessions", "current")

    # --- the parcel ---

    async def limits(self) -> Limits:
        return Limits.model_validate(await self.ask("GET", "upload", "config"))

    async def begin_draft(self, draft: str) -> Draft:
        return Draft.model_validate(await self.ask("PUT", "upload", "drafts", draft))

    async def drafts(self, cursor: str = "", limit: int = ROWS) -> Page[DraftSummary]:
        return await self._page(Page[DraftSummary], cursor, limit, "upload", "drafts")

    async def draft(self, draft: str) -> Draft:
        return Draft.model_validate(await self.ask("GET", "upload", "drafts", draft))

    async def edit_draft(self, draft: str, fields: Mapping[str, Any]) -> Draft:
        return Draft.model_validate(await self.ask("PATCH", "upload", "drafts", draft, body=dict(fields)))

    async def drop_draft(self, draft: str) -> None:
        await self.ask("DELETE", "upload", "drafts", draft)

    async def drop_file(self, draft: str, file: str) -> None:
        await self.ask("DELETE", "upload", "drafts", draft, "files", file)

    async def plan_file(self, draft: str, file: str, name: str, size_bytes: int) -> dict[str, Any]:
        """Where the parts of a file go."""
        body = {"path": name, "size_bytes": size_bytes}
        plan: dict[str, Any] = await self.ask("PUT", "upload", "drafts", draft, "files", file, body=body)
        return plan

    async def complete_file(self, draft: str, file: str, sha256: str) -> None:
        await self.ask("POST", "upload", "drafts", draft, "files", file, "completion", body={"sha256": sha256})

    async def submit(self, draft: str, was: Mapping[str, str]) -> None:
        """`was` are the digests of what was shown before."""
        await self.ask("POST", "upload", "drafts", draft, "submission", body={"was": dict(was)})

    async def transfers(self, cursor: str = "", limit: int = ROWS) -> Page[TransferSummary]:
        return await self._page(Page[TransferSummary], cursor, limit, "upload", "transfers")

    async def transfer(self, transfer: str) -> Transfer:
        return Transfer.model_validate(await self.ask("GET", "upload", "transfers", transfer))

    async def withdraw(self, transfer: str) -> None:
        await self.ask("DELETE", "upload", "transfers", transfer)

    async def extend(self, transfer: str, days: int) -> None:
        """Keep it for so many days, counted from the submission."""
        await self.ask("PUT", "upload", "transfers", transfer, "validity", body={"days": days})

    # --- the decision ---

    async def to_decide(self, *place: str) -> Decision:
        """`place` is `approvals` and a token, or `transfers` and an id."""
        return Decision.model_validate(await self.ask("GET", "propagation", *place))

    async def decide(self, *place: str, outcome: str, body: Mapping[str, str]) -> None:
        """`outcome` is `approval` or `refusal`."""
        await self.ask("POST", "propagation", *place, outcome, body=dict(body))

    async def pending(self, cursor: str = "", limit: int = ROWS) -> Page[PendingSummary]:
        return await self._page(Page[PendingSummary], cursor, limit, "propagation", "pending")

    async def decision(self, transfer: str) -> Decision | None:
        """None while the service has not heard of the transfer yet."""
        return Decision.model_validate(found) if (found := await self._maybe("propagation", transfer)) else None

    # --- the counter ---

    async def offer(self, token: str) -> Offer:
        return Offer.model_validate(await self.ask("GET", "download", "links", token))

    async def note_opened(self, token: str) -> None:
        await self.ask("POST", "download", "links", token, "opened")

    async def start(self, token: str, what: tuple[str, ...], download: str) -> dict[str, Any]:
        """`what` is `files` and an id, or `archive`."""
        card: dict[str, Any] = await self.ask("PUT", "download", "links", token, *what, "downloads", download)
        return card

    async def tracking(self, transfer: str) -> Tracking | None:
        """None while there is nothing at the counter yet."""
        return Tracking.model_validate(found) if (found := await self._maybe("download", transfer)) else None

    async def files_of(self, transfer: str, number: int, cursor: str = "", limit: int = ROWS) -> Page[Shelf]:
        """What the recipient at this place of the list did with each file."""
        place = ("download", "transfers", transfer, "recipients", str(number), "files")
        return await self._page(Page[Shelf], cursor, limit, *place)

    async def received(self, cursor: str = "", limit: int = ROWS) -> Page[Received]:
        return await self._page(Page[Received], cursor, limit, "download", "received")

    async def reopen(self, transfer: str, address: str, file: str) -> None:
        body = {"recipient": address, "file": file}
        await self.ask("POST", "download", "transfers", transfer, "reopenings", body=body)

    async def revoke(self, transfer: str, address: str) -> None:
        await self.ask("POST", "download", "transfers", transfer, "revocations", body={"recipient": address})

    async def resend(self, transfer: str, id: str, address: str) -> None:
        await self.ask("PUT", "download", "transfers", transfer, "resendings", id, body={"recipient": address})

    async def remind(self, transfer: str, id: str, address: str) -> int:
        """Without an address all who have not everything; how many are reminded."""
        body = {"recipient": address or None}
        card = await self.ask("PUT", "download", "transfers", transfer, "reminders", id, body=body)
        return len(card["reminded"])

    async def _page(self, page: type[Page[Item]], cursor: str, limit: int, *segments: str) -> Page[Item]:
        query = urlencode({"limit": limit} | ({"cursor": cursor} if cursor else {}))
        return page.model_validate(await self.gateway.ask(self.reader, "GET", f"{path(*segments)}?{query}"))

    async def _maybe(self, service: str, transfer: str) -> Any:
        try:
            return await self.ask("GET", service, "transfers", transfer)
        except Refused as refusal:
            if refusal.status == 404:
                return None
            raise
