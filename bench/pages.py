"""What the portal's pages weigh on a first visit, and what Lighthouse says of them."""

import uuid
from collections.abc import Iterator
from typing import NamedTuple

from bench.lighthouse import CATEGORIES, Report, look
from bench.rows import Row, median
from bench.sends import parcel
from bench.stage import Stage
from bench.visitor import Visitor
from devstack.people import DECISION, OFFER

HEAVIEST_BYTES = 60_000
AIMS = (0.95, 1.0, 1.0)


class Place(NamedTuple):
    """A page, and whether it is looked at with a session."""

    name: str
    path: str
    is_own: bool = False


def measure(stage: Stage, runs: int) -> list[Row]:
    """Two rows a page."""
    url = stage.stack.gateway_url
    with Visitor(stage, f"visite.{uuid.uuid4().hex[:8]}@ministere.example") as visitor:
        places = list(_places(stage, visitor.token))
        cookie = visitor.cookie
    return [row for place in places for row in rows(place.name, _looks(url, place, cookie, runs))]


def _looks(url: str, place: Place, cookie: str, runs: int) -> list[Report]:
    return [look(url + place.path, cookie if place.is_own else "") for _ in range(runs)]


def _places(stage: Stage, token: str) -> Iterator[Place]:
    """Everything that is to be seen on them is there: a draft with a file, a decision to take, something to fetch."""
    mark = uuid.uuid4().hex[:8]
    agent, outsider = f"agent.{mark}@ministere.example", f"dehors.{mark}@entreprise.example"
    own, theirs = stage.line(token), stage.line(stage.sign_in(f"dehors.{mark}@ville.example"))
    draft = parcel(own, agent, outsider, is_sent=False)
    sent = parcel(own, outsider)
    parcel(theirs, agent, f"autre.{mark}@entreprise.example")
    yield Place("home", "/")
    yield Place("ask for a link", "/access")
    yield Place("write a draft", f"/drafts/{draft}", is_own=True)
    yield Place("approve", f"/{DECISION}/{stage.sink.leading_to(DECISION, agent)}")
    yield Place("download", f"/{OFFER}/{stage.sink.leading_to(OFFER, outsider)}")
    yield Place("tracking", f"/tracking/{sent}", is_own=True)
    own.close()
    theirs.close()


def rows(name: str, reports: list[Report]) -> list[Row]:
    """Medians; what was complained of in any of the runs."""
    size = int(median([report.loaded_bytes for report in reports]))
    scores = [median([report.scores[at] for report in reports]) for at in range(len(CATEGORIES))]
    complaints = sorted({complaint for report in reports for complaint in report.complaints})
    figures = " / ".join(f"{score:.2f}" for score in scores)
    aims = " / ".join(f"{aim:g}" for aim in AIMS)
    met = all(score >= aim for score, aim in zip(scores, AIMS, strict=True))
    return [
        Row(
            f"{name}: all that a first visit loads, with its headers",
            f"{size / 1000:.1f} kB",
            f"{reports[0].requests} requests",
            f"≤ {HEAVIEST_BYTES // 1000} kB",
            size <= HEAVIEST_BYTES,
        ),
        Row(f"    {' / '.join(CATEGORIES)}", figures, ", ".join(complaints), f"≥ {aims}", met),
    ]
