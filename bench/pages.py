"""The size of the portal's pages on a first visit, and their Lighthouse scores."""

import uuid
from collections.abc import Iterator
from typing import NamedTuple

from bench.lighthouse import CATEGORIES, Report, run_lighthouse
from bench.rows import TableRow, median
from bench.sends import create_transfer
from bench.stage import Stage
from bench.visitor import BrowserVisitor
from devstack.people import DECISION, OFFER

MAX_PAGE_BYTES = 60_000
TARGETS = (0.95, 1.0, 1.0)


class MeasuredPage(NamedTuple):
    """A page, and whether it is measured with a session."""

    name: str
    path: str
    is_own: bool = False


def measure(stage: Stage, runs: int) -> list[TableRow]:
    """Return two rows for each page."""
    url = stage.stack.gateway_url
    with BrowserVisitor(stage, f"visite.{uuid.uuid4().hex[:8]}@ministere.example") as visitor:
        pages = list(_pages(stage, visitor.token))
        cookie = visitor.cookie
    return [row for page in pages for row in rows(page.name, _reports(url, page, cookie, runs))]


def _reports(url: str, page: MeasuredPage, cookie: str, runs: int) -> list[Report]:
    return [run_lighthouse(url + page.path, cookie if page.is_own else "") for _ in range(runs)]


def _pages(stage: Stage, token: str) -> Iterator[MeasuredPage]:
    """Yield the pages with realistic content: a draft with a file, a pending decision, a file to download."""
    mark = uuid.uuid4().hex[:8]
    agent, outsider = f"agent.{mark}@ministere.example", f"dehors.{mark}@entreprise.example"
    own, theirs = stage.connection(token), stage.connection(stage.sign_in(f"dehors.{mark}@ville.example"))
    draft = create_transfer(own, agent, outsider, is_sent=False)
    sent = create_transfer(own, outsider)
    create_transfer(theirs, agent, f"autre.{mark}@entreprise.example")
    yield MeasuredPage("home", "/")
    yield MeasuredPage("request a link", "/access")
    yield MeasuredPage("write a draft", f"/drafts/{draft}", is_own=True)
    yield MeasuredPage("approve", f"/{DECISION}/{stage.sink.token_for(DECISION, agent)}")
    yield MeasuredPage("download", f"/{OFFER}/{stage.sink.token_for(OFFER, outsider)}")
    yield MeasuredPage("tracking", f"/tracking/{sent}", is_own=True)
    own.close()
    theirs.close()


def rows(name: str, reports: list[Report]) -> list[TableRow]:
    """Return the medians, and the audits that failed in any of the runs."""
    size = int(median([report.loaded_bytes for report in reports]))
    scores = [median([report.scores[at] for report in reports]) for at in range(len(CATEGORIES))]
    failed_audits = sorted({complaint for report in reports for complaint in report.failed_audits})
    figures = " / ".join(f"{score:.2f}" for score in scores)
    targets = " / ".join(f"{target:g}" for target in TARGETS)
    met = all(score >= target for score, target in zip(scores, TARGETS, strict=True))
    return [
        TableRow(
            f"{name}: all that a first visit loads, with its headers",
            f"{size / 1000:.1f} kB",
            f"{reports[0].requests} requests",
            f"≤ {MAX_PAGE_BYTES // 1000} kB",
            size <= MAX_PAGE_BYTES,
        ),
        TableRow(f"    {' / '.join(CATEGORIES)}", figures, ", ".join(failed_audits), f"≥ {targets}", met),
    ]
