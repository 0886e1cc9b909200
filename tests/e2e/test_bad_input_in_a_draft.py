"""Invalid input in a draft: each refusal has its own name, and nothing that was typed is lost."""

import uuid

import pytest

from client.sources import file_id
from devstack.people import ApiUser
from tests.e2e.scenario import Scenario, refused

NAMES_REFUSED = {
    "parent folder": "../../etc/passwd",
    "parent in the middle": "a/../b.txt",
    "NUL": "a\x00.txt",
    "line feed": "a\nb.txt",
    "absolute": "/etc/passwd",
    "drive": "C:\\x.txt",
    "empty": "",
    "dots": "...",
    "folders without end": "a/" * 300 + "b.txt",
}
NAMES_CLEANED = {
    "photo\u202egnp.exe.txt": "photognp.exe.txt",
    "a\u2066b\u2069.txt": "ab.txt",
    "question ?.txt": "question _.txt",
    "CON.txt": "_CON.txt",
    "fin. . .": "fin",
    "e\u0301te\u0301.txt": "été.txt",
}


@pytest.fixture(scope="module")
def sender(scenario: Scenario) -> ApiUser:
    return scenario.external("camille")


@pytest.fixture
def draft(scenario: Scenario, sender: ApiUser) -> str:
    return scenario.draft(sender, ["x@ministere.example"])


@pytest.mark.parametrize("days", [-1, 0, 2, 15, 10**9])
def test_a_validity_outside_three_to_fourteen_days(sender: ApiUser, draft: str, days: int) -> None:
    problem = refused(lambda: sender.api.edit_draft(draft, validity_days=days))
    assert (problem.status, problem.slug) == (422, "validity-out-of-range")
    assert problem.members["shortest_days"] == 3
    assert problem.members["longest_days"] == 14


@pytest.mark.parametrize("days", [3, 14])
def test_three_and_fourteen_days_are_accepted(sender: ApiUser, draft: str, days: int) -> None:
    assert sender.api.edit_draft(draft, validity_days=days).validity_days == days


@pytest.mark.parametrize("days", ["7", 7.5, None, True, [7]])
def test_a_validity_that_is_no_whole_number(sender: ApiUser, draft: str, days: object) -> None:
    if days is None:
        assert sender.api.edit_draft(draft, validity_days=days).validity_days == 7
        return
    assert refused(lambda: sender.api.edit_draft(draft, validity_days=days)).slug == "malformed-request"


def test_of_a_pasted_list_the_valid_addresses_are_kept_and_the_invalid_ones_are_shown(
    sender: ApiUser, draft: str
) -> None:
    pasted = "Un <un@ville.example>; deux@ville.example, pas une adresse\ntrois@@ville.example; DEUX@VILLE.example"
    card = sender.api.edit_draft(draft, to=[pasted])
    assert [one.address for one in card.recipients] == ["un@ville.example", "deux@ville.example"]
    assert [entry.text for entry in card.unreadable] == ["pas une adresse", "trois@@ville.example"]
    assert "recipients-unreadable" in [problem.slug for problem in card.problems]
    assert refused(lambda: sender.api.submit(draft)).slug == "recipients-unreadable"


def test_a_list_as_a_mail_program_or_a_spreadsheet_writes_it(sender: ApiUser, draft: str) -> None:
    listed = "Martin, Claude <Claude.Martin@ministere.example>; Petit, Sacha <sacha@ville.example>;"
    rows = "Durand Ana\t\u200bana@mairie-évian.example\nNoir Eva\t'eva@ville.example'"
    card = sender.api.edit_draft(draft, to=[listed, rows], cc=["rené@ville.example"])
    assert [(one.address, one.shown) for one in card.recipients] == [
        ("claude.martin@ministere.example", "Claude.Martin@ministere.example"),
        ("sacha@ville.example", "sacha@ville.example"),
        ("ana@xn--mairie-vian-hbb.example", "ana@mairie-évian.example"),
        ("eva@ville.example", "eva@ville.example"),
    ]
    assert card.document["unreadable"] == [
        {"text": "rené@ville.example", "field": "cc", "reason": "character-not-acceptable", "character": "é"}
    ]
    problem = refused(lambda: sender.api.submit(draft))
    assert problem.members["unreadable"] == ["rené@ville.example"]


def test_too_many_recipients(sender: ApiUser, draft: str) -> None:
    many = [f"p{number}@ville.example" for number in range(101)]
    problem = refused(lambda: sender.api.edit_draft(draft, to=many))
    assert (problem.status, problem.slug) == (422, "too-many-recipients")


def test_a_subject_and_a_text_that_are_too_long(sender: ApiUser, draft: str) -> None:
    assert refused(lambda: sender.api.edit_draft(draft, subject="x" * 201)).slug == "subject-too-long"
    assert refused(lambda: sender.api.edit_draft(draft, text="x" * 10_001)).slug == "text-too-long"
    card = sender.api.edit_draft(draft, subject="Bonjour\r\nBcc: x@ville.example\u202e")
    assert card.subject == "Bonjour Bcc: x@ville.example"


def test_an_empty_draft_says_all_that_is_missing(scenario: Scenario, sender: ApiUser) -> None:
    draft = str(uuid.uuid4())
    missing = [problem.slug for problem in sender.api.create_draft(draft).problems]
    assert missing == ["recipient-missing", "subject-missing", "file-missing"]
    problem = refused(lambda: sender.api.submit(draft))
    assert (problem.status, problem.slug) == (422, "recipient-missing")
    assert [each["slug"] for each in problem.members["problems"]] == missing


@pytest.mark.parametrize("name", NAMES_REFUSED.values(), ids=NAMES_REFUSED.keys())
def test_a_malicious_file_name_is_refused(sender: ApiUser, draft: str, name: str) -> None:
    problem = refused(lambda: sender.api.announce_file(draft, str(uuid.uuid4()), name, 1))
    assert (problem.status, problem.slug) == (422, "name-not-acceptable")


@pytest.mark.parametrize(("name", "kept"), NAMES_CLEANED.items())
def test_a_file_name_that_can_be_cleaned_is_accepted(sender: ApiUser, draft: str, name: str, kept: str) -> None:
    sender.api.announce_file(draft, str(uuid.uuid4()), name, 1)
    assert sender.api.draft(draft).files[0].path == kept


def test_a_name_of_three_hundred_characters_is_shortened_and_keeps_its_extension(sender: ApiUser, draft: str) -> None:
    sender.api.announce_file(draft, str(uuid.uuid4()), "é" * 296 + ".pdf", 1)
    path = sender.api.draft(draft).files[0].path
    assert len(path) <= 120
    assert path.endswith("é.pdf")


@pytest.mark.parametrize("name", ["virus.exe", "VIRUS.EXE", "a/b/virus.ExE", "virus.exe. ", "virus.ｅｘｅ"])
def test_a_refused_extension_however_it_is_written(sender: ApiUser, draft: str, name: str) -> None:
    problem = refused(lambda: sender.api.announce_file(draft, str(uuid.uuid4()), name, 1))
    assert (problem.status, problem.slug) == (422, "extension-refused")


def test_more_bytes_than_an_external_sender_may_send(sender: ApiUser, draft: str) -> None:
    problem = refused(lambda: sender.api.announce_file(draft, str(uuid.uuid4()), "a.bin", 1_000_000_001))
    assert (problem.status, problem.slug) == (413, "transfer-too-large")
    assert problem.members["limit_bytes"] == 1_000_000_000
    sender.api.announce_file(draft, file_id(draft, "a"), "a.bin", 600_000_000)
    assert refused(lambda: sender.api.announce_file(draft, file_id(draft, "b"), "b.bin", 600_000_000)).status == 413


@pytest.mark.parametrize("size_bytes", [-1, 2**63, "1", 1.5])
def test_an_invalid_size(sender: ApiUser, draft: str, size_bytes: int) -> None:
    asked = lambda: sender.api.announce_file(draft, str(uuid.uuid4()), "a.bin", size_bytes)  # noqa: E731
    assert refused(asked).slug == "malformed-request"


def test_more_files_than_a_transfer_may_hold(scenario: Scenario, sender: ApiUser, draft: str) -> None:
    transfers = scenario.database("upload")["transfers"]
    sender.api.announce_file(draft, str(uuid.uuid4()), "a.txt", 0)
    [(_, file)] = transfers.find_one({"_id": draft})["files"].items()  # type: ignore[index]
    files = {str(uuid.uuid4()): {**file, "path": f"{number}.txt"} for number in range(1000)}
    transfers.update_one({"_id": draft}, {"$set": {"files": files}})
    problem = refused(lambda: sender.api.announce_file(draft, str(uuid.uuid4()), "b.txt", 0))
    assert (problem.status, problem.slug) == (422, "too-many-files")
    sender.api.delete_draft(draft)


def test_ids_that_are_unknown_or_somebody_elses_or_no_ids(scenario: Scenario, sender: ApiUser, draft: str) -> None:
    stranger = scenario.external("sacha")
    for id in (str(uuid.uuid4()), draft):
        assert refused(lambda: stranger.api.draft(id)).status == 404  # noqa: B023
        assert refused(lambda: stranger.api.sent_transfer(id)).status == 404  # noqa: B023
        assert refused(lambda: stranger.api.announce_file(id, str(uuid.uuid4()), "a", 1)).status == 404  # noqa: B023
    assert refused(lambda: stranger.api.create_draft(draft)).status == 404
    assert refused(lambda: sender.api.draft("pas-un-id")).slug == "malformed-request"
    assert refused(lambda: sender.api.file_plan(draft, str(uuid.uuid4()))).status == 404
    assert refused(lambda: sender.api.offer("A" * 43)).slug == "link-unknown"
    assert refused(lambda: sender.api.approval_request("A" * 43)).status == 404


def test_another_file_under_the_same_id(sender: ApiUser, draft: str) -> None:
    file = str(uuid.uuid4())
    sender.api.announce_file(draft, file, "a.txt", 1)
    sender.api.announce_file(draft, file, "a.txt", 1)
    problem = refused(lambda: sender.api.announce_file(draft, file, "a.txt", 2))
    assert (problem.status, problem.slug) == (409, "file-already-announced")
