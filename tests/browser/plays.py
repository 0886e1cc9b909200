"""What the services hold behind a page: plays that change what is played before the page is opened."""

import hashlib
from collections.abc import Callable
from typing import Any

import httpx

import services.auth.domain
import services.download.domain.refusals
import services.propagation.refusals
import services.upload.domain.submission
import services.upload.domain.writing  # noqa: F401 - refusals are known once they are imported
from services.kit.refusals import Refusal
from tests.unit.portal.played import (
    AGENT,
    DRAFT,
    FILE,
    LATER,
    SENT,
    WHEN,
    Played,
    decision,
    file,
    offer,
    parcel,
    problem,
    tracking,
)

Play = Callable[[Played, str], None]
MIB = 2**20
OTHERS = {"to-resume": "5e0a3c1e-5a7d-4c29-8f0e-9b1c2d3e4f50", "third": "1d2c3b4a-5f6e-4a7b-8c9d-0e1f2a3b4c5d"}
REASON = "Le marché n’est pas signé ; merci de renvoyer le dossier après le 5 décembre."


def nothing(_played: Played, _language: str) -> None:
    """As it is from the beginning."""


def refusing(method: str, path: str, slug: str, status: int) -> Play:
    """One address says no, in the service's own words."""

    def play(played: Played, language: str) -> None:
        known = _refusals().get(slug)
        title = (known.french if language == "fr" else known.__doc__) if known else ""
        played.refuse(method, path, problem(status, slug, str(title)))

    return play


def said_no(slug: str) -> Play:
    """The link of a mail is good for nothing."""
    return refusing("POST", "/api/auth/sessions", slug, 410)


def holds(drafts: bool = True, transfers: bool = True, pending: bool = True, approval: bool = True) -> Play:
    """Without some of what is usually there."""

    def play(played: Played, _language: str) -> None:
        if not drafts:
            played.drafts.clear()
        if not transfers:
            played.transfers.clear()
        if not pending:
            played.refuse("GET", "/api/propagation/pending", httpx.Response(200, json=[]))
        if not approval:
            played.transfers[SENT] |= {"needs_approval": False, "approvers": []}

    return play


def empty_draft(played: Played, _language: str) -> None:
    none: dict[str, Any] = {"recipients": [], "files": [], "approvers": [], "problems": []}
    none |= {"subject": "", "text": "", "total_bytes": 0, "needs_approval": False}
    played.drafts[DRAFT] = parcel(draft=DRAFT, **none)


def unfinished(played: Played, _language: str) -> None:
    """Two files are there, and a second draft has no subject yet."""
    files = [file(), file("Délibération n° 12.pdf", 12_400_000)]
    files[1]["file"] = OTHERS["third"]
    played.drafts[DRAFT] = parcel(draft=DRAFT, files=files, total_bytes=13_882_113)
    played.drafts[SENT] = parcel(draft=SENT, subject="", files=[], total_bytes=0)


def incomplete_draft(played: Played, language: str) -> None:
    """Half of a file has arrived, and nobody who could approve is among the recipients."""
    whole, begun = file(), file("Maquette du pont.ifc", 5 * 8 * MIB, state="receiving", sha256=None)
    begun["file"] = OTHERS["to-resume"]
    slugs = ("agent-needed", "files-incomplete")
    found = [_refusals()[slug] for slug in slugs if slug in _refusals()]
    problems = [{"slug": one.slug(), "titles": {"fr": one.french, "en": one.__doc__}} for one in found]
    recipients = [one for one in parcel()["recipients"] if one["role"] != "agent"]
    more: dict[str, Any] = {"recipients": recipients, "approvers": [], "problems": problems}
    played.drafts[DRAFT] = parcel(draft=DRAFT, files=[whole, begun], total_bytes=43_425_153, **more)
    parts = [{"number": number, "size_bytes": 8 * MIB, "sha256": "0" * 64} for number in (1, 2, 3)]
    plan = {**begun, "part_size_bytes": 8 * MIB, "part_count": 5, "parts": parts, "parts_url": "/parts/capability-x"}
    played.plans[begun["file"]] = plan


def unreadable(played: Played, _language: str) -> None:
    wrong = {"text": "martin chez ville", "field": "to", "reason": "no-at-sign"}
    unfinished(played, _language)
    played.drafts[DRAFT] |= {"unreadable": [wrong]}


def waiting(played: Played, _language: str) -> None:
    played.tracking = tracking(awaiting_approval=True, not_downloaded=[])
    followed = played.tracking["recipients"]
    followed[1] |= {"has_link": False, "mails": [], "files": []}


def decided(state: str) -> Play:
    """Approved or refused by somebody, or over for another reason."""

    def play(played: Played, _language: str) -> None:
        by = {"address": AGENT["address"], "name": "Dominique Bernard"}
        known = {"outcome": state, "by": by, "at": WHEN, "reason": REASON if state == "refused" else ""}
        over = {"state": state, "may_decide": False, "decide_by": None}
        played.decision = decision(**over, decided=known if state in ("approved", "refused") else None)
        if state == "refused":
            played.transfers[SENT] |= {"state": "closed", "outcome": "refused", "closed_at": LATER}
            played.tracking = tracking(state="closed", closed_at=LATER, not_downloaded=[])

    return play


def ended(outcome: str) -> Play:
    """Over for everybody."""

    def play(played: Played, language: str) -> None:
        decided("approved")(played, language)
        played.transfers[SENT] |= {"state": "closed", "outcome": outcome, "closed_at": LATER}
        played.tracking = tracking(state="closed", closed_at=LATER, not_downloaded=[])

    return play


def offered(played: Played, _language: str) -> None:
    """Three files in folders, one of which was had as often as it may be."""
    files = [_shown(1, "Relevés/2025/novembre.csv", 1_482_113, 2), _shown(2, "Délibération n° 12.pdf", 812_000, 0)]
    files += [_shown(3, "Plans/Été/Maquette du pont – version définitive.ifc", 812_000_000, 3)]
    archive = {"size_bytes": 814_295_000, "left": 0, "refusal": "downloads-exhausted", "files": []}
    played.offer = offer(files=files, archive={**archive, "left": 2, "refusal": None})


def one_file(played: Played, _language: str) -> None:
    played.offer = offer(files=[_shown(1, "Relevés 2025.csv", 1_482_113, 3)], text="")


def suspended(played: Played, _language: str) -> None:
    files = [_shown(1, "Relevés 2025.csv", 1_482_113, 3), {**_shown(2, "Plan.pdf", 812_000, 2), "suspended": True}]
    played.offer = offer(files=files)


def _shown(number: int, path: str, size_bytes: int, left: int) -> dict[str, Any]:
    digest = hashlib.sha256(path.encode()).hexdigest()
    whole = file(path, size_bytes, left=left, suspended=False, verification="verified")
    return {**whole, "sha256": digest, "file": f"{FILE[:-1]}{number}"}


def _refusals() -> dict[str, type[Refusal]]:
    found, known = [Refusal], {}
    while found:
        for one in found.pop().__subclasses__():
            known[one.slug()] = one
            found.append(one)
    return known
