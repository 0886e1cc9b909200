"""Edits of drafts: what is accepted, cleaned and refused."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.refusals import NotFound, Refusal
from services.upload.domain.draft_edits import (
    DraftEdit,
    TooManyDrafts,
    TooManyRecipients,
    ValidityOutOfRange,
    apply_edit,
    free_slots,
    parse_edit,
)
from services.upload.domain.edit_conflicts import DraftChangedElsewhere, field_digests
from services.upload.domain.recipients import merge_recipients, parse_addresses, split_lists
from services.upload.domain.submission import recipients_of
from services.upload.domain.text_sanitising import SubjectTooLong, TextTooLong, clean_subject, clean_text
from services.upload.domain.transfer import AlreadySubmitted, Transfer, editable_by
from tests.unit.upload.sample import AGENTS, DAY, LIMITS, NOW, draft, ready


def revised(state: Transfer, **fields: object) -> Transfer:
    return apply_edit(state, parse_edit(DraftEdit.model_validate(fields), LIMITS), LIMITS, NOW + DAY)


def test_a_pasted_list_is_split_and_the_bad_ones_are_listed() -> None:
    pasted = 'a@b.example; Jean Dupont <J.Dupont@b.example>,\n"Durand, Zoé" <zoe@c.example>\tpas une adresse'
    after = revised(draft(), to=[pasted, "x@@y.example"])
    assert after.to == ("a@b.example", "j.dupont@b.example", "zoe@c.example")
    assert after.spellings == ("J.Dupont@b.example",)
    assert [(bad.text, bad.reason) for bad in after.unreadable] == [
        ("pas une adresse", "no-at-sign"),
        ("x@@y.example", "several-at-signs"),
    ]


def test_the_bad_ones_of_the_other_lists_are_kept() -> None:
    first = revised(draft(), to=["oups"], cc=["aïe"])
    assert [(bad.text, bad.field) for bad in revised(first, to=["a@b.example"]).unreadable] == [("aïe", "cc")]


def test_an_address_in_several_lists_is_kept_once_to_before_cc_before_bcc() -> None:
    after = revised(draft(), bcc=["a@b.example", "z@b.example"], cc=["A@B.example"], to=["c@b.example", "C@b.example"])
    found = [(one.address, one.field) for one in recipients_of(after, AGENTS)]
    assert found == [("c@b.example", "to"), ("a@b.example", "cc"), ("z@b.example", "bcc")]


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("a@ministere.example", "agent"),
        ("A@MINISTERE.example", "agent"),
        ("a@sub.ministere.example", "external"),
        ("a@x.gouv.example", "agent"),
        ("a@gouv.example", "agent"),
        ("a@evilgouv.example", "external"),
        ("a@gouv.example.evil.example", "external"),
    ],
)
def test_an_agent_is_in_an_exact_domain(address: str, role: str) -> None:
    addresses = [typed.lower() for typed in parse_addresses(split_lists([address]), "to").addresses]
    assert [one.role for one in merge_recipients({"to": addresses, "cc": (), "bcc": ()}, AGENTS)] == [role]


def test_more_recipients_than_allowed_are_refused() -> None:
    with pytest.raises(TooManyRecipients) as refusal:
        revised(draft(), to=[f"a{number}@b.example" for number in range(101)])
    assert refusal.value.members == {"limit": 100, "recipients": 101}


def test_more_than_twice_the_limit_of_distinct_entries_are_refused_before_parsing() -> None:
    with pytest.raises(TooManyRecipients) as refusal:
        revised(draft(), to=["; ".join(f"a{number}@b.example, x{number}" for number in range(101))])
    assert refusal.value.members == {"limit": 100, "recipients": 202}


def test_the_last_spelling_of_an_address_counts_and_goes_with_it() -> None:
    first = revised(draft(), to=["Ana@b.example"], cc=["Eva@b.example"])
    assert [(one.address, one.mail_to) for one in recipients_of(first, AGENTS)] == [
        ("ana@b.example", "Ana@b.example"),
        ("eva@b.example", "Eva@b.example"),
    ]
    assert revised(first, to=["ana@b.example"]).spellings == ("Eva@b.example",)
    assert revised(first, cc=[]).spellings == ("Ana@b.example",)


@pytest.mark.parametrize("piece", ["@{}", "a{}@é.example"])
def test_too_many_recipients_are_refused_before_one_of_them_is_read(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pasted = ",".join(piece.format(number) for number in range(2 * LIMITS.recipients + 1))
    monkeypatch.setattr("services.upload.domain.recipients.smtp_form", lambda _address: pytest.fail("one was read"))
    with pytest.raises(TooManyRecipients):
        parse_edit(DraftEdit(to=[pasted]), LIMITS)


def test_one_address_many_times_is_one_recipient() -> None:
    assert revised(draft(), to=["a@b.example, " * 5_000]).to == ("a@b.example",)


@pytest.mark.parametrize(("field", "refusal"), [("subject", SubjectTooLong), ("text", TextTooLong)])
def test_texts_that_are_far_too_long_are_refused_before_they_are_sanitised(
    field: str, refusal: type[Refusal], monkeypatch: pytest.MonkeyPatch
) -> None:
    for cleaner in ("clean_line", "clean_lines"):
        monkeypatch.setattr(
            f"services.upload.domain.text_sanitising.{cleaner}", lambda *_: pytest.fail("it was cleaned")
        )
    with pytest.raises(refusal):
        parse_edit(DraftEdit.model_validate({field: "e\u0301" * 50_000}), LIMITS)


def test_combining_accents_are_not_counted() -> None:
    assert clean_subject("e\u0301" * LIMITS.subject_characters, LIMITS) == "é" * LIMITS.subject_characters


@pytest.mark.parametrize("days", [2, 15, -3, 0, 10**30])
def test_a_validity_outside_the_bounds_is_refused(days: int) -> None:
    with pytest.raises(ValidityOutOfRange):
        revised(draft(), validity_days=days)


@pytest.mark.parametrize("days", [3, 14])
def test_a_validity_at_the_bounds_is_accepted(days: int) -> None:
    assert revised(draft(), validity_days=days).validity_days == days


def test_a_subject_is_one_line_of_letters() -> None:
    assert clean_subject("a\r\nBcc: x@y\x00\u202e  b", LIMITS) == "a Bcc: x@y b"
    with pytest.raises(SubjectTooLong):
        clean_subject("a" * 201, LIMITS)


def test_a_text_keeps_lines_and_tabs_and_no_other_control_character() -> None:
    assert clean_text("a\r\n\tb\x1b[31m\u202e\ud800", LIMITS) == "a\n\tb[31m"
    with pytest.raises(TextTooLong):
        clean_text("a" * 10_001, LIMITS)


@given(st.text(max_size=200))
def test_cleaning_a_subject_is_idempotent(raw: str) -> None:
    once = clean_subject(raw, LIMITS)
    assert clean_subject(once, LIMITS) == once
    once.encode()


def test_an_edit_that_changes_nothing_returns_the_same_draft() -> None:
    first = revised(draft(), subject="a")
    assert revised(first, subject=" a ") is first


def test_a_draft_does_not_exist_for_another_person() -> None:
    with pytest.raises(NotFound):
        editable_by("other@b.example", draft())


def test_a_submitted_transfer_cannot_be_edited() -> None:
    sent = ready().evolve(state="submitted", submitted_at=NOW)
    with pytest.raises(AlreadySubmitted):
        editable_by(sent.sender.address, sent)


def test_one_draft_too_many_is_refused() -> None:
    assert free_slots({*range(20), *range(21, 50)}, LIMITS) == [20]
    with pytest.raises(TooManyDrafts):
        free_slots(set(range(50)), LIMITS)


NEWER = {"to": ["a@b.example"], "subject": "Plans", "text": "Le vrai message", "validity_days": 9}
OLDER = {"to": [], "cc": ["c@b.example"], "subject": "Ancien", "text": "", "validity_days": 4}


@pytest.mark.parametrize("field", NEWER)
def test_a_field_that_was_changed_elsewhere_is_not_overwritten(field: str) -> None:
    was = field_digests(draft()).model_dump()
    elsewhere = revised(draft(), **{field: NEWER[field]})
    with pytest.raises(DraftChangedElsewhere) as refused:
        revised(elsewhere, **{field: OLDER[field], "cc": OLDER["cc"]}, was=was)
    assert refused.value.members["fields"] == [field]


@pytest.mark.parametrize("field", NEWER)
def test_the_same_edit_again_and_an_edit_of_another_field_are_accepted(field: str) -> None:
    was = field_digests(draft()).model_dump()
    elsewhere = revised(draft(), **{field: NEWER[field]})
    assert revised(elsewhere, **{field: NEWER[field]}, was=was) == elsewhere
    assert revised(elsewhere, cc=OLDER["cc"], was=was) == revised(elsewhere, cc=OLDER["cc"])
    assert revised(elsewhere, **{field: OLDER[field]}, was=field_digests(elsewhere).model_dump()) == revised(
        elsewhere, **{field: OLDER[field]}
    )


def test_the_digest_of_a_list_is_of_one_entry_per_line_unreadable_ones_last() -> None:
    after = revised(draft(), to=["oups, A@b.example; c@b.example; d@mairie-évian.fr"])
    shown = "A@b.example\nc@b.example\nd@mairie-évian.fr\noups"
    assert field_digests(after).to == hashlib.sha256(shown.encode()).hexdigest()
