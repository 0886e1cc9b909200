"""An address identifies somebody in lower case, and mail is sent to it as it was typed: in every service."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from fastapi import Request

from devstack.keys import public_keys, signing_key
from services.auth.domain import SignInPolicy, issue
from services.auth.session_tokens import SessionTokens
from services.contracts.auth import OneTimeLinkIssued
from services.contracts.propagation import ApprovalLapsed, TransferRefused
from services.contracts.values import Recipient
from services.download.store import Links
from services.kit.authentication import SESSION_TOKEN, TokenAuthenticator
from services.kit.clock import utc_now
from services.kit.tokens import Signer, Verifier
from services.propagation.domain import lapse, refuse
from services.upload.domain.draft_edits import DraftEdit, apply_edit, parse_edit
from services.upload.domain.submission import submit
from services.upload.domain.transfer import Sender
from tests.unit.propagation import parcels
from tests.unit.upload.sample import AGENTS, LIMITS, NOW, ready

TYPED, ADDRESS = "Claude.Martin@ministere.example", "claude.martin@ministere.example"


async def test_a_session_knows_where_its_mails_are_sent() -> None:
    sign_in, [event] = issue("l", "k", TYPED, "fr", "t", "k", NOW, SignInPolicy())
    assert isinstance(event, OneTimeLinkIssued)
    assert (event.address, event.mail_to) == (sign_in.address, sign_in.mail_to) == (ADDRESS, TYPED)
    assert issue("l", "k", ADDRESS, "fr", "t", "k", NOW, SignInPolicy())[0].mail_to == ""

    key, now = signing_key(), utc_now()
    session = {"name": "C", "role": "agent", "started_at": now, "ends_at": now + timedelta(hours=1)}
    active = sign_in.model_validate({**sign_in.model_dump(), "session": session})
    tokens = SessionTokens(Signer(key, SESSION_TOKEN), cast(Any, None), SignInPolicy(), person_id_of=str)
    token = tokens.issue(active, now).token
    nobody_is_revoked = cast(Any, SimpleNamespace(get=_none))
    request = Request({"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())]})
    caller = await TokenAuthenticator(Verifier(public_keys(key), SESSION_TOKEN), nobody_is_revoked).authenticate(
        request
    )
    assert (caller.address, caller.mail_to) == (ADDRESS, TYPED)


async def _none(_id: str) -> None:
    return None


def test_what_is_sent_says_how_its_people_were_typed() -> None:
    sender = Sender(address="maire@ville.example", name="M", role="external", mail_to="Maire@ville.example")
    draft = apply_edit(ready(sender), parse_edit(DraftEdit(to=[f"Martin, Claude <{TYPED}>"]), LIMITS), LIMITS, NOW)
    _, [event] = submit(draft, sender, LIMITS, AGENTS, NOW)
    [recipient] = event.parcel.recipients
    assert (recipient.address, recipient.mail_to) == (ADDRESS, TYPED)
    assert event.parcel.reference().sender.mail_to == "Maire@ville.example"


def test_no_key_and_no_digest_depends_on_how_an_address_was_typed() -> None:
    plain = Recipient(address=ADDRESS, field="to", role="agent")
    typed = plain.model_copy(update={"mail_to": TYPED})
    links = cast(Links, SimpleNamespace(_pepper="p" * 40))
    assert Links.token(links, "t", plain) == Links.token(links, "t", typed)
    shown = [
        parcels.begun(parcels.parcel((one, *parcels.MIXED[2:]), transfer="t"))[0].approval_snapshot()
        for one in (plain, typed)
    ]
    assert shown[0].digest == shown[1].digest


def test_each_approver_is_written_to_as_their_address_was_typed() -> None:
    typed = tuple(one.model_copy(update={"mail_to": one.address.upper()}) for one in parcels.MIXED)
    state = parcels.begun(parcels.parcel(typed))[0]
    digest = state.approval_snapshot().digest
    refused = refuse(state, parcels.CLERK, digest, "non", parcels.SENT_AT)[1]
    lapsed = lapse(state, parcels.ENDS_AT)[1]
    for event in (*refused, *lapsed):
        assert isinstance(event, TransferRefused | ApprovalLapsed)
        assert event.spellings == ("DOMINIQUE@MINISTERE.EXAMPLE", "CLAUDE@MINISTERE.EXAMPLE")
