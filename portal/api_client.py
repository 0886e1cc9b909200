"""The portal's client of the services' APIs: one method per endpoint, on behalf of one person."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from portal.api_schemas import (
    ChallengeSchema,
    DecisionSchema,
    DraftSchema,
    DraftSummarySchema,
    FileProgressSchema,
    Item,
    LinkSchema,
    PageSchema,
    PendingSummarySchema,
    ReceivedTransferSchema,
    TrackingSchema,
    TransferSchema,
    TransferSummarySchema,
    UploadLimitsSchema,
)
from portal.gateway import ApiProblem, GatewayClient, RequestIdentity, api_path

PAGE_SIZE = 50
"""How many rows a list shows on one page."""


class ApiClient:
    """Each method returns a schema, or raises `ApiProblem` when the service refuses."""

    def __init__(self, gateway: GatewayClient, identity: RequestIdentity) -> None:
        self.gateway = gateway
        self.identity = identity

    async def request(self, method: str, *segments: str, body: Any = None) -> Any:
        """Send one request to the path made of these segments; return the JSON of the response."""
        return await self.gateway.request(self.identity, method, api_path(*segments), body)

    # --- auth ---

    async def create_challenge(self, kind: str) -> ChallengeSchema:
        body = {"kind": kind, "language": self.identity.language}
        return ChallengeSchema.model_validate(await self.request("POST", "auth", "challenges", body=body))

    async def request_link(self, email: str, challenge: str, answer: str, device: str) -> None:
        body = {"email": email, "challenge": challenge, "answer": answer, "language": self.identity.language}
        await self.request("POST", "auth", "links", body={**body, "device": device})

    async def invite(self, email: str, language: str) -> None:
        """Have a one-time link sent to somebody who cannot pass a human check; only an agent may."""
        await self.request("POST", "auth", "invitations", body={"email": email, "language": language})

    async def open_session(self, form: Mapping[str, str]) -> tuple[str, str]:
        """Redeem a link with its key; return the session token and the device token."""
        opened = await self.request("POST", "auth", "sessions", body=dict(form))
        return str(opened["token"]), str(opened["device"])

    async def renew_session(self) -> str:
        return str((await self.request("POST", "auth", "sessions", "current", "renewal"))["token"])

    async def role(self) -> str:
        """Return the role of the current session as the auth service knows it."""
        return str((await self.request("GET", "auth", "sessions", "current"))["role"])

    async def close_session(self) -> None:
        await self.request("DELETE", "auth", "sessions", "current")

    # --- upload ---

    async def limits(self) -> UploadLimitsSchema:
        return UploadLimitsSchema.model_validate(await self.request("GET", "upload", "config"))

    async def create_draft(self, draft: str) -> DraftSchema:
        return DraftSchema.model_validate(await self.request("PUT", "upload", "drafts", draft))

    async def drafts(self, cursor: str = "", limit: int = PAGE_SIZE) -> PageSchema[DraftSummarySchema]:
        return await self._page(PageSchema[DraftSummarySchema], cursor, limit, "upload", "drafts")

    async def draft(self, draft: str) -> DraftSchema:
        return DraftSchema.model_validate(await self.request("GET", "upload", "drafts", draft))

    async def edit_draft(self, draft: str, fields: Mapping[str, Any]) -> DraftSchema:
        return DraftSchema.model_validate(await self.request("PATCH", "upload", "drafts", draft, body=dict(fields)))

    async def delete_draft(self, draft: str) -> None:
        await self.request("DELETE", "upload", "drafts", draft)

    async def delete_file(self, draft: str, file: str) -> None:
        await self.request("DELETE", "upload", "drafts", draft, "files", file)

    async def announce_file(self, draft: str, file: str, name: str, size_bytes: int) -> dict[str, Any]:
        """Announce a file; return its upload plan: size, part size and the URL of its parts."""
        body = {"path": name, "size_bytes": size_bytes}
        plan: dict[str, Any] = await self.request("PUT", "upload", "drafts", draft, "files", file, body=body)
        return plan

    async def complete_file(self, draft: str, file: str, sha256: str) -> None:
        await self.request("POST", "upload", "drafts", draft, "files", file, "completion", body={"sha256": sha256})

    async def submit(self, draft: str, was: Mapping[str, str]) -> None:
        """Submit a draft; `was` are the digests of the fields as the sender was shown them."""
        await self.request("POST", "upload", "drafts", draft, "submission", body={"was": dict(was)})

    async def transfers(self, cursor: str = "", limit: int = PAGE_SIZE) -> PageSchema[TransferSummarySchema]:
        return await self._page(PageSchema[TransferSummarySchema], cursor, limit, "upload", "transfers")

    async def transfer(self, transfer: str) -> TransferSchema:
        return TransferSchema.model_validate(await self.request("GET", "upload", "transfers", transfer))

    async def withdraw(self, transfer: str) -> None:
        await self.request("DELETE", "upload", "transfers", transfer)

    async def extend(self, transfer: str, days: int) -> None:
        """Set the validity to this many days, counted from the submission."""
        await self.request("PUT", "upload", "transfers", transfer, "validity", body={"days": days})

    # --- propagation ---

    async def decision(self, *path: str) -> DecisionSchema:
        """Return a decision to show; `path` is `approvals` and a token, or `transfers` and an id."""
        return DecisionSchema.model_validate(await self.request("GET", "propagation", *path))

    async def decide(self, *path: str, outcome: str, body: Mapping[str, str]) -> None:
        """Approve or refuse; `outcome` is `approval` or `refusal`."""
        await self.request("POST", "propagation", *path, outcome, body=dict(body))

    async def pending(self, cursor: str = "", limit: int = PAGE_SIZE) -> PageSchema[PendingSummarySchema]:
        return await self._page(PageSchema[PendingSummarySchema], cursor, limit, "propagation", "pending")

    async def find_decision(self, transfer: str) -> DecisionSchema | None:
        """Return the decision about a transfer; none until the service has handled its submission."""
        found = await self._find("propagation", transfer)
        return DecisionSchema.model_validate(found) if found else None

    # --- download ---

    async def link(self, token: str) -> LinkSchema:
        return LinkSchema.model_validate(await self.request("GET", "download", "links", token))

    async def mark_opened(self, token: str) -> None:
        await self.request("POST", "download", "links", token, "opened")

    async def start_download(self, token: str, target: tuple[str, ...], download: str) -> dict[str, Any]:
        """Start a download under an id of our own; `target` is `files` and an id, or `archive`."""
        started: dict[str, Any] = await self.request("PUT", "download", "links", token, *target, "downloads", download)
        return started

    async def find_tracking(self, transfer: str) -> TrackingSchema | None:
        """Return the tracking of a transfer; none until the service has handled its release."""
        found = await self._find("download", transfer)
        return TrackingSchema.model_validate(found) if found else None

    async def recipient_files(
        self, transfer: str, number: int, cursor: str = "", limit: int = PAGE_SIZE
    ) -> PageSchema[FileProgressSchema]:
        """Return the progress of each file for one recipient, named by their position in the list."""
        path = ("download", "transfers", transfer, "recipients", str(number), "files")
        return await self._page(PageSchema[FileProgressSchema], cursor, limit, *path)

    async def received(self, cursor: str = "", limit: int = PAGE_SIZE) -> PageSchema[ReceivedTransferSchema]:
        return await self._page(PageSchema[ReceivedTransferSchema], cursor, limit, "download", "received")

    async def reopen(self, transfer: str, address: str, file: str) -> None:
        body = {"recipient": address, "file": file}
        await self.request("POST", "download", "transfers", transfer, "reopenings", body=body)

    async def revoke(self, transfer: str, address: str) -> None:
        await self.request("POST", "download", "transfers", transfer, "revocations", body={"recipient": address})

    async def resend(self, transfer: str, id: str, address: str) -> None:
        await self.request("PUT", "download", "transfers", transfer, "resendings", id, body={"recipient": address})

    async def remind(self, transfer: str, id: str, address: str) -> int:
        """Remind one recipient, or without an address all who have not downloaded everything; return how many."""
        body = {"recipient": address or None}
        answer = await self.request("PUT", "download", "transfers", transfer, "reminders", id, body=body)
        return len(answer["reminded"])

    async def _page(self, page: type[PageSchema[Item]], cursor: str, limit: int, *segments: str) -> PageSchema[Item]:
        query = urlencode({"limit": limit} | ({"cursor": cursor} if cursor else {}))
        found = await self.gateway.request(self.identity, "GET", f"{api_path(*segments)}?{query}")
        return page.model_validate(found)

    async def _find(self, service: str, transfer: str) -> Any:
        try:
            return await self.request("GET", service, "transfers", transfer)
        except ApiProblem as problem:
            if problem.status == 404:
                return None
            raise
