"""Who may see and decide what, asked over HTTP with the real database behind it (R21, R22, R24)."""

from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from services.contracts.download import RecipientRevoked
from services.contracts.upload import TransferExtended, TransferSubmitted, TransferWithdrawn
from services.contracts.values import Parcel
from services.kit.clock import utc_now
from services.propagation.deps import Deps
from services.propagation.handlers import (
    on_recipient_revoked,
    on_transfer_extended,
    on_transfer_submitted,
    on_transfer_withdrawn,
)
from services.propagation.store import ApproverInvitations
from tests.harness import PEPPER, signed_in
from tests.unit.propagation.parcels import CLERK, FIRM, MIXED, OTHER_CLERK, TOWN, parcel, recipient

INVITATIONS = ApproverInvitations(SecretStr(PEPPER))
PEOPLE = {
    "clerk": (CLERK.address, "agent", CLERK.name),
    "other clerk": (OTHER_CLERK.address, "agent", OTHER_CLERK.name),
    "stranger": ("etranger@ministere.example", "agent", "Étranger"),
    "town": (TOWN.address, "external", TOWN.name),
    "firm": (FIRM, "external", "Firme"),
    "impostor": (CLERK.address, "external", CLERK.name),
}


def headers(person: str) -> dict[str, str]:
    """Those of one of these people; nobody has none."""
    return signed_in(*PEOPLE[person]) if person in PEOPLE else {}


@pytest.fixture
async def sent(deps: Deps) -> Parcel:
    waiting = parcel(sent_at=utc_now(), ends_at=utc_now() + timedelta(days=14))
    await on_transfer_submitted(deps, TransferSubmitted(parcel=waiting))
    return waiting


def token(sent: Parcel, address: str = CLERK.address) -> str:
    return INVITATIONS.invite(sent.transfer, address)[0].token.get_secret_value()


async def digest(client: httpx.AsyncClient, sent: Parcel) -> str:
    found: str = (await client.get(f"/approvals/{token(sent)}")).json()["snapshot"]["digest"]
    return found


async def test_the_approver_is_shown_everything_that_the_decision_is_about(
    client: httpx.AsyncClient, sent: Parcel
) -> None:
    answer = await client.get(f"/approvals/{token(sent)}")
    card = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (card["state"], card["may_decide"], card["decided"]) == ("waiting", True, None)
    snapshot = card["snapshot"]
    assert snapshot["sender"] == {"address": TOWN.address, "role": "external", "declared_name": TOWN.name}
    assert {one["address"]: one["field"] for one in snapshot["recipients"]} == {one.address: one.field for one in MIXED}
    assert (snapshot["subject"], snapshot["text"]) == (sent.subject, sent.text)
    assert snapshot["files"] == [{"path": "Été/plan.pdf", "size_bytes": 7, "sha256": "c" * 64}]
    assert len(snapshot["digest"]) == 64
    assert "token" not in answer.text


async def test_looking_as_often_as_a_scanner_does_changes_nothing(
    client: httpx.AsyncClient, deps: Deps, sent: Parcel
) -> None:
    before = await deps.propagations.all.get(sent.transfer)
    for method in ("GET", "HEAD", "OPTIONS", "GET"):
        await client.request(method, f"/approvals/{token(sent)}")
    for path in ("approval", "refusal"):
        for body in (None, {}, {"digest": ""}, {"reason": "", "digest": ""}):
            answer = await client.post(f"/approvals/{token(sent)}/{path}", json=body)
            assert answer.status_code == 422
        assert (await client.post(f"/approvals/{token(sent)}/{path}")).status_code == 422
        assert (await client.get(f"/approvals/{token(sent)}/{path}")).status_code == 405
    assert await deps.propagations.all.get(sent.transfer) == before


async def test_an_unknown_a_malformed_and_a_changed_token_look_the_same(
    client: httpx.AsyncClient, sent: Parcel
) -> None:
    answers = []
    for bad in ("A" * 43, "x", token(sent)[:-1] + "é", "%00", "A" * 4000, token(sent, FIRM), token(sent, TOWN.address)):
        answer = await client.get(f"/approvals/{bad}")
        assert answer.status_code == 404, bad
        answers.append({key: value for key, value in answer.json().items() if key != "reference"})
        assert (await client.post(f"/approvals/{bad}/approval", json={"digest": "0" * 64})).status_code == 404
    assert all(answer == answers[0] for answer in answers)


async def test_an_approval_by_the_link_of_the_mail_releases_to_the_external_recipients(
    client: httpx.AsyncClient, deps: Deps, sent: Parcel
) -> None:
    body = {"digest": await digest(client, sent)}
    answer = await client.post(f"/approvals/{token(sent)}/approval", json=body)
    assert answer.status_code == 200
    assert answer.json()["state"] == "approved"
    again = await client.post(f"/approvals/{token(sent)}/approval", json=body)
    assert again.json() == answer.json()
    events = await deps.propagations.all.outbox(sent.transfer)
    assert len(events) == 3
    assert {one["address"] for one in events[-1].body["released_to"]} == {FIRM, "archives@firme.example"}


async def test_the_second_agent_is_told_who_decided_and_when(client: httpx.AsyncClient, sent: Parcel) -> None:
    before = await digest(client, sent)
    await client.post(f"/approvals/{token(sent)}/approval", json={"digest": before})
    late = await client.post(
        f"/approvals/{token(sent, OTHER_CLERK.address)}/refusal", json={"digest": before, "reason": "non"}
    )
    problem = late.json()
    assert (late.status_code, problem["type"]) == (409, "/problems/already-decided")
    assert (problem["outcome"], problem["decided_by"]) == ("approved", CLERK.address)
    assert problem["decided_at"]


async def test_what_was_not_shown_is_not_decided(client: httpx.AsyncClient, sent: Parcel) -> None:
    answer = await client.post(f"/approvals/{token(sent)}/approval", json={"digest": "0" * 64})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/approval-snapshot-stale")


async def test_what_was_withdrawn_says_so(client: httpx.AsyncClient, deps: Deps, sent: Parcel) -> None:
    before = await digest(client, sent)
    await on_transfer_withdrawn(deps, TransferWithdrawn(reference=sent.reference(), withdrawn_at=utc_now()))
    answer = await client.post(f"/approvals/{token(sent)}/approval", json={"digest": before})
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/transfer-already-withdrawn")
    card = (await client.get(f"/approvals/{token(sent)}")).json()
    assert (card["state"], card["may_decide"], card["snapshot"]["text"]) == ("withdrawn", False, "")


@pytest.mark.parametrize("reason", ["", "   ", "\u202e\u200b", "x" * 1001])
async def test_a_refusal_needs_a_reason_in_words(client: httpx.AsyncClient, sent: Parcel, reason: str) -> None:
    body = {"digest": await digest(client, sent), "reason": reason}
    assert (await client.post(f"/approvals/{token(sent)}/refusal", json=body)).status_code == 422


async def test_a_reason_keeps_its_lines_and_loses_what_could_deceive(client: httpx.AsyncClient, sent: Parcel) -> None:
    body = {"digest": await digest(client, sent), "reason": " Trop\r\nlourd\u202e\x00 "}
    card = (await client.post(f"/approvals/{token(sent)}/refusal", json=body)).json()
    assert card["decided"]["reason"] == "Trop\nlourd"


@pytest.mark.parametrize("person", ["stranger", "town", "firm", "impostor", "nobody"])
async def test_nobody_but_an_agent_recipient_decides_with_a_session(
    client: httpx.AsyncClient, deps: Deps, sent: Parcel, person: str
) -> None:
    before, asking = await digest(client, sent), headers(person)
    statuses = {"stranger": 404, "town": 403, "firm": 403, "impostor": 403, "nobody": 401}
    for path, body in (
        ("approval", {"digest": before}),
        ("refusal", {"digest": before, "reason": "non"}),
    ):
        answer = await client.post(f"/transfers/{sent.transfer}/{path}", json=body, headers=asking)
        assert answer.status_code == statuses[person]
    assert (await deps.propagations.all.get(sent.transfer)).state == "waiting"


async def test_the_token_of_one_transfer_decides_no_other(client: httpx.AsyncClient, deps: Deps, sent: Parcel) -> None:
    other = parcel(sent_at=utc_now(), ends_at=utc_now() + timedelta(days=14))
    await on_transfer_submitted(deps, TransferSubmitted(parcel=other))
    answer = await client.post(f"/approvals/{token(sent)}/approval", json={"digest": await digest(client, other)})
    assert answer.status_code == 409
    assert (await deps.propagations.all.get(other.transfer)).state == "waiting"


async def test_an_agent_with_a_session_sees_what_waits_and_decides_it(client: httpx.AsyncClient, sent: Parcel) -> None:
    asking = headers("clerk")
    (mine,) = (await client.get("/pending", headers=asking)).json()["items"]
    assert (mine["transfer"], mine["subject"]) == (sent.transfer, sent.subject)
    assert mine["sender"] == {"address": TOWN.address, "role": "external", "declared_name": TOWN.name}
    assert (mine["files"], mine["total_bytes"]) == (1, 7)
    whole = (await client.get(f"/transfers/{sent.transfer}", headers=asking)).json()
    body = {"digest": whole["snapshot"]["digest"]}
    answer = await client.post(f"/transfers/{sent.transfer}/approval", json=body, headers=asking)
    assert answer.json()["decided"]["by"] == {"address": CLERK.address, "name": CLERK.name, "mail_to": ""}
    assert (await client.get("/pending", headers=asking)).json() == {"items": [], "next_cursor": None}


async def test_an_external_person_has_nothing_to_decide(client: httpx.AsyncClient) -> None:
    assert (await client.get("/pending", headers=headers("firm"))).status_code == 403


async def test_the_card_is_for_the_sender_and_the_agent_recipients(client: httpx.AsyncClient, sent: Parcel) -> None:
    for person, status in (("town", 200), ("clerk", 200), ("stranger", 404), ("firm", 404), ("impostor", 404)):
        answer = await client.get(f"/transfers/{sent.transfer}", headers=headers(person))
        assert answer.status_code == status, person
        if person == "town":
            assert answer.json()["snapshot"]["digest"] == ""
            assert not answer.json()["may_decide"]


async def test_hidden_recipients_are_hidden_from_agents_who_decide_nothing(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    hidden = recipient("cache@firme.example", field="bcc")
    plain = parcel((recipient(CLERK.address, "agent"), hidden), sender=OTHER_CLERK, sender_role="agent")
    await on_transfer_submitted(deps, TransferSubmitted(parcel=plain))
    for person, seen in (("clerk", False), ("other clerk", True)):
        answer = await client.get(f"/transfers/{plain.transfer}", headers=headers(person))
        assert (hidden.address in answer.text) is seen


async def revoke(deps: Deps, sent: Parcel, address: str) -> None:
    one = next(one for one in sent.recipients if one.address == address)
    await on_recipient_revoked(deps, RecipientRevoked(reference=sent.reference(), recipient=one, revoked_at=utc_now()))


async def test_what_was_shown_with_somebody_who_was_revoked_since_must_be_read_again(
    client: httpx.AsyncClient, deps: Deps, sent: Parcel
) -> None:
    before, path = await digest(client, sent), f"/approvals/{token(sent)}/approval"
    await revoke(deps, sent, FIRM)
    answer = await client.post(path, json={"digest": before})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/approval-snapshot-stale")
    answer = await client.post(path, json={"digest": await digest(client, sent)})
    assert answer.status_code == 200
    assert FIRM not in answer.text
    event = (await deps.propagations.all.outbox(sent.transfer))[-1]
    assert [one["address"] for one in event.body["released_to"]] == ["archives@firme.example"]


async def test_an_agent_who_was_revoked_sees_and_decides_nothing_any_more(
    client: httpx.AsyncClient, deps: Deps, sent: Parcel
) -> None:
    before = await digest(client, sent)
    await revoke(deps, sent, CLERK.address)
    answers = [
        await client.get(f"/approvals/{token(sent)}"),
        await client.post(f"/approvals/{token(sent)}/approval", json={"digest": before}),
        await client.get(f"/transfers/{sent.transfer}", headers=headers("clerk")),
        await client.post(f"/transfers/{sent.transfer}/approval", json={"digest": before}, headers=headers("clerk")),
    ]
    assert {answer.status_code for answer in answers} == {404}
    other = await client.get(f"/approvals/{token(sent, OTHER_CLERK.address)}")
    assert other.json()["may_decide"]


async def test_a_later_end_is_shown_and_is_no_reason_to_read_it_again(
    client: httpx.AsyncClient, deps: Deps, sent: Parcel
) -> None:
    before, later = await digest(client, sent), sent.ends_at + timedelta(days=1)
    event = TransferExtended(reference=sent.reference(), ends_at=later, extended_at=utc_now())
    for _ in range(2):
        await on_transfer_extended(deps, event)
    card = (await client.get(f"/approvals/{token(sent)}")).json()
    assert card["snapshot"]["ends_at"][:19] == later.isoformat()[:19]
    assert card["snapshot"]["digest"] == before
