"""Stores propagations and finds them by token, by approver and by date."""

from collections.abc import Callable

from pydantic import SecretStr

from services.contracts.propagation import ApproverInvitation
from services.kit.credentials import derived_token, keyed_hash
from services.kit.listing import Order, map_each
from services.kit.mongo import Database, Document, Repository
from services.kit.pagination import Item, Page, PageRequest
from services.kit.refusals import NotFound
from services.propagation.domain import Approver, Propagation

MOST_URGENT = Order("decide_by")
PENDING_FIELDS: Document = {
    **dict.fromkeys(("parcel.sender", "parcel.sender_role", "parcel.subject", "parcel.submitted_at"), 1),
    "files": {"$size": "$parcel.files"},
    "total_bytes": {"$sum": "$parcel.files.size_bytes"},
}
"""The database counts the files, so that a list loads neither the files nor the text."""


class ApproverInvitations:
    """Derives the tokens of approvers each time they are needed, so that none is stored."""

    def __init__(self, pepper: SecretStr) -> None:
        self._pepper = pepper.get_secret_value()

    def invite(self, transfer: str, address: str) -> tuple[ApproverInvitation, Approver]:
        """Return the invitation with its token, and the approver to store, with the hash of the token."""
        token = derived_token(self._pepper, "approve", transfer, address)
        invitation = ApproverInvitation(address=address, token=SecretStr(token))
        return invitation, Approver(address=address, token_hash=self.token_hash(token))

    def token_hash(self, token: str) -> str:
        """Return the keyed hash by which a token is found."""
        return keyed_hash(self._pepper, "approve-token", token)


class Propagations:
    """Propagations by the id of their transfer."""

    def __init__(self, database: Database, invitations: ApproverInvitations) -> None:
        self.all: Repository[Propagation] = database.repository("propagations", Propagation)
        self._invitations = invitations
        database.index("propagations", "approvers.token_hash")
        database.index("propagations", "approvers.address", "state", "decide_by", "_id")
        database.index("propagations", "decide_by")
        database.index("propagations", "forget_at")

    async def find_by_token(self, token: str) -> tuple[Propagation, str]:
        """Return the propagation of a token and the address of its approver; raise `NotFound` for any other token."""
        token_hash = self._invitations.token_hash(token)
        for found in await self.all.find({"approvers.token_hash": token_hash}, limit=1):
            for one in found.approvers:
                if one.token_hash == token_hash:
                    return found, one.address
        raise NotFound()

    async def pending_for(
        self, address: str, page_request: PageRequest, map_item: Callable[[Document], Item]
    ) -> Page[Item]:
        """Return a page of the transfers that this approver may still decide, the most urgent first."""
        query = {"approvers.address": address, "state": "waiting"}
        return await self.all.listing.page(query, MOST_URGENT, PENDING_FIELDS, page_request, map_each(map_item))

    async def overdue(self) -> list[str]:
        """Return the ids of open decisions that are overdue by the database's clock."""
        return await self.all.due_ids("decide_by", {"state": "waiting"})

    async def due_to_forget(self) -> list[str]:
        """Return the ids of propagations past their retention."""
        return await self.all.due_ids("forget_at")
