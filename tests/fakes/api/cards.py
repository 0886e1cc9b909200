"""Cards of the services, filled with an example: a sender outside, an agent, somebody else outside, two files."""

import hashlib
from typing import Any

from services.kit.idn import display_form

Json = dict[str, Any]
AGENTS = "ministere.example"
DRAFT = "6f1c0e5a-8a53-4a0e-9d7e-2f4b8a1c3d5e"
SENT = "0b9d4a52-1c3f-4d1e-8b7a-5e6f7a8b9c0d"
FILE = "3c2b1a09-8f7e-4d6c-9b5a-4f3e2d1c0b9a"
OTHER_FILE = "9d8e7f60-5a4b-4c3d-8e2f-1a0b9c8d7e6f"
TOKEN = "t0ken-of-a-link-0123456789abcdefghijklmnop"
KEY = "7ZK3M-0AB1C-DE2FG-H3JKM-N4PQR-S"
SHA = hashlib.sha256(b"as it was sent").hexdigest()
WHEN = "2025-11-21T09:05:00+00:00"
LATER = "2025-11-28T09:05:00+00:00"
PERSON = {"address": "camille.martin@ville.example", "mail_to": "", "name": "Camille Martin"}
SENDER = {**PERSON, "role": "external"}
AGENT = {"address": f"dominique.bernard@{AGENTS}", "field": "to", "role": "agent"}
OUTSIDER = {"address": "sacha.petit@entreprise.example", "field": "cc", "role": "external"}
SUBJECT = "Relevés et délibération"
LIMITS: Json = {
    "total_bytes": {"agent": 20_000_000_000, "external": 1_000_000_000},
    "files": 1000,
    "recipients": 100,
    "drafts": 50,
    "refused_extensions": ["bat", "exe"],
    "name_characters": 255,
    "path_characters": 400,
    "folders": 20,
    "subject_characters": 200,
    "text_characters": 10_000,
    "validity_days": {"shortest": 3, "longest": 14, "usual": 7},
    "part_bytes": {"smallest": 8 * 2**20, "largest": 64 * 2**20},
    "languages": ["fr", "en"],
}


def file(path: str = "Relevés/2025/novembre.csv", size_bytes: int = 1_482_113, **more: Any) -> Json:
    """A file of a draft, complete unless said otherwise."""
    card = {"file": FILE, "path": path, "size_bytes": size_bytes, "modified_at": None, "state": "complete"}
    return {**card, "sha256": SHA, "crc32": "0123abcd", **more}


def two_files() -> list[Json]:
    return [file(), file("Délibération.pdf", 812_000_000, file=OTHER_FILE)]


def draft(id: str = DRAFT, **more: Any) -> Json:
    """A draft that can be sent as it is."""
    return {**_contents("draft"), "draft": id, "problems": [], **more}


def empty_draft(id: str = DRAFT, **more: Any) -> Json:
    """A draft that was just begun."""
    nothing: Json = {"recipients": [], "files": [], "subject": "", "text": "", "total_bytes": 0}
    return draft(id, **nothing, needs_approval=False, approvers=[], **more)


def transfer(id: str = SENT, **more: Any) -> Json:
    """What was sent."""
    times = {"submitted_at": WHEN, "ends_at": LATER, "closed_at": None, "purged_at": None}
    return {**_contents("submitted"), "transfer": id, "outcome": None, **times, **more}


def recipient(one: Json) -> Json:
    """A recipient as a draft and a transfer show them."""
    mail_to = one.get("mail_to", "")
    return {**one, "mail_to": mail_to, "shown": display_form(mail_to or one["address"])}


def plain_recipient(one: Json) -> Json:
    """A recipient as everybody else shows them."""
    return {name: one.get(name, "") for name in ("address", "mail_to", "field", "role")}


def _contents(state: str) -> Json:
    return {
        "state": state,
        "from": dict(SENDER),
        "recipients": [recipient(AGENT), recipient(OUTSIDER)],
        "unreadable": [],
        "subject": SUBJECT,
        "text": "Bonjour,\n\nvoici les relevés demandés.\n\nCordialement",
        "validity_days": 7,
        "language": "fr",
        "files": two_files(),
        "total_bytes": 813_482_113,
        "needs_approval": True,
        "approvers": [AGENT["address"]],
        "created_at": WHEN,
        "updated_at": WHEN,
    }


def decision(**more: Any) -> Json:
    """A transfer that waits for an agent, as that agent sees it."""
    snapshot = {
        "transfer": SENT,
        "sender": {"address": PERSON["address"], "role": "external", "declared_name": PERSON["name"]},
        "recipients": [dict(AGENT), dict(OUTSIDER)],
        "subject": SUBJECT,
        "text": "Bonjour,\n\nvoici les relevés demandés.",
        "files": [{"path": "Relevés/2025/novembre.csv", "size_bytes": 1_482_113, "sha256": SHA}],
        "submitted_at": WHEN,
        "ends_at": LATER,
        "digest": SHA,
    }
    state = {"state": "waiting", "decide_by": LATER, "decided": None, "may_decide": True}
    return {**state, "approvers": [AGENT["address"]], "snapshot": snapshot, **more}


def in_list(card: Json) -> Json:
    """A draft or a transfer as a list shows it."""
    if "draft" in card:
        names: tuple[str, ...] = ("draft", "subject", "total_bytes", "created_at", "updated_at")
        return {**_some(card, names), "recipients": len(card["recipients"]), "files": len(card["files"])}
    names = (
        "transfer",
        "state",
        "outcome",
        "subject",
        "recipients",
        "total_bytes",
        "submitted_at",
        "ends_at",
        "closed_at",
    )
    recipients = [plain_recipient(one) for one in card["recipients"]]
    return {**_some(card, names), "recipients": recipients, "files": len(card["files"])}


def pending_in_list(card: Json) -> Json:
    """A decision that waits, as a list shows it."""
    snapshot = card["snapshot"]
    total = sum(file["size_bytes"] for file in snapshot["files"])
    counted = {"files": len(snapshot["files"]), "total_bytes": total, "decide_by": card["decide_by"]}
    return {**_some(snapshot, ("transfer", "sender", "subject", "submitted_at")), **counted}


def _some(card: Json, names: tuple[str, ...]) -> Json:
    return {name: card[name] for name in names}


def offered_file(path: str = "Relevés/2025/novembre.csv", size_bytes: int = 1_482_113, **more: Any) -> Json:
    """A file of a link."""
    card = {**content(path, size_bytes), "left": 2, "suspended": False, **more}
    return {"refusal": None if card["left"] else "downloads-exhausted", **card}


def content(path: str = "Relevés/2025/novembre.csv", size_bytes: int = 1_482_113) -> Json:
    """A file as a sender follows it."""
    return {"file": FILE, "path": path, "size_bytes": size_bytes, "sha256": SHA, "verification": "verified"}


def archive(**more: Any) -> Json:
    """All files of a link as one; it can be had unless said otherwise."""
    card = {"name": f"{SUBJECT} 2026-03-02.zip", "size_bytes": 813_482_500, "etag": '"etag"', "left": 1}
    return {**card, "refusal": None, "files": [], **more}


def no_archive(*files: str) -> Json:
    """One that cannot be had, because these files were had as often as they may be."""
    return archive(left=0, refusal="downloads-exhausted", files=list(files))


def offer(**more: Any) -> Json:
    """What a link leads to: one file that may be had twice more, and one that may not."""
    files = [offered_file(), offered_file("Délibération.pdf", 812_000_000, file=OTHER_FILE, left=0)]
    card = {
        "transfer": SENT,
        "subject": SUBJECT,
        "text": "Bonjour,\n\nvoici les relevés demandés.",
        "sender": dict(PERSON),
    }
    terms = {"ends_at": LATER, "downloads_per_file": 3, "archive": no_archive(OTHER_FILE)}
    return {**card, **terms, "files": files, **more}


def received(**more: Any) -> Json:
    """A transfer that an agent received."""
    card = {"transfer": SENT, "subject": "Relevés d'été", "sender": dict(PERSON), "sender_role": "external"}
    times = {"issued_at": WHEN, "ends_at": LATER, "state": "open", "files": 2, "total_bytes": 813_482_113}
    return {**card, **times, "has_everything": False, "link": TOKEN, **more}


def download(**more: Any) -> Json:
    """An attempt that went through."""
    return {"download": FILE, "state": "done", "percent": 100, "started_at": WHEN, "ended_at": WHEN, **more}


def followed(recipient: Json, **more: Any) -> Json:
    """A recipient who has a link, and has not used it."""
    card = {**recipient, "has_link": True, "revoked_at": None, "opened_at": None, "mails": [mail()], "files": []}
    return {**card, "archives": [], "has_everything": False, **more}


def tracked_file(**more: Any) -> Json:
    """What somebody did with a file: nothing yet."""
    card = {"file": FILE, "path": "Relevés/2025/novembre.csv", "done": 0, "left": 3, "suspended": False}
    return {**card, "downloads": [], **more}


def mail(**more: Any) -> Json:
    """The mail with a link, delivered."""
    return {"kind": "link", "state": "accepted", "reason": "", "changed_at": WHEN, **more}


def tracking(**more: Any) -> Json:
    """A transfer that its sender follows: the agent has everything, and the other one's attempt was interrupted."""
    has_it = tracked_file(done=1, left=2, downloads=[download()])
    lacks_it = tracked_file(left=2, suspended=True, downloads=[download(state="given-back", percent=40)])
    delayed = mail(state="delayed", reason="450 4.2.0 Greylisted")
    return {
        "transfer": SENT,
        "subject": SUBJECT,
        "state": "open",
        "ends_at": LATER,
        "closed_at": None,
        "awaiting_approval": False,
        "not_downloaded": [OUTSIDER["address"]],
        "files": [content()],
        "recipients": [
            followed(AGENT, opened_at=WHEN, has_everything=True, files=[has_it]),
            followed(OUTSIDER, mails=[delayed], files=[lacks_it]),
        ],
        **more,
    }
