"""What follows from what a draft holds, as upload sees it."""

from datetime import datetime, timedelta
from typing import Any

from services.kit.addresses import Domains
from services.kit.refusals import Refusal
from services.upload.domain.recipients import FIELDS, folded, pieces_of, read
from services.upload.domain.submission import (
    AgentNeeded,
    FileMissing,
    FilesIncomplete,
    RecipientMissing,
    RecipientsUnreadable,
    SubjectMissing,
    told,
)
from tests.fakes.api.cards import AGENTS, WHEN, Json, recipient

PLAIN = ("subject", "text", "validity_days", "language")


def write(card: Json, changed: Json) -> Json:
    """What is typed into a draft, read as the service reads it; in place."""
    typed: dict[Any, tuple[str, ...]] = {
        field: tuple(one["mail_to"] or one["address"] for one in card["recipients"] if one["field"] == field)
        for field in FIELDS
    }
    for field in FIELDS:
        if changed.get(field) is not None:
            typed[field], bad = read(pieces_of(changed[field]), field)
            others = [one for one in card["unreadable"] if one["field"] != field]
            card["unreadable"] = others + [one.model_dump() for one in bad]
    lists = {field: [one.lower() for one in typed[field]] for field in FIELDS}
    spellings = [one for field in FIELDS for one in typed[field] if one != one.lower()]
    card["recipients"] = [recipient(one.model_dump()) for one in folded(lists, Domains([AGENTS]), spellings)]
    card |= {name: changed[name] for name in PLAIN if changed.get(name) is not None}
    return settle(card)


def settle(card: Json) -> Json:
    """A draft's card with all that follows from its recipients and files; in place."""
    waits = any(one["role"] == "external" for one in card["recipients"])
    card |= {
        "needs_approval": waits,
        "approvers": [one["address"] for one in card["recipients"] if one["role"] == "agent"] if waits else [],
        "total_bytes": sum(file["size_bytes"] for file in card["files"]),
        "problems": [told(one) for one in obstacles(card)],
    }
    return card


def obstacles(card: Json) -> list[Refusal]:
    """What stands between a draft and its being sent."""
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
    """The transfer that a draft becomes."""
    same = {name: value for name, value in card.items() if name not in ("draft", "problems")}
    times = {"submitted_at": WHEN, "ends_at": end_of(card["validity_days"]), "closed_at": None, "purged_at": None}
    return {**same, "transfer": card["draft"], "state": "submitted", "outcome": None, **times}


def recap(transfer: Json) -> Json:
    """What its sender reads once it is sent."""
    same = ("transfer", "submitted_at", "ends_at", "needs_approval", "approvers", "files", "total_bytes")
    people = {
        role: [one["address"] for one in transfer["recipients"] if one["role"] == role]
        for role in ("agent", "external")
    }
    return {name: transfer[name] for name in same} | {"recipients": people}


def end_of(days: int) -> str:
    """So many days after the submission."""
    return (datetime.fromisoformat(WHEN) + timedelta(days=days)).isoformat()
