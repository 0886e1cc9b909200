"""One method per address of the public API, in the words of the API."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

from client import shapes
from client.answers import Challenge, FilePlan, Grant, Offer, Session
from client.patience import Patience
from client.problem import Fault, Json
from client.wire import Wire

RENEWAL = "/api/auth/sessions/current/renewal"


class Api:
    """What one person can ask. Whatever may be done twice is tried again while the failure may pass."""

    def __init__(
        self,
        base_url: str,
        language: str = "fr",
        patience: Patience | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self.wire = Wire(base_url, language, patience, http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wire.close()

    # --- who may come in ---

    def draw_challenge(self, kind: str = "question") -> Challenge:
        body = {"kind": kind, "language": self.wire.language}
        return Challenge.of(self.wire.ask_again("POST", "/api/auth/challenges", body, shape=shapes.CHALLENGE))

    def picture(self, challenge: Challenge) -> bytes:
        """The PNG of a challenge that is one; looking costs nothing."""
        reply = self.wire.send("GET", f"{self.wire.base_url}{challenge.image_url}")
        if not reply.is_success:
            raise reply.refusal()
        if not reply.headers.get("content-type", "").startswith("image/"):
            raise reply.unexpected(Fault.NO_IMAGE)
        return reply.content

    def request_link(self, email: str, challenge: str, answer: str) -> None:
        """Has a one-time link and a key mailed; a challenge is worth one attempt, so this is not tried again."""
        body = {"email": email, "challenge": challenge, "answer": answer, "language": self.wire.language}
        self.wire.tell("POST", "/api/auth/links", body)

    def open_session(self, link: str, key: str, last_name: str, first_name: str) -> Session:
        """Spends a one-time link, once although the request may be repeated; this object then acts as its owner."""
        request_id = str(uuid.uuid4())
        body = {"link": link, "key": key, "last_name": last_name, "first_name": first_name, "request_id": request_id}
        return Session.of(self.wire.open_session("/api/auth/sessions", body))

    def current_session(self) -> Json:
        return self.wire.ask_again("GET", "/api/auth/sessions/current", shape=shapes.CURRENT_SESSION)

    def renew_session(self) -> None:
        self.wire.patience.keep_trying(lambda: self.wire.renew(RENEWAL))

    @contextmanager
    def staying_in_session(self) -> Iterator[None]:
        """As long as this lasts the session is renewed each time half of its life is over; without one, nothing is."""
        with self.wire.staying_in_session(RENEWAL):
            yield

    def close_session(self) -> None:
        self.wire.tell_again("DELETE", "/api/auth/sessions/current")

    # --- the parcel ---

    def limits(self) -> Json:
        return self.wire.ask_again("GET", "/api/upload/config", shape=shapes.LIMITS)

    def begin_draft(self, draft: str) -> Json:
        return self.wire.ask_again("PUT", f"/api/upload/drafts/{draft}", shape=shapes.DRAFT)

    def drafts(self) -> list[Json]:
        """The last touched first, in short."""
        return self.wire.list_again("/api/upload/drafts", shapes.DRAFT_IN_SHORT)

    def draft(self, draft: str) -> Json:
        return self.wire.ask_again("GET", f"/api/upload/drafts/{draft}", shape=shapes.DRAFT)

    def edit_draft(self, draft: str, **fields: Any) -> Json:
        """Any of to, cc, bcc, subject, text, validity_days, language; `Letter.fields` makes them."""
        return self.wire.ask_again("PATCH", f"/api/upload/drafts/{draft}", fields, shape=shapes.DRAFT)

    def drop_draft(self, draft: str) -> None:
        self.wire.tell_again("DELETE", f"/api/upload/drafts/{draft}")

    def plan_file(
        self,
        draft: str,
        file: str,
        path: str,
        size_bytes: int,
        modified_at: datetime | None = None,
        small_parts: bool = False,
    ) -> FilePlan:
        """Announces a file under an id of our own; the same again answers what has arrived of it.

        With `small_parts` it is cut as finely as may be, unless some of it has arrived.
        """
        body: Json = {"path": path, "size_bytes": size_bytes, "small_parts": small_parts}
        if modified_at:
            body["modified_at"] = modified_at.isoformat()
        return FilePlan.of(self.wire.ask_again("PUT", _file(draft, file), body, shape=shapes.FILE_PLAN))

    def file_plan(self, draft: str, file: str) -> FilePlan:
        """The same with a fresh capability, and the parts that have arrived."""
        return FilePlan.of(self.wire.ask_again("GET", _file(draft, file), shape=shapes.FILE_PLAN))

    def drop_file(self, draft: str, file: str) -> None:
        self.wire.tell_again("DELETE", _file(draft, file))

    def complete_file(self, draft: str, file: str, sha256: str) -> Json:
        return self.wire.ask_again("POST", f"{_file(draft, file)}/completion", {"sha256": sha256}, shape=shapes.FILE)

    def submit(self, draft: str) -> Json:
        return self.wire.ask_again("POST", f"/api/upload/drafts/{draft}/submission", shape=shapes.RECAP)

    def sent_transfers(self) -> list[Json]:
        """The latest first, in short."""
        return self.wire.list_again("/api/upload/transfers", shapes.TRANSFER_IN_SHORT)

    def sent_transfer(self, transfer: str) -> Json:
        return self.wire.ask_again("GET", f"/api/upload/transfers/{transfer}", shape=shapes.TRANSFER)

    def withdraw(self, transfer: str) -> None:
        self.wire.tell_again("DELETE", f"/api/upload/transfers/{transfer}")

    def extend(self, transfer: str, days: int) -> Json:
        """Keep it for so many days, counted from the submission."""
        return self.wire.ask_again(
            "PUT", f"/api/upload/transfers/{transfer}/validity", {"days": days}, shape=shapes.TRANSFER
        )

    # --- the decision ---

    def to_decide(self, token: str) -> Json:
        return self.wire.ask_again("GET", f"/api/propagation/approvals/{token}", shape=shapes.DECISION)

    def approve(self, token: str, digest: str) -> Json:
        return self.wire.ask_again(
            "POST", f"/api/propagation/approvals/{token}/approval", {"digest": digest}, shape=shapes.DECISION
        )

    def refuse(self, token: str, digest: str, reason: str) -> Json:
        body = {"digest": digest, "reason": reason}
        return self.wire.ask_again("POST", f"/api/propagation/approvals/{token}/refusal", body, shape=shapes.DECISION)

    def pending(self) -> list[Json]:
        """What waits for this agent's decision, the most urgent first, in short."""
        return self.wire.list_again("/api/propagation/pending", shapes.PENDING)

    def approve_transfer(self, transfer: str, digest: str) -> Json:
        return self.wire.ask_again(
            "POST", f"/api/propagation/transfers/{transfer}/approval", {"digest": digest}, shape=shapes.DECISION
        )

    def refuse_transfer(self, transfer: str, digest: str, reason: str) -> Json:
        body = {"digest": digest, "reason": reason}
        return self.wire.ask_again(
            "POST", f"/api/propagation/transfers/{transfer}/refusal", body, shape=shapes.DECISION
        )

    def decision(self, transfer: str) -> Json:
        return self.wire.ask_again("GET", f"/api/propagation/transfers/{transfer}", shape=shapes.DECISION)

    # --- the counter ---

    def offer(self, token: str) -> Offer:
        """What a link offers; looking costs nothing."""
        return Offer.of(self.wire.ask_again("GET", f"/api/download/links/{token}", shape=shapes.OFFER))

    def note_opened(self, token: str) -> None:
        """Says that a person, not a machine that follows links, has seen the offer."""
        self.wire.tell_again("POST", f"/api/download/links/{token}/opened")

    def begin_download(self, token: str, file: str, download: str) -> Grant:
        """Takes one of the downloads; the same id again takes nothing more."""
        return Grant.of(self.wire.ask_again("PUT", _download(token, file, download), shape=shapes.DOWNLOAD))

    def begin_archive(self, token: str, download: str, files: Sequence[str]) -> Grant:
        """Takes one of the downloads of each of these files, as one archive; the same id again takes nothing more."""
        path = f"/api/download/links/{token}/archive/downloads/{download}"
        return Grant.of(self.wire.ask_again("PUT", path, {"files": list(files)}, shape=shapes.ARCHIVE))

    def give_back(self, token: str, file: str, download: str) -> None:
        self.wire.ask_again("DELETE", _download(token, file, download), shape=shapes.GIVEN_BACK)

    def tracking(self, transfer: str) -> Json:
        return self.wire.ask_again("GET", f"/api/download/transfers/{transfer}", shape=shapes.TRACKING)

    def revoke(self, transfer: str, recipient: str) -> None:
        """One recipient's link dies; whoever waits for an approval never gets one."""
        self.wire.tell_again("POST", f"/api/download/transfers/{transfer}/revocations", {"recipient": recipient})

    def resend(self, transfer: str, wish: str, recipient: str) -> Json:
        """The mail with the link once more; the same wish again sends nothing more."""
        path = f"/api/download/transfers/{transfer}/resendings/{wish}"
        return self.wire.ask_again("PUT", path, {"recipient": recipient}, shape=shapes.RESENT)

    def remind(self, transfer: str, wish: str, recipient: str | None = None) -> Json:
        """Those who have not everything, or one of them; the same wish again reminds nobody more."""
        path = f"/api/download/transfers/{transfer}/reminders/{wish}"
        return self.wire.ask_again("PUT", path, {"recipient": recipient}, shape=shapes.REMINDED)


def _file(draft: str, file: str) -> str:
    return f"/api/upload/drafts/{draft}/files/{file}"


def _download(token: str, file: str, download: str) -> str:
    return f"/api/download/links/{token}/files/{file}/downloads/{download}"
