"""Drafts and submissions through the API on the real database."""

import asyncio
from uuid import uuid4

import pytest

from tests.integration.upload.conftest import Started
from tests.integration.upload.service import AGENT, EXTERNAL, Upload, UploadSender, slug


@pytest.fixture
def sender(upload: Upload) -> UploadSender:
    return upload.of(EXTERNAL)


async def test_the_limits_are_public_and_do_not_reveal_the_agent_domains(upload: Upload) -> None:
    answer = await upload.at().get("/api/upload/config")
    assert answer.status_code == 200
    limits = answer.json()
    assert limits["total_bytes"] == {"agent": 20_000_000_000, "external": 1_000_000_000}
    assert limits["files"] == 1_000
    assert limits["recipients"] == 100
    assert limits["validity_days"] == {"shortest": 3, "longest": 14, "usual": 7}
    assert "exe" in limits["refused_extensions"]
    assert "ministere" not in answer.text


async def test_without_a_session_nothing_else_is_answered(upload: Upload) -> None:
    client, id = upload.at(), uuid4()
    for method, path in (("PUT", f"/drafts/{id}"), ("GET", "/drafts"), ("GET", f"/transfers/{id}")):
        answer = await client.request(method, f"/api/upload{path}", json={})
        assert (answer.status_code, slug(answer)) == (401, "unauthenticated")


async def test_a_draft_begun_fifty_times_is_one_draft(upload: Upload) -> None:
    senders, id = [upload.of(EXTERNAL, instance) for instance in range(2)], uuid4()
    answers = await asyncio.gather(*(senders[number % 2].ask("PUT", f"/drafts/{id}", {}) for number in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert await upload.documents.transfers.count_documents({}) == 1


async def test_of_many_concurrent_edits_of_one_version_one_is_accepted(upload: Upload) -> None:
    senders = [upload.of(EXTERNAL, instance) for instance in range(2)]
    draft = await senders[0].begin(subject="S", text="T")
    was = (await senders[0].ask("GET", f"/drafts/{draft}")).json()["digests"]
    answers = await asyncio.gather(
        *(senders[n % 2].ask("PATCH", f"/drafts/{draft}", {"text": f"Version {n}", "was": was}) for n in range(20))
    )
    [taken] = [answer.json() for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {slug(answer) for answer in refused} == {"draft-changed-elsewhere"}
    assert refused[0].json()["fields"] == ["text"]
    shown = (await senders[0].ask("GET", f"/drafts/{draft}")).json()
    assert (shown["text"], shown["digests"]) == (taken["text"], taken["digests"])


async def test_a_draft_is_resumed_elsewhere(upload: Upload, sender: UploadSender) -> None:
    draft = await sender.begin(
        to=["dominique@ministere.example; b@ville.example; oups"], subject="S", text="T", validity_days=3
    )
    elsewhere = upload.of(EXTERNAL, instance=1)
    shown = (await elsewhere.ask("GET", f"/drafts/{draft}")).json()
    assert [(one["address"], one["field"], one["role"]) for one in shown["recipients"]] == [
        (AGENT, "to", "agent"),
        ("b@ville.example", "to", "external"),
    ]
    assert shown["unreadable"] == [{"text": "oups", "field": "to", "reason": "no-at-sign", "character": ""}]
    assert (shown["subject"], shown["text"], shown["validity_days"], shown["language"]) == ("S", "T", 3, "fr")
    assert [problem["slug"] for problem in shown["problems"]] == ["recipients-unreadable", "file-missing"]
    assert set(shown["problems"][0]["titles"]) == {"fr", "en"}
    listed = (await elsewhere.ask("GET", "/drafts")).json()["items"]
    assert [one["draft"] for one in listed] == [draft]


async def test_somebody_elses_draft_does_not_exist(upload: Upload, sender: UploadSender) -> None:
    draft = await sender.ready()
    [file] = (await sender.ask("GET", f"/drafts/{draft}")).json()["files"]
    other = upload.of("other@ville.example")
    path = f"/drafts/{draft}"
    asked = [
        ("PUT", path, {}),
        ("GET", path, None),
        ("PATCH", path, {"subject": "x"}),
        ("DELETE", path, None),
        ("POST", f"{path}/submission", None),
        ("GET", f"{path}/files/{file['file']}", None),
        ("PUT", f"{path}/files/{file['file']}", {"path": "a", "size_bytes": 1}),
        ("DELETE", f"{path}/files/{file['file']}", None),
        ("POST", f"{path}/files/{file['file']}/completion", {"sha256": "0" * 64}),
        ("GET", f"/transfers/{draft}", None),
        ("DELETE", f"/transfers/{draft}", None),
    ]
    for method, where, body in asked:
        answer = await other.ask(method, where, body)
        assert (answer.status_code, slug(answer)) == (404, "not-found"), (method, where)
    assert (await other.ask("GET", "/drafts")).json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"validity_days": 2}, "validity-out-of-range"),
        ({"validity_days": 15}, "validity-out-of-range"),
        ({"validity_days": "7"}, "malformed-request"),
        ({"subject": "a" * 201}, "subject-too-long"),
        ({"text": "a" * 10_001}, "text-too-long"),
        ({"to": [f"a{number}@b.example" for number in range(101)]}, "too-many-recipients"),
        ({"to": "a@b.example"}, "malformed-request"),
        ({"language": "de"}, "malformed-request"),
    ],
)
async def test_an_invalid_edit_is_refused(sender: UploadSender, fields: dict[str, object], name: str) -> None:
    draft = await sender.begin()
    answer = await sender.ask("PATCH", f"/drafts/{draft}", fields)
    assert (answer.status_code, slug(answer)) == (422, name)


async def test_bodies_are_small_and_json(sender: UploadSender) -> None:
    draft = await sender.begin()
    answer = await sender.ask("PATCH", f"/drafts/{draft}", {"text": "a" * 10_000_000})
    assert answer.status_code == 413
    url = f"/api/upload/drafts/{draft}"
    assert (await sender.client.patch(url, content=b"a=b", headers={"Content-Type": "text/plain"})).status_code == 415
    assert (await sender.client.patch(url, json=[1])).status_code == 422
    assert (await sender.client.put("/api/upload/drafts/not-a-uuid", json={})).status_code == 422


async def test_one_draft_too_many_is_refused(started: Started) -> None:
    upload = await started(max_drafts=2)
    sender = upload.of(EXTERNAL)
    first = await sender.begin()
    await sender.begin()
    refused = await sender.ask("PUT", f"/drafts/{uuid4()}", {})
    assert (refused.status_code, slug(refused)) == (409, "too-many-drafts")
    assert (await sender.ask("PUT", f"/drafts/{first}", {})).status_code == 200
    assert (await upload.of(AGENT).ask("PUT", f"/drafts/{uuid4()}", {})).status_code == 200


async def test_fifty_submissions_at_once_announce_one_event(upload: Upload) -> None:
    senders = [upload.of(EXTERNAL, instance) for instance in range(2)]
    draft = await senders[0].ready(b"one", b"two", to=f"{AGENT}, x@ville.example")
    answers = await asyncio.gather(
        *(senders[number % 2].ask("POST", f"/drafts/{draft}/submission") for number in range(50))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    events = await upload.events(draft)
    assert [event["type"] for event in events] == ["upload.transfer-submitted.v1"]
    recap = answers[0].json()
    assert recap["transfer"] == draft
    assert (recap["needs_approval"], recap["approvers"]) == (True, [AGENT])
    assert recap["recipients"] == {"agent": [AGENT], "external": ["x@ville.example"]}
    assert recap["total_bytes"] == 6
    parcel = events[0]["body"]["parcel"]
    assert [file["path"] for file in parcel["files"]] == ["relevé 0.csv", "relevé 1.csv"]
    assert {file["object_key"] for file in parcel["files"]} == await upload.keys()


async def test_an_incomplete_draft_is_refused_with_all_that_is_missing(upload: Upload, sender: UploadSender) -> None:
    draft = await sender.begin(to=["x@ville.example"])
    answer = await sender.ask("POST", f"/drafts/{draft}/submission")
    assert (answer.status_code, slug(answer)) == (422, "agent-needed")
    named = [problem["slug"] for problem in answer.json()["problems"]]
    assert named == ["agent-needed", "subject-missing", "file-missing"]
    assert await upload.events(draft) == []


async def test_submissions_per_day_are_limited_and_repetitions_are_not_counted(started: Started) -> None:
    upload = await started(transfers_per_day_external=1)
    sender = upload.of(EXTERNAL)
    first, second = await sender.ready(), await sender.ready()
    for _ in range(3):
        assert (await sender.ask("POST", f"/drafts/{first}/submission")).status_code == 200
    refused = await sender.ask("POST", f"/drafts/{second}/submission")
    assert (refused.status_code, slug(refused)) == (429, "too-many-transfers")
    assert int(refused.headers["retry-after"]) > 0
    assert (await upload.of("camille+2@ville.example").ask("GET", "/drafts")).json() == {
        "items": [],
        "next_cursor": None,
    }


async def test_a_submitted_transfer_is_not_a_draft_any_more(sender: UploadSender) -> None:
    transfer = await sender.sent()
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("PUT", "")):
        answer = await sender.ask(method, f"/drafts/{transfer}{path}", {} if method in ("PATCH", "PUT") else None)
        assert (answer.status_code, slug(answer)) == (409, "already-submitted")
    card = (await sender.ask("GET", f"/transfers/{transfer}")).json()
    assert (card["state"], card["outcome"], card["transfer"]) == ("submitted", None, transfer)
    assert [one["transfer"] for one in (await sender.ask("GET", "/transfers")).json()["items"]] == [transfer]


async def test_withdrawing_is_announced_once_however_often_it_is_asked(upload: Upload) -> None:
    senders = [upload.of(EXTERNAL, instance) for instance in range(2)]
    transfer = await senders[0].sent()
    answers = await asyncio.gather(
        *(senders[number % 2].ask("DELETE", f"/transfers/{transfer}") for number in range(20))
    )
    assert {answer.status_code for answer in answers} == {204}
    types = [event["type"] for event in await upload.events(transfer)]
    assert types == ["upload.transfer-submitted.v1", "upload.transfer-withdrawn.v1"]
    recap = await senders[0].ask("POST", f"/drafts/{transfer}/submission")
    assert recap.status_code == 200


async def test_a_draft_is_not_a_transfer(sender: UploadSender) -> None:
    draft = await sender.begin()
    assert (await sender.ask("GET", f"/transfers/{draft}")).status_code == 404
    assert (await sender.ask("DELETE", f"/transfers/{draft}")).status_code == 404
