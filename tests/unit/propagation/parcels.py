"""Transfers to decide about."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from pydantic import SecretStr

from services.contracts.propagation import ApproverInvitation
from services.contracts.values import Field, Parcel, Part, Person, Recipient, Role, SentFile
from services.kit.aggregate import Decision
from services.propagation.domain import Approver, Propagation, begin, eligible_approvers, needs_approval
from services.propagation.store import ApproverInvitations

SENT_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENDS_AT = SENT_AT + timedelta(days=14)
DECISION_PERIOD = timedelta(days=7)
RETENTION = timedelta(days=365)

INVITATIONS = ApproverInvitations(SecretStr("p" * 32))
TOWN = Person(address="maire@ville.example", name="Camille Maire")
CLERK = Person(address="dominique@ministere.example", name="Dominique Greffe")
OTHER_CLERK = Person(address="claude@ministere.example", name="Claude Autre")
FIRM = "contact@firme.example"


def recipient(address: str, role: Role = "external", field: Field = "to") -> Recipient:
    return Recipient(address=address, field=field, role=role)


MIXED = (
    recipient(CLERK.address, "agent"),
    recipient(OTHER_CLERK.address, "agent", "cc"),
    recipient(FIRM),
    recipient("archives@firme.example", field="bcc"),
)


def parcel(
    recipients: tuple[Recipient, ...] = MIXED,
    sender: Person = TOWN,
    sender_role: Role = "external",
    transfer: str = "",
    sent_at: datetime = SENT_AT,
    ends_at: datetime = ENDS_AT,
) -> Parcel:
    part = Part(size_bytes=7, sha256="c" * 64, crc32=7)
    plan = SentFile(
        file="f1", path="Été/plan.pdf", size_bytes=7, sha256="c" * 64, crc32=7, object_key="o/1", parts=(part,)
    )
    return Parcel(
        transfer=transfer or str(uuid4()),
        sender=sender,
        sender_role=sender_role,
        subject="Plans d'été",
        language="fr",
        recipients=recipients,
        text="Bonjour,\nvoici les plans.",
        files=(plan,),
        submitted_at=sent_at,
        ends_at=ends_at,
    )


def invited(sent: Parcel) -> list[tuple[ApproverInvitation, Approver]]:
    asked = eligible_approvers(sent) if needs_approval(sent) else ()
    return [INVITATIONS.invite(sent.transfer, address) for address in asked]


def begun(sent: Parcel) -> Decision[Propagation]:
    return begin(sent, invited(sent), DECISION_PERIOD, RETENTION)
