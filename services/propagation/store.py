"""Where do propagations rest, and how are they found by a token, by an approver, by a date?"""

from collections.abc import Callable

from pydantic import SecretStr

from services.contracts.propagation import ApproverInvitation
from services.kit.credentials import derived_token, keyed_hash
from services.kit.listing import Order, map_each
from services.kit.mongo import Database, Document, Repository
from services.kit.pagination import Item, Page, PageRequest
from services.kit.refusals import NotFound
from services.propagation.domain import Invited, Propagation

MOST_URGENT = Order("decide_by")
WAITING_FIELDS: Document = {
    **dict.fromkeys(("parcel.sender", "parcel.sender_role", "parcel.subject", "parcel.submitted_at"), 1),
    "files": {"$size": "$parcel.files"},
    "total_bytes": {"$sum": "$parcel.files.size_bytes"},
}
"""The files are counted by the database; a list never loads them, nor the text."""


class Invitations:
    """Makes the approvers' secrets again each time they are needed: they rest nowhere but in the mail."""

    def __init__(self, pepper: SecretStr) -> None:
        self._pepper = pepper.get_secret_value()

    def to(self, transfer: str, address: str) -> tuple[ApproverInvitation, Invited]:
        """An approver with their secret, and what may be kept of it."""
        token = derived_token(self._pepper, "approve", transfer, address)
        return ApproverInvitation(address=address, token=SecretStr(token)), Invited(
            address=address, token_hash=self.hash(token)
        )

    def hash(self, token: str) -> str:
        """What is looked up for a token."""
        return keyed_hash(self._pepper, "approve-token", token)


class Propagations:
    """The propagations, over the only way to write them."""

    def __init__(self, database: Database, invitations: Invitations) -> None:
        self.all: Repository[Propagation] = database.repository("propagations", Propagation)
        self._invitations = invitations
        database.index("propagations", "invited.token_hash")
        database.index("propagations", "invited.address", "state", "decide_by", "_id")
        database.index("propagations", "decide_by")
        database.index("propagations", "keep_until")

    async def opened_by(self, token: str) -> tuple[Propagation, str]:
        """The propagation that a token opens, and the address it was mailed to; any other token is `NotFound`."""
        hashed = self._invitations.hash(token)
        for found in await self.all.find({"invited.token_hash": hashed}, limit=1):
            for one in found.invited:
                if one.token_hash == hashed:
                    return found, one.address
        raise NotFound()

    async def waiting_for(
        self, address: str, page_request: PageRequest, shown: Callable[[Document], Item]
    ) -> Page[Item]:
        """A page of those that this approver may still decide, the most urgent first."""
        query = {"invited.address": address, "state": "waiting"}
        return await self.all.listing.page(query, MOST_URGENT, WAITING_FIELDS, page_request, map_each(shown))

    async def overdue(self) -> list[str]:
        """Those whose last day to decide is over, by the database's clock."""
        return await self.all.due_ids("decide_by", {"state": "waiting"})

    async def past_keeping(self) -> list[str]:
        """Those that have been kept long enough."""
        return await self.all.due_ids("keep_until")
