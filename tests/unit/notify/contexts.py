"""The template context of every kind of mail, with hostile values on request."""

from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 3, 3, 13, 5, tzinfo=UTC)
HOSTILE = (
    '<script>alert("1")</script> "><img src=x> {{ 7*7 }} \r\nBcc: vole@firme.example\r\n\r\nmort \u202egnp.exe\x00'
)
PLAIN = "Plans d'été"


def contexts_by_kind(hostile: str = PLAIN) -> dict[str, dict[str, Any]]:
    """Return the context of each kind, with `hostile` wherever somebody else wrote a value."""
    person = {"address": "maire@ville.example", "name": hostile}
    files = [{"path": hostile, "size_bytes": 1_234_000_000}, {"path": "vide.txt", "size_bytes": 0}]
    about = {
        "sender": person,
        "subject": hostile,
        "subject_start": hostile[:60],
        "tracking": "https://m.example/tracking/t",
        "reply_to": None,
    }
    counts = {"recipient_count": 3, "external_count": 2, "approver_count": 1, "file_count": 2, "total_bytes": 10**9}
    decided = {"by": {"address": "dominique@ministere.example", "name": hostile}, "at": AT}
    request = {"recipients": [{"address": "a@b.example", "role": "agent", "field": "bcc"}], "decide_by": AT}
    offer = {"link": "https://m.example/download/x", "files": files, "ends_at": AT, "reply_to": person}
    downloads = [{"recipient": "a@b.example", "path": hostile, "at": AT}]
    report = [{"recipient": "a@b.example", "files_downloaded": n, "files_in_all": 2} for n in (0, 1)]
    return {
        "access": {"link": "https://m.example/access/x", "key": "7ZK3M-9Q", "until": AT, "reply_to": None},
        "sent": {**about, **counts, "ends_at": AT},
        "waiting": {**about, **counts, "ends_at": AT},
        "to_approve": {**about, **offer, **request, "quoted": hostile, "link": "https://m.example/approve/x"},
        "approved": {**about, **decided, "external_count": 2, "ends_at": AT},
        "decided": {**about, **decided, "outcome": "approved"},
        "refused": {**about, **decided, "quoted": hostile},
        "lapsed": {**about, "at": AT},
        "link": {**about, **offer, "quoted": hostile, "downloads_per_file": 3},
        "reminder": {**about, **offer, "asked": True},
        "extended": {**about, **offer},
        "downloaded": {**about, "recipient": "a@b.example", "file": files[0], "at": AT},
        "suspended": {**about, "recipient": "a@b.example", "file": files[0], "at": AT},
        "daily_summary": {**about, "downloads": downloads},
        "expired": {**about, "report": report, "at": AT},
        "withdrawn": {**about, "at": AT},
        "quarantined": {**about, "files": files, "at": AT},
        "undeliverable": {**about, "recipient": "a@b.example", "reason": hostile},
    }
