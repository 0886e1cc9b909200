"""Mail is sent to each address as it was typed, and known by the address in lower case."""

from email import message_from_bytes, policy

from services.contracts.auth import OneTimeLinkIssued
from services.contracts.propagation import ApprovalLapsed, ApprovalRequested, ApproverInvitation
from services.contracts.values import Person, Recipient, TransferReference
from services.kit.mongo import Database
from services.notify.handlers import subscriptions
from tests.eventually import eventually
from tests.integration.notify.service import deps_on, dispatching, mails_of, new_transfer
from tests.unit.notify.events import AT, ENDS_AT, FILES, link_issued, reference, secret
from tests.unit.notify.fake_smtp import FakeMailer

LINKED, ASKED, SIGNING, SENDING = "Sacha@Ville.example", "Dominique@x.example", "Eva@x.example", "Maire@ville.example"


async def test_each_mail_goes_to_the_address_as_it_was_typed(database: Database) -> None:
    mailer, transfer = FakeMailer(), new_transfer()
    deps = deps_on(database, mailer)
    handlers = subscriptions(deps)
    sender = Person(address=SENDING.lower(), name="Maire", mail_to=SENDING)
    about = TransferReference(**{**dict(reference(transfer)), "sender": sender})
    asked = Recipient(address=ASKED.lower(), field="to", role="agent", mail_to=ASKED)
    linked = Recipient(address=LINKED.lower(), field="to", role="external", mail_to=LINKED)
    events = [
        OneTimeLinkIssued(
            link=transfer,
            address=SIGNING.lower(),
            language="fr",
            token=secret("t"),
            key=secret("k"),
            expires_at=ENDS_AT,
            mail_to=SIGNING,
        ),
        ApprovalRequested(
            reference=about,
            recipients=(asked, linked),
            text="",
            files=FILES,
            approvers=(ApproverInvitation(address=asked.address, token=secret("approve")),),
            ends_at=ENDS_AT,
            decide_by=ENDS_AT,
        ),
        link_issued(transfer).model_copy(update={"reference": about, "recipient": linked}),
        ApprovalLapsed(reference=about, approvers=(asked.address,), lapsed_at=AT, spellings=(ASKED,)),
    ]

    async with dispatching(deps):
        for event in events[:3]:
            await handlers[type(event)](event)
        await eventually(lambda: _left(mailer, 3))
        await handlers[ApprovalLapsed](events[3])
        await eventually(lambda: _left(mailer, 5))
    assert sorted(to for to, _ in mailer.relay.accepted) == sorted([SIGNING, ASKED, LINKED, SENDING, ASKED])
    [raw] = mailer.relay.to(LINKED)
    message = message_from_bytes(raw, policy=policy.default)
    assert (message["To"], message["Reply-To"]) == (LINKED, SENDING)
    published = [
        entry.body["recipient"]
        for mail in await mails_of(deps, transfer)
        for entry in await deps.mails.all.outbox(mail.id)
    ]
    assert sorted(published) == sorted(one.lower() for one in [ASKED, LINKED, SENDING, ASKED])
    assert not [mail for mail in await mails_of(deps, transfer) if LINKED in mail.model_dump_json()]


async def _left(mailer: FakeMailer, count: int) -> bool:
    return len(mailer.relay.accepted) >= count
