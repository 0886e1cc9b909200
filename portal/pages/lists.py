"""What was sent, and what was received: lists that can be searched by whoever and whatever is in them."""

import unicodedata

from fastapi import APIRouter
from fastapi.responses import Response

from portal.visits import Member
from services.kit.text import LONGEST_LINE, folded

router = APIRouter()
LONGEST_SEARCH = 100


@router.get("/transfers")
async def transfers(visit: Member, q: str = "") -> Response:
    """Everything that one has sent, the latest first."""
    sent, wanted = await visit.ask.transfers(), searched(q)
    found = [one for one in sent if holds(wanted, one.subject, *(to.address for to in one.recipients))]
    return visit.show("transfers/list.html", transfers=found, q=wanted, any=bool(sent))


@router.get("/received")
async def received(visit: Member, q: str = "") -> Response:
    """What was sent to an agent, the latest first."""
    got, wanted = await visit.ask.received(), searched(q)
    found = [one for one in got if holds(wanted, one.subject, one.sender.address, one.sender.name)]
    return visit.show("transfers/received.html", received=found, q=wanted, any=bool(got))


@router.get("/pending")
async def pending(visit: Member, q: str = "") -> Response:
    """What waits for an agent's decision, the most urgent first."""
    waiting, wanted = await visit.ask.pending(), searched(q)
    found = [
        one
        for one in waiting
        if holds(wanted, one.shown.subject, one.shown.sender.address, one.shown.sender.declared_name)
    ]
    return visit.show("approve/pending.html", pending=found, q=wanted, any=bool(waiting))


def searched(typed: str) -> str:
    """What is searched for, without blanks around it, and not too long."""
    return typed.strip()[:LONGEST_SEARCH]


def holds(wanted: str, *words: str) -> bool:
    """Each word that is searched for is in one of these, with or without accents."""
    text = " ".join(_plain(one) for one in words)
    return all(word in text for word in _plain(wanted).split())


def _plain(text: str) -> str:
    letters = folded(text[:LONGEST_LINE], LONGEST_LINE, "NFKD")
    return letters if letters.isascii() else "".join(one for one in letters if not unicodedata.combining(one))
