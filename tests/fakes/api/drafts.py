"""Derives the computed fields of drafts, as upload does."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from services.kit.addresses import Domains
from services.kit.refusals import Refusal
from services.upload.domain.edit_conflicts import DraftChangedElsewhere
from services.upload.domain.recipients import FIELDS, merge_recipients, parse_addresses, split_lists
from services.upload.domain.submission import (
    AgentNeeded,
    FileMissing,
    FilesIncomplete,
    RecipientMissing,
    RecipientsUnreadable,
    SubjectMissing,
    problem_view,
)
from tests.fakes.api.cards import AGENTS, WHEN, Json, recipient

PLAIN = ("subject", "text", "validity_days", "language")


def write(card: Json, changed: Json) -> Json:
    """Write changed fields into a draft, in place, parsed as by the service; refuse conflicting changes."""
    before, after = digests(card), {**card, **_typed(card, changed)}
    wanted, was = digests(after), changed.get("was") or {}
    if overtaken := [name for name, digest in was.items() if before[name] not in (digest, wanted[name])]:
        raise DraftChangedElsewhere(fields=overtaken)
    card |= after
    return settle(card)


def shown(card: Json) -> Json:
    """Return the draft as it is answered."""
    return {**card, "digests": digests(card)}


def digests(card: Json) -> Json:
    """Return the digest of each field."""
    fields: Json = {
        field: "\n".join(
            [one["shown"] for one in card["recipients"] if one["field"] == field]
            + [one["text"] for one in card["unreadable"] if one["field"] == field]
        )
        for field in FIELDS
    }
    fields |= {name: str(card[name]) for name in ("subject", "text", "validity_days")}
    fields["files"] = "\n".join(f"{one['sha256'] or ''} {one['size_bytes']} {one['path']}" for one in card["files"])
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in fields.items()}


def refuse_changed(card: Json, submission: Json) -> None:
    """Refuse to submit something else than what was shown."""
    current, was = digests(card), submission.get("was") or {}
    if changed := [name for name, digest in was.items() if current[name] != digest]:
        raise DraftChangedElsewhere(fields=changed)


def _typed(card: Json, changed: Json) -> Json:
    unreadable = card["unreadable"]
    typed: dict[Any, tuple[str, ...]] = {
        field: tuple(one["mail_to"] or one["address"] for one in card["recipients"] if one["field"] == field)
        for field in FIELDS
    }
    for field in FIELDS:
        if changed.get(field) is not None:
            typed[field], bad = parse_addresses(split_lists(changed[field]), field)
            others = [one for one in unreadable if one["field"] != field]
            unreadable = others + [one.model_dump() for one in bad]
    lists = {field: [one.lower() for one in typed[field]] for field in FIELDS}
    spellings = [one for field in FIELDS for one in typed[field] if one != one.lower()]
    recipients = [recipient(one.model_dump()) for one in merge_recipients(lists, Domains([AGENTS]), spellings)]
    plain = {name: changed[name] for name in PLAIN if changed.get(name) is not None}
    return {"recipients": recipients, "unreadable": unreadable, **plain}


def settle(card: Json) -> Json:
    """Update the fields that depend on recipients and files, in place."""
    waits = any(one["role"] == "external" for one in card["recipients"])
    card |= {
        "needs_approval": waits,
        "approvers": [one["address"] for one in card["recipients"] if one["role"] == "agent"] if waits else [],
        "total_bytes": sum(file["size_bytes"] for file in card["files"]),
        "problems": [problem_view(one) for one in obstacles(card)],
    }
    return card


def obstacles(card: Json) -> list[Refusal]:
    """Return the refusals that prevent the submission of a draft."""
    roles = {one["role"] for one in card["recipients"]}
    incomplete = [file["file"] for file in card["files"] if file["state"] != "complete"]
    found: list[tuple[Any, Refusal]] = [
        (not roles and not card["unreadable"], RecipientMissing()),
        (card["unreadable"], RecipientsUnreadable(unreadable=[one["text"] for one in card["unreadable"]])),
        (roles == {"external"}, AgentNeeded()),
        (not card["subject"], SubjectMissing()),
        (not card["files"], FileMissing()),
        (incomplete, FilesIncomplete(files=incomplete)),
    ]
    return [refusal for is_so, refusal in found if is_so]


def submitted(card: Json) -> Json:
    """Return the transfer that a draft becomes."""
    same = {name: value for name, value in card.items() if name not in ("draft", "digests", "problems")}
    times = {"submitted_at": WHEN, "ends_at": end_of(card["validity_days"]), "closed_at": None, "purged_at": None}
    return {**same, "transfer": card["draft"], "state": "submitted", "outcome": None, **times}


def recap(transfer: Json) -> Json:
    """Return the recap after the submission."""
    same = ("transfer", "submitted_at", "ends_at", "needs_approval", "approvers", "files", "total_bytes")
    people = {
        role: [one["address"] for one in transfer["recipients"] if one["role"] == role]
        for role in ("agent", "external")
    }
    return {name: transfer[name] for name in same} | {"recipients": people}


def end_of(days: int) -> str:
    """Return the end, so many days after the submission."""
    return (datetime.fromisoformat(WHEN) + timedelta(days=days)).isoformat()
