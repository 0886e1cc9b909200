"""One method per operation of the public API, with the API's own names."""

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
    """The operations of one person. Requests that are safe to repeat are retried after transient failures."""

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

    # --- sign-in ---

    def create_challenge(self, kind: str = "question") -> DrawnChallenge:
        body = {"kind": kind, "language": self.transport.language}
        return DrawnChallenge.from_json(
            self.transport.request("POST", "/api/auth/challenges", body, schema=schemas.CHALLENGE)
        )

    def challenge_image(self, challenge: DrawnChallenge) -> bytes:
        """Return the PNG of an image challenge; requesting it uses up no attempt."""
        response = self.transport.send("GET", f"{self.transport.base_url}{challenge.image_url}")
        if not response.is_success:
            raise response.to_problem()
        if not response.headers.get("content-type", "").startswith("image/"):
            raise response.unexpected(ResponseFault.NOT_AN_IMAGE)
        return response.content

    def request_link(self, email: str, challenge: str, answer: str) -> None:
        """Ask for a mail with a one-time link and a key. A challenge allows one attempt, so this is not retried."""
        body = {"email": email, "challenge": challenge, "answer": answer, "language": self.transport.language}
        self.transport.request_no_content_once("POST", "/api/auth/links", body)

    def open_session(self, link: str, key: str, last_name: str, first_name: str) -> ApiSession:
        """Redeem a one-time link and act as its owner from then on.

        The request carries an id of its own, so a repeated request redeems the link only once.
        """
        request_id = str(uuid.uuid4())
        body = {"link": link, "key": key, "last_name": last_name, "first_name": first_name, "request_id": request_id}
        return ApiSession.from_json(self.transport.open_session("/api/auth/sessions", body))

    def current_session(self) -> Json:
        return self.transport.request("GET", "/api/auth/sessions/current", schema=schemas.CURRENT_SESSION)

    def renew_session(self) -> None:
        self.transport.retry.call(lambda: self.transport.renew(RENEWAL))

    @contextmanager
    def keep_session_renewed(self) -> Iterator[None]:
        """Renew the session in the background each time half of its life is over; do nothing without a session."""
        with self.transport.keep_session_renewed(RENEWAL):
            yield

    def close_session(self) -> None:
        self.transport.request_no_content("DELETE", "/api/auth/sessions/current")

    # --- drafts and transfers ---

    def limits(self) -> Json:
        return self.transport.request("GET", "/api/upload/config", schema=schemas.LIMITS)

    def create_draft(self, draft: str) -> Json:
        return self.transport.request("PUT", f"/api/upload/drafts/{draft}", schema=schemas.DRAFT)

    def drafts(self) -> list[Json]:
        """Return summaries of the drafts, the most recently changed first."""
        return self.transport.list_items("/api/upload/drafts", schemas.DRAFT_SUMMARY)

    def draft(self, draft: str) -> Json:
        return self.transport.request("GET", f"/api/upload/drafts/{draft}", schema=schemas.DRAFT)

    def edit_draft(self, draft: str, **fields: Any) -> Json:
        """Set any of to, cc, bcc, subject, text, validity_days, language; `DraftFields.to_json` makes them."""
        return self.transport.request("PATCH", f"/api/upload/drafts/{draft}", fields, schema=schemas.DRAFT)

    def delete_draft(self, draft: str) -> None:
        self.transport.request_no_content("DELETE", f"/api/upload/drafts/{draft}")

    def announce_file(
        self,
        draft: str,
        file: str,
        path: str,
        size_bytes: int,
        modified_at: datetime | None = None,
        small_parts: bool = False,
    ) -> FilePlan:
        """Announce a file under an id chosen by this client; repeated, return what the service has received.

        With `small_parts` the file is split into the smallest allowed parts, unless a part has already arrived.
        """
        body: Json = {"path": path, "size_bytes": size_bytes, "small_parts": small_parts}
        if modified_at:
            body["modified_at"] = modified_at.isoformat()
        return FilePlan.from_json(self.transport.request("PUT", _file(draft, file), body, schema=schemas.FILE_PLAN))

    def file_plan(self, draft: str, file: str) -> FilePlan:
        """Return the plan with a fresh capability and the parts that have arrived."""
        return FilePlan.from_json(self.transport.request("GET", _file(draft, file), schema=schemas.FILE_PLAN))

    def delete_file(self, draft: str, file: str) -> None:
        self.transport.request_no_content("DELETE", _file(draft, file))

    def complete_file(self, draft: str, file: str, sha256: str) -> Json:
        return self.transport.request(
            "POST", f"{_file(draft, file)}/completion", {"sha256": sha256}, schema=schemas.FILE
        )

    def submit(self, draft: str) -> Json:
        return self.transport.request("POST", f"/api/upload/drafts/{draft}/submission", schema=schemas.RECAP)

    def sent_transfers(self) -> list[Json]:
        """Return summaries of the sent transfers, the latest first."""
        return self.transport.list_items("/api/upload/transfers", schemas.TRANSFER_SUMMARY)

    def sent_transfer(self, transfer: str) -> Json:
        return self.transport.request("GET", f"/api/upload/transfers/{transfer}", schema=schemas.TRANSFER)

    def withdraw(self, transfer: str) -> None:
        self.transport.request_no_content("DELETE", f"/api/upload/transfers/{transfer}")

    def extend(self, transfer: str, days: int) -> Json:
        """Keep the transfer for `days` days, counted from the submission."""
        return self.transport.request(
            "PUT", f"/api/upload/transfers/{transfer}/validity", {"days": days}, schema=schemas.TRANSFER
        )

    # --- approval ---

    def approval_request(self, token: str) -> Json:
        return self.transport.request("GET", f"/api/propagation/approvals/{token}", schema=schemas.DECISION)

    def approve(self, token: str, digest: str) -> Json:
        return self.transport.request(
            "POST", f"/api/propagation/approvals/{token}/approval", {"digest": digest}, schema=schemas.DECISION
        )

    def refuse(self, token: str, digest: str, reason: str) -> Json:
        body = {"digest": digest, "reason": reason}
        return self.transport.request(
            "POST", f"/api/propagation/approvals/{token}/refusal", body, schema=schemas.DECISION
        )

    def pending(self) -> list[Json]:
        """Return summaries of the transfers that wait for this agent's decision, the most urgent first."""
        return self.transport.list_items("/api/propagation/pending", schemas.PENDING)

    def approve_transfer(self, transfer: str, digest: str) -> Json:
        return self.transport.request(
            "POST", f"/api/propagation/transfers/{transfer}/approval", {"digest": digest}, schema=schemas.DECISION
        )

    def refuse_transfer(self, transfer: str, digest: str, reason: str) -> Json:
        body = {"digest": digest, "reason": reason}
        return self.transport.request(
            "POST", f"/api/propagation/transfers/{transfer}/refusal", body, schema=schemas.DECISION
        )

    def decision(self, transfer: str) -> Json:
        return self.transport.request("GET", f"/api/propagation/transfers/{transfer}", schema=schemas.DECISION)

    # --- downloads and tracking ---

    def offer(self, token: str) -> Offer:
        """Return the contents of a link; this counts as no download."""
        return Offer.from_json(self.transport.request("GET", f"/api/download/links/{token}", schema=schemas.OFFER))

    def mark_opened(self, token: str) -> None:
        """Tell the service that a person, not a program that follows links, has seen the contents."""
        self.transport.request_no_content("POST", f"/api/download/links/{token}/opened")

    def start_download(self, token: str, file: str, download: str) -> DownloadGrant:
        """Start a download, which counts against the limit; repeated with the same id, it counts once."""
        return DownloadGrant.from_json(
            self.transport.request("PUT", _download(token, file, download), schema=schemas.DOWNLOAD)
        )

    def start_archive(self, token: str, download: str, files: Sequence[str]) -> DownloadGrant:
        """Start a download of these files as one archive; it counts for each of them, once per id."""
        path = f"/api/download/links/{token}/archive/downloads/{download}"
        return DownloadGrant.from_json(
            self.transport.request("PUT", path, {"files": list(files)}, schema=schemas.ARCHIVE)
        )

    def give_back(self, token: str, file: str, download: str) -> None:
        self.transport.request("DELETE", _download(token, file, download), schema=schemas.GIVEN_BACK)

    def tracking(self, transfer: str) -> Json:
        return self.transport.request("GET", f"/api/download/transfers/{transfer}", schema=schemas.TRACKING)

    def revoke(self, transfer: str, recipient: str) -> None:
        """Disable one recipient's link; a recipient who waits for an approval never gets one."""
        self.transport.request_no_content(
            "POST", f"/api/download/transfers/{transfer}/revocations", {"recipient": recipient}
        )

    def resend(self, transfer: str, request: str, recipient: str) -> Json:
        """Send the mail with the link again; repeated with the same request id, it is sent once."""
        path = f"/api/download/transfers/{transfer}/resendings/{request}"
        return self.transport.request("PUT", path, {"recipient": recipient}, schema=schemas.RESENT)

    def remind(self, transfer: str, request: str, recipient: str | None = None) -> Json:
        """Remind the recipients who have not downloaded everything, or one; the same request id reminds once."""
        path = f"/api/download/transfers/{transfer}/reminders/{request}"
        return self.transport.request("PUT", path, {"recipient": recipient}, schema=schemas.REMINDED)


def _file(draft: str, file: str) -> str:
    return f"/api/upload/drafts/{draft}/files/{file}"


def _download(token: str, file: str, download: str) -> str:
    return f"/api/download/links/{token}/files/{file}/downloads/{download}"
