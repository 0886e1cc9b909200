"""When a draft can be submitted, and what is announced."""

from datetime import timedelta

import pytest

from services.kit.refusals import Refusal
from services.upload.domain.draft_edits import DraftEdit, apply_edit, parse_edit
from services.upload.domain.edit_conflicts import (
    DraftChangedElsewhere,
    SubmissionPrecondition,
    field_digests,
    require_unchanged,
)
from services.upload.domain.submission import (
    AgentNeeded,
    FileMissing,
    RecipientMissing,
    approvers_of,
    needs_approval,
    problems,
    submit,
)
from services.upload.domain.transfer import Sender, Transfer
from tests.unit.upload.sample import (
    AGENT,
    AGENTS,
    EXTERNAL,
    LIMITS,
    NOW,
    draft,
    ready,
    with_announced_file,
    with_complete_file,
)


def slugs(state: Transfer) -> list[str]:
    return [problem.slug() for problem in problems(state, LIMITS, AGENTS)]


def to(*addresses: str, sender: Sender = EXTERNAL) -> Transfer:
    return apply_edit(ready(sender), parse_edit(DraftEdit(to=list(addresses)), LIMITS), LIMITS, NOW)


def test_an_empty_draft_lacks_everything() -> None:
    assert slugs(draft()) == ["recipient-missing", "subject-missing", "file-missing"]


def test_a_file_that_is_on_its_way_and_a_bad_recipient_prevent_sending() -> None:
    state, _ = with_announced_file(ready(), "b.pdf", 10)
    state = apply_edit(state, parse_edit(DraftEdit(cc=["oups"]), LIMITS), LIMITS, NOW)
    assert slugs(state) == ["recipients-unreadable", "files-incomplete"]


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (to("x@ville.example"), False),
        (to("x@ville.example", "a@ministere.example"), True),
        (to("a@ministere.example"), True),
        (to("camille+agent@ville.example"), False),
        (to("x@ville.example", sender=AGENT), True),
    ],
)
def test_an_external_sender_who_writes_to_an_external_recipient_needs_an_agent(state: Transfer, allowed: bool) -> None:
    assert ("agent-needed" not in slugs(state)) is allowed
    if not allowed:
        with pytest.raises(AgentNeeded):
            submit(state, state.sender, LIMITS, AGENTS, NOW)


def test_an_alias_of_the_sender_does_not_approve_the_transfer() -> None:
    sender = Sender(address="a@ministere.example", name="", role="external")
    state = to("x@ville.example", "a+moi@ministere.example", sender=sender)
    assert slugs(state) == ["agent-needed"]
    assert approvers_of(sender, state.recipients) == []


def test_the_refusal_names_every_problem() -> None:
    with pytest.raises(RecipientMissing) as refusal:
        submit(draft(), EXTERNAL, LIMITS, AGENTS, NOW)
    named = [problem["slug"] for problem in refusal.value.members["problems"]]
    assert named == ["recipient-missing", "subject-missing", "file-missing"]


def test_every_problem_speaks_french_and_english() -> None:
    found: list[Refusal] = problems(draft(), LIMITS, AGENTS)
    assert all(problem.title("fr") != problem.title("en") for problem in found)
    assert FileMissing.title("fr") == "Il n'y a pas encore de fichier."


def test_a_submission_announces_the_whole_transfer_with_its_end() -> None:
    state = to("x@ville.example", "a@ministere.example")
    sent, events = submit(state, EXTERNAL, LIMITS, AGENTS, NOW)
    parcel = events[0].parcel
    assert sent.state == "submitted"
    assert sent.ends_at == parcel.ends_at == NOW + timedelta(days=7)
    assert [(one.address, one.role) for one in parcel.recipients] == [
        ("x@ville.example", "external"),
        ("a@ministere.example", "agent"),
    ]
    assert needs_approval(sent.sender, sent.recipients)
    assert approvers_of(sent.sender, sent.recipients) == ["a@ministere.example"]
    [file] = parcel.files
    assert file.size_bytes == sum(part.size_bytes for part in file.parts) == 10
    assert file.object_key == next(iter(sent.files.values())).key
    assert file.path not in file.object_key


def test_a_repeated_submission_announces_nothing() -> None:
    sent, _ = submit(ready(), EXTERNAL, LIMITS, AGENTS, NOW)
    assert submit(sent, EXTERNAL, LIMITS, AGENTS, NOW + timedelta(days=1)) == (sent, [])


@pytest.mark.parametrize("field", ["subject", "files"])
def test_a_draft_changed_since_it_was_shown_is_refused_and_a_submitted_one_is_not_compared(field: str) -> None:
    shown = ready()
    was = SubmissionPrecondition(**field_digests(shown).model_dump())
    changed = with_complete_file(shown, "b.pdf", b"b") if field == "files" else shown.evolve(subject="Plans")
    assert require_unchanged(shown, was) is shown
    with pytest.raises(DraftChangedElsewhere) as refusal:
        require_unchanged(changed, was)
    assert refusal.value.members["fields"] == [field]
    sent, _ = submit(changed, EXTERNAL, LIMITS, AGENTS, NOW)
    assert require_unchanged(sent, was) is sent


def test_the_limits_of_today_hold_at_submission() -> None:
    small = LIMITS.model_copy(update={"files": 1, "recipients": 0})
    found = [problem.slug() for problem in problems(ready(files=2), small, AGENTS)]
    assert found == ["too-many-recipients", "too-many-files"]


def test_the_size_is_limited_by_the_role_in_which_it_is_sent() -> None:
    """A draft outlives a session, and its sender may not be an agent any more."""
    state, _ = with_announced_file(ready(AGENT), "a.iso", 1_000_000_001)
    assert "transfer-too-large" not in slugs(state)
    assert "transfer-too-large" in slugs(state.evolve(sender=EXTERNAL))
