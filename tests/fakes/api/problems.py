"""All problems that the services and the gateway answer."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from deploy.gateway import problems as gateway
from services.kit.refusals import Refusal
from tools.generate import all_refusals
from tools.openapi import examples, required_members

MEDIA_TYPE = "application/problem+json"
REFERENCE = "f" * 32
RETRY_AFTER = {429: "60", 503: "5", 504: "5"}
GATEWAY = "gateway"
OF_PARTS = "gateway, for parts"
"""The gateway's refusals of parts, derived from the store's response; no other route has them."""

Titles = dict[str, str]


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem; `owner` is the service that refuses, or `kit` when all may.

    `members` are examples of the further members that it always has.
    """

    slug: str
    status: int
    titles: Titles
    owner: str
    members: dict[str, Any]


@dataclass(frozen=True)
class GatewayProblems:
    """The gateway's own problems: the types that it knows, and the titles by status for any other type."""

    types: dict[str, ProblemType]
    titles: dict[int, Titles]


@cache
def gateway_problems_of() -> GatewayProblems:
    """Return them, as the gateway's configuration is generated from them."""
    types = {each.slug(): _kind(each, GATEWAY) for each in gateway.OF_ANY_REQUEST}
    titles = {kind.status: kind.titles for kind in types.values()}
    return GatewayProblems(types | {each.slug(): _kind(each, OF_PARTS) for each in gateway.OF_STORED_PARTS}, titles)


@cache
def problem_types() -> dict[str, ProblemType]:
    """Return all kinds by slug; where a service and the gateway have the same, the service's."""
    found = dict(gateway_problems_of().types)
    for refusal in all_refusals():
        found[refusal.slug()] = _kind(refusal, refusal.__module__.split(".")[1])
    return found


def _kind(refusal: type[Refusal], owner: str) -> ProblemType:
    titles = {language: refusal.title(language) for language in ("fr", "en")}
    known = examples("problems").get(refusal.__name__, {})
    members = {name: known[name] for name in required_members(refusal)}
    return ProblemType(refusal.slug(), refusal.status, titles, owner, members)


def problem(slug: str, language: str = "fr", retry_after: str = "", **members: Any) -> httpx.Response:
    """Return a problem response as a service gives it, with the status and the title of its type."""
    kind = problem_types()[slug]
    return _answer(kind, kind.titles[language], language, retry_after, kind.members | members)


def problem_of_part(slug: str, language: str = "fr", retry_after: str = "") -> httpx.Response:
    """Return the response to a refused part: the gateway passes on the type and adds the rest."""
    kind, words = problem_types()[slug], gateway_problems_of()
    if (own := words.types.get(slug)) and own.owner == OF_PARTS:
        return _answer(own, own.titles[language], language, retry_after, {})
    title, detail = words.titles[kind.status][language], kind.titles["en"]
    return _answer(kind, title, language, retry_after, {"detail": detail})


def _answer(kind: ProblemType, title: str, language: str, retry_after: str, members: dict[str, Any]) -> httpx.Response:
    said = {"type": f"/problems/{kind.slug}", "title": title, "status": kind.status, "reference": REFERENCE}
    headers = {"Content-Type": MEDIA_TYPE, "Content-Language": language}
    if wait := retry_after or RETRY_AFTER.get(kind.status):
        headers["Retry-After"] = wait
    return httpx.Response(kind.status, json=members | said, headers=headers)
