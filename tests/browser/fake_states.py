"""States of the services behind a page: functions that change the fake API before the page is opened."""

from collections.abc import Callable

import httpx

from services.upload.domain.submission import AgentNeeded, FilesIncomplete, problem_view
from tests.fakes.api import cards
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import AGENT, DRAFT, FILE, LATER, OTHER_FILE, OUTSIDER, SENT, TOKEN, WHEN, Json
from tests.fakes.api.description import not_ours
from tests.fakes.api.download import sha256_of
from tests.fakes.api.upload import FakePart

Setup = Callable[[FakeApi, str], None]
MIB = 2**20
TO_RESUME = "5e0a3c1e-5a7d-4c29-8f0e-9b1c2d3e4f50"
REASON = "Le marché n’est pas signé ; merci de renvoyer le dossier après le 5 décembre."


def nothing(_api: FakeApi, _language: str) -> None:
    """Keep the initial state."""


def refusing(method: str, path: str, slug: str, unchecked: str = "") -> Setup:
    """Refuse requests to a path, as the service would; `unchecked` says why they need not name this."""
    return lambda api, _language: api.refuse(method, path, slug, unchecked=unchecked)


def session_gone(api: FakeApi, _language: str) -> None:
    """End the session."""
    api.auth.session = None


link_used = refusing("POST", "/api/auth/sessions", "link-already-used")


def broken(api: FakeApi, _language: str) -> None:
    """Answer a link with something that no page can show."""
    answer = not_ours(httpx.Response(200, json=1), "a service that violates its contract")
    api.faults.append(lambda request: answer if "/links/" in request.url.path else None)


def holds(drafts: bool = True, transfers: bool = True, pending: bool = True, approval: bool = True) -> Setup:
    """Remove some of the initial state."""

    def setup(api: FakeApi, _language: str) -> None:
        if not drafts:
            api.upload.drafts.clear()
        if not transfers:
            api.upload.transfers.clear()
        if not pending:
            api.propagation.decisions.clear()
        if not approval:
            api.upload.transfers[SENT] |= {"needs_approval": False, "approvers": []}

    return setup


def empty_draft(api: FakeApi, _language: str) -> None:
    api.upload.drafts[DRAFT] = cards.empty_draft()


def unfinished(api: FakeApi, _language: str) -> None:
    """Two files, and a second draft without a subject."""
    files = [cards.file(), cards.file("Délibération n° 12.pdf", 12_400_000, file=OTHER_FILE)]
    api.upload.drafts[DRAFT] = cards.draft(files=files, total_bytes=13_882_113)
    api.upload.drafts[SENT] = cards.draft(SENT, subject="", files=[], total_bytes=0)


def many_transfers(api: FakeApi, _language: str) -> None:
    """More transfers than fit on one page."""
    for number in range(60):
        id = f"{number:08d}-0000-4000-8000-000000000000"
        api.upload.transfers[id] = cards.transfer(id)


def incomplete_draft(api: FakeApi, _language: str) -> None:
    """Half of a file has arrived, and no recipient can approve."""
    begun: Json = {"file": TO_RESUME, "state": "receiving", "sha256": None, "crc32": None}
    files = [cards.file(), cards.file("Maquette du pont.ifc", 5 * 8 * MIB, **begun)]
    problems = [problem_view(AgentNeeded()), problem_view(FilesIncomplete(files=[TO_RESUME]))]
    more: Json = {"recipients": [cards.recipient(OUTSIDER)], "approvers": [], "problems": problems}
    api.upload.drafts[DRAFT] = cards.draft(files=files, total_bytes=43_425_153, **more)
    api.upload.parts[TO_RESUME] = {number: FakePart(8 * MIB, "0" * 64) for number in (1, 2, 3)}


def unreadable(api: FakeApi, _language: str) -> None:
    wrong = {"text": "martin chez ville", "field": "to", "reason": "no-at-sign", "character": ""}
    unfinished(api, _language)
    api.upload.drafts[DRAFT] |= {"unreadable": [wrong]}


def waiting(api: FakeApi, _language: str) -> None:
    followed = cards.tracking()["recipients"]
    followed[1] |= {"has_link": False, "mails": [], "files": []}
    more: Json = {"awaiting_approval": True, "not_downloaded": [], "recipients": followed}
    api.tracking.cards[SENT] = cards.tracking(**more)


def decided(state: str) -> Setup:
    """Approved or refused by somebody, or ended otherwise."""

    def setup(api: FakeApi, _language: str) -> None:
        by = {"address": AGENT["address"], "name": "Dominique Bernard"}
        known = {"outcome": state, "by": by, "at": WHEN, "reason": REASON if state == "refused" else ""}
        over: Json = {"state": state, "may_decide": False, "decide_by": None}
        over["decided"] = known if state in ("approved", "refused") else None
        api.propagation.decisions[SENT] = cards.decision(**over)
        if state == "refused":
            _close(api, state)

    return setup


def ended(outcome: str) -> Setup:
    """End the transfer."""

    def setup(api: FakeApi, language: str) -> None:
        decided("approved")(api, language)
        _close(api, outcome)

    return setup


def _close(api: FakeApi, outcome: str) -> None:
    api.upload.transfers[SENT] |= {"state": "closed", "outcome": outcome, "closed_at": LATER}
    api.tracking.cards[SENT] = cards.tracking(state=outcome, closed_at=LATER, not_downloaded=[])


def offered(api: FakeApi, _language: str) -> None:
    """Three files in folders, also as one archive."""
    api.download.offers[TOKEN] = cards.offer(files=_three(2), archive=cards.archive(size_bytes=814_295_000))


def exhausted(api: FakeApi, _language: str) -> None:
    """The same, with one file downloaded as often as allowed."""
    files = _three(0)
    api.download.offers[TOKEN] = cards.offer(files=files, archive=cards.no_archive(files[1]["file"]))


def all_running(api: FakeApi, _language: str) -> None:
    """A file whose last downloads were interrupted a moment ago."""
    file = {**_offered(1, "Relevés 2025.csv", 1_482_113, 0), "refusal": "downloads-running"}
    api.download.offers[TOKEN] = cards.offer(files=[file], archive=cards.no_archive(file["file"]), text="")


def one_file(api: FakeApi, _language: str) -> None:
    files = [_offered(1, "Relevés 2025.csv", 1_482_113, 3)]
    api.download.offers[TOKEN] = cards.offer(files=files, archive=cards.archive(left=3), text="")


def suspended(api: FakeApi, _language: str) -> None:
    files = [_offered(1, "Relevés 2025.csv", 1_482_113, 3), _offered(2, "Plan.pdf", 812_000, 2)]
    files[1]["suspended"] = True
    archive = cards.archive(left=0, refusal="downloads-suspended", files=[files[1]["file"]])
    api.download.offers[TOKEN] = cards.offer(files=files, archive=archive)


def _three(left: int) -> list[Json]:
    return [
        _offered(1, "Relevés/2025/novembre.csv", 1_482_113, 2),
        _offered(2, "Délibération n° 12.pdf", 812_000, left),
        _offered(3, "Plans/Été/Maquette du pont – version définitive.ifc", 812_000_000, 3),
    ]


def _offered(number: int, path: str, size_bytes: int, left: int) -> Json:
    return cards.offered_file(path, size_bytes, sha256=sha256_of(path.encode()), file=f"{FILE[:-1]}{number}", left=left)
