"""One method per address of the public API, in the words of the API."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

from client import schemas
from client.errors import Json, ResponseFault
from client.models import ApiSession, DownloadGrant, DrawnChallenge, FilePlan, Offer
from client.retry import RetryPolicy
from client.transport import Transport

RENEWAL = "/api/auth/sessions/current/renewal"


class Api:
    """What one person can ask. Whatever may be done twice is tried again while the failure may pass."""

    def __init__(
        self,
        base_url: str,
        language: str = "fr",
        retry: RetryPolicy | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self.transport = Transport(base_url, language, retry, http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.transport.close()

    # --- who may come in ---

    def create_challenge(self, kind: str = "question") -> DrawnChallenge:
        body = {"kind": kind, "language": self.transport.language}
        return DrawnChallenge.from_json(
            self.transport.request_with_retry("POST", "/api/auth/challenges", body, schema=schemas.CHALLENGE)
        )

    def challenge_image(self, challenge: DrawnChallenge) -> bytes:
        """The PNG of a challenge that is one; looking costs nothing."""
        response = self.transport.send("GET", f"{self.transport.base_url}{challenge.image_url}")
        if not response.is_success:
            raise response.to_problem()
        if not response.headers.get("content-type", "").startswith("image/"):
            raise response.unexpected(ResponseFault.NOT_AN_IMAGE)
        return response.content

    def request_link(self, email: str, challenge: str, answer: str) -> None:
        """Has a one-time link and a key mailed; a challenge is worth one attempt, so this is not tried again."""
        body = {"email": email, "challenge": challenge, "answer": answer, "language": self.transport.language}
        self.transport.request_no_content("POST", "/api/auth/links", body)

    def open_session(self, link: str, key: str, last_name: str, first_name: str) -> ApiSession:
        """Spends a one-time link, once although the request may be repeated; this object then acts as its owner."""
        session = str(uuid.uuid4())
        body = {"link": link, "key": key, "last_name": last_name, "first_name": first_name, "session": session}
        return ApiSession.from_json(self.transport.open_session("/api/auth/sessions", body))

    def current_session(self) -> Json:
        return self.transport.request_with_retry("GET", "/api/auth/sessions/current", schema=schemas.CURRENT_SESSION)

    def renew_session(self) -> None:
        self.transport.retry.call(lambda: self.transport.renew(RENEWAL))

    @contextmanager
    def keep_session_renewed(self) -> Iterator[None]:
        """As long as this lasts the session is renewed each time half of its life is over; without one, nothing is."""
        with self.transport.keep_session_renewed(RENEWAL):
            yield

    def close_session(self) -> None:
        self.transport.request_no_content_with_retry("DELETE", "/api/auth/sessions/current")

    # --- the parcel ---

    def limits(self) -> Json:
        return self.transport.request_with_retry("GET", "/api/upload/config", schema=schemas.LIMITS)

    def create_draft(self, draft: str) -> Json:
        return self.transport.request_with_retry("PUT", f"/api/upload/drafts/{draft}", schema=schemas.DRAFT)

    def drafts(self) -> list[Json]:
        """The last touched first, in short."""
        return self.transport.list_items("/api/upload/drafts", schemas.DRAFT_SUMMARY)

    def draft(self, draft: str) -> Json:
        return self.transport.request_with_retry("GET", f"/api/upload/drafts/{draft}", schema=schemas.DRAFT)

    def edit_draft(self, draft: str, **fields: Any) -> Json:
        """Any of to, cc, bcc, subject, text, validity_days, language; `Letter.fields` makes them."""
        return self.transport.request_with_retry("PATCH", f"/api/upload/drafts/{draft}", fields, schema=schemas.DRAFT)

    def delete_draft(self, draft: str) -> None:
        self.transport.request_no_content_with_retry("DELETE", f"/api/upload/drafts/{draft}")

    def announce_file(
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
        return FilePlan.from_json(
            self.transport.request_with_retry("PUT", _file(draft, file), body, schema=schemas.FILE_PLAN)
        )

    def file_plan(self, draft: str, file: str) -> FilePlan:
        """The same with a fresh capability, and the parts that have arrived."""
        return FilePlan.from_json(
            self.transport.request_with_retry("GET", _file(draft, file), schema=schemas.FILE_PLAN)
        )

    def delete_file(self, draft: str, file: str) -> None:
        self.transport.request_no_content_with_retry("DELETE", _file(draft, file))

    def complete_file(self, draft: str, file: str, sha256: str) -> Json:
        return self.transport.request_with_retry(
            "POST", f"{_file(draft, file)}/completion", {"sha256": sha256}, schema=schemas.FILE
        )

    def submit(self, draft: str) -> Json:
        return self.transport.request_with_retry("POST", f"/api/upload/drafts/{draft}/submission", schema=schemas.RECAP)

    def sent_transfers(self) -> list[Json]:
        """The latest first, in short."""
        return self.transport.list_items("/api/upload/transfers", schemas.TRANSFER_SUMMARY)

    def sent_transfer(self, transfer: str) -> Json:
        return self.transport.request_with_retry("GET", f"/api/upload/transfers/{transfer}", schema=schemas.TRANSFER)

    def withdraw(self, transfer: str) -> None:
        self.transport.request_no_content_with_retry("DELETE", f"/api/upload/transfers/{transfer}")

    def extend(self, transfer: str, days: int) -> Json:
        """Keep it for so many days, counted from the submission."""
        return self.transport.request_with_retry(
            "PUT", f"/api/upload/transfers/{transfer}/validity", {"days": days}, schema=schemas.TRANSFER
        )

    # --- the decision ---

    def approval_request(self, token: str) -> Json:
        return self.transport.request_with_retry("GET", f"/api/propagation/approvals/{token}", schema=schemas.DECISION)

    def approve(self, token: str, digest: str) -> Json:
        return self.transport.request_with_retry(
            "POST", f"/api/propagation/approvals/{token}/approval", {"digest": digest}, schema=schemas.DECISION
        )

    def refuse(self, token: str, digest: str, reason: str) -> Json:
        body = {"digest": digest, "reason": reason}
        return self.transport.request_with_retry(
            "POST", f"/api/propagation/approvals/{token}/refusal", body, schema=schemas.DECISION
        )

    def pending(self) -> list[Json]:
        """What waits for this agent's decision, the most urgent first, in short."""
        return self.transport.list_items("/api/propagation/pending", schemas.PENDING)

    def approve_transfer(self, transfer: str, digest: str) -> Json:
        return self.transport.request_with_retry(
            "POST", f"/api/propagation/transfers/{transfer}/approval", {"digest": digest}, schema=schemas.DECISION
        )

    def refuse_transfer(self, transfer: str, digest: str, reason: str) -> Json:
        body = {"digest": digest, "reason": reason}
        return self.transport.request_with_retry(
            "POST", f"/api/propagation/transfers/{transfer}/refusal", body, schema=schemas.DECISION
        )

    def decision(self, transfer: str) -> Json:
        return self.transport.request_with_retry(
            "GET", f"/api/propagation/transfers/{transfer}", schema=schemas.DECISION
        )

    # --- the counter ---

    def offer(self, token: str) -> Offer:
        """What a link offers; looking costs nothing."""
        return Offer.from_json(
            self.transport.request_with_retry("GET", f"/api/download/links/{token}", schema=schemas.OFFER)
        )

    def mark_opened(self, token: str) -> None:
        """Says that a person, not a machine that follows links, has seen the offer."""
        self.transport.request_no_content_with_retry("POST", f"/api/download/links/{token}/opened")

    def start_download(self, token: str, file: str, download: str) -> DownloadGrant:
        """Takes one of the downloads; the same id again takes nothing more."""
        return DownloadGrant.from_json(
            self.transport.request_with_retry("PUT", _download(token, file, download), schema=schemas.DOWNLOAD)
        )

    def start_archive(self, token: str, download: str, files: Sequence[str]) -> DownloadGrant:
        """Takes one of the downloads of each of these files, as one archive; the same id again takes nothing more."""
        path = f"/api/download/links/{token}/archive/downloads/{download}"
        return DownloadGrant.from_json(
            self.transport.request_with_retry("PUT", path, {"files": list(files)}, schema=schemas.ARCHIVE)
        )

    def give_back(self, token: str, file: str, download: str) -> None:
        self.transport.request_with_retry("DELETE", _download(token, file, download), schema=schemas.GIVEN_BACK)

    def tracking(self, transfer: str) -> Json:
        return self.transport.request_with_retry("GET", f"/api/download/transfers/{transfer}", schema=schemas.TRACKING)

    def revoke(self, transfer: str, recipient: str) -> None:
        """One recipient's link dies; whoever waits for an approval never gets one."""
        self.transport.request_no_content_with_retry(
            "POST", f"/api/download/transfers/{transfer}/revocations", {"recipient": recipient}
        )

    def resend(self, transfer: str, request: str, recipient: str) -> Json:
        """The mail with the link once more; the same wish again sends nothing more."""
        path = f"/api/download/transfers/{transfer}/resendings/{request}"
        return self.transport.request_with_retry("PUT", path, {"recipient": recipient}, schema=schemas.RESENT)

    def remind(self, transfer: str, request: str, recipient: str | None = None) -> Json:
        """Those who have not everything, or one of them; the same wish again reminds nobody more."""
        path = f"/api/download/transfers/{transfer}/reminders/{request}"
        return self.transport.request_with_retry("PUT", path, {"recipient": recipient}, schema=schemas.REMINDED)


def _file(draft: str, file: str) -> str:
    return f"/api/upload/drafts/{draft}/files/{file}"


def _download(token: str, file: str, download: str) -> str:
    return f"/api/download/links/{token}/files/{file}/downloads/{download}"
