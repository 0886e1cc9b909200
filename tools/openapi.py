"""Describes the API of each service: operations, the problems that they answer, and examples (OpenAPI 3.1)."""

import importlib
import inspect
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from types import NoneType
from typing import Any, get_args

import yaml
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from deploy.gateway.problems import TimedOut, UnknownHost, UriTooLong
from services.kit.problems import MEDIA_TYPE, InternalError, MalformedRequest
from services.kit.refusals import (
    REFUSALS,
    BadRequest,
    ContentTooLarge,
    Refusal,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from services.kit.service import create_api

EXAMPLES = Path(__file__).resolve().parent / "examples"
Json = dict[str, Any]
Refusals = tuple[type[Refusal], ...]

OF_ANY_REQUEST: Refusals = (
    BadRequest,
    ContentTooLarge,
    UriTooLong,
    UnknownHost,
    MalformedRequest,
    TooManyRequests,
    InternalError,
    Unavailable,
    TimedOut,
)
"""What a service or the gateway may answer to any request."""
OF_BODIES: Refusals = (UnsupportedMediaType,)
WITH_BODY = {"POST", "PUT", "PATCH"}
WITH_RETRY_AFTER = (429, 503)
SESSION = "session"
SECURITY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The `token` of `POST /api/auth/sessions`.",
}
REFERENCE = "4bf92f3577b34da6a3ce929d0e0e4736"
ABOUT_PROBLEMS = """

Every refusal is a problem (RFC 9457). Its `title` is in French, or in English if `Accept-Language` prefers it; its
`reference` finds it in the logs. A client that does not know the `type` of a problem goes by its `status`: later
versions may refuse for more reasons.
"""


def document(service: str) -> Json:
    """Return the OpenAPI document of one service."""
    api = importlib.import_module(f"services.{service}.api")
    app = create_api(service, api.router, deps=None)
    described: Json = app.openapi()
    described |= {part: _without_titles(described[part]) for part in ("paths", "components")}
    described["info"]["description"] = (inspect.getdoc(api) or "") + ABOUT_PROBLEMS.rstrip()
    known = examples("problems") | examples(service)
    schemas, all_refusals = described["components"]["schemas"], set[type[Refusal]]()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for method, route in operations_of(app.routes):
        refusals = refusals_of(method, route)
        all_refusals |= set(refusals)
        operation = described["paths"][route.path_format][method.lower()]
        operation.pop("description", None)
        operation |= _named(route, method)
        if Unauthenticated in refusals:
            operation["security"] = [{SESSION: []}]
        responses = operation["responses"]
        responses.pop("422", None)
        responses |= {str(status): _reference(status, group) for status, group in _by_status(refusals)}
    for name, schema in schemas.items():
        if name in known:
            schema["examples"] = [known[name]]
    ordered = sorted(all_refusals, key=lambda one: one.__name__)
    schemas |= {one.__name__: _schema(one, known.get(one.__name__, {})) for one in ordered}
    described["components"]["responses"] = {one.__name__: _response(one.status, (one,)) for one in ordered}
    described["components"]["securitySchemes"] = {SESSION: SECURITY_SCHEME}
    described["servers"] = [{"url": "/", "description": "The public address of the gateway."}]
    return described


def _named(route: APIRoute, method: str) -> Json:
    """Return the id and the summary of an operation: the name of its function, and what its docstring says first."""
    summary, _, more = (inspect.getdoc(route.endpoint) or "").partition("\n")
    id = route.name if method == sorted(route.methods or ())[0] else f"{route.name}_{method.lower()}"
    named = {"operationId": id, "summary": summary.rstrip(".")}
    return {**named, "description": more.strip()} if more.strip() else named


def _without_titles(node: Any) -> Any:
    """Return schemas without the titles that the framework derives from names."""
    if isinstance(node, list):
        return [_without_titles(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {name: value for name, value in node.items() if name != "title" or not isinstance(value, str)}
    return {name: _without_titles(value) for name, value in kept.items()}


def operations_of(routes: Iterable[Any]) -> Iterator[tuple[str, APIRoute]]:
    """Yield the method and the route of each described operation."""
    for route in routes:
        if isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield method, route


def refusals_of(method: str, route: APIRoute) -> Refusals:
    """Return the refusals that an operation and its dependencies declare, and those of any request, by status."""
    declared = {*OF_ANY_REQUEST, *(OF_BODIES if method in WITH_BODY else ()), *_declared(route.dependant)}
    return tuple(sorted(declared, key=lambda one: (one.status, one.slug())))


def _declared(dependant: Dependant) -> Iterator[type[Refusal]]:
    yield from getattr(dependant.call, REFUSALS, ())
    for dependency in dependant.dependencies:
        yield from _declared(dependency)


def _by_status(refusals: Refusals) -> Iterator[tuple[int, Refusals]]:
    for status, group in groupby(refusals, lambda one: one.status):
        yield status, tuple(group)


def _reference(status: int, refusals: Refusals) -> Json:
    """Return the response of one status: that of its only refusal, or one that names them all."""
    if len(refusals) == 1:
        return {"$ref": f"#/components/responses/{refusals[0].__name__}"}
    return _response(status, refusals)


def _response(status: int, refusals: Refusals) -> Json:
    references = [{"$ref": f"#/components/schemas/{one.__name__}"} for one in refusals]
    response: Json = {
        "description": ", ".join(f"`{one.slug()}`" for one in refusals),
        "content": {MEDIA_TYPE: {"schema": references[0] if len(references) == 1 else {"oneOf": references}}},
    }
    if status in WITH_RETRY_AFTER:
        response["headers"] = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}
    return response


def _schema(refusal: type[Refusal], example: Json) -> Json:
    """Return the schema of a problem: the members that all have, and its own; with an example in each language."""
    common = {"type": f"/problems/{refusal.slug()}", "status": refusal.status, "reference": REFERENCE}
    own = {name: _member(type) for name, type in refusal.member_types().items()}
    return {
        "description": refusal.title(),
        "type": "object",
        "properties": {
            "type": {"const": f"/problems/{refusal.slug()}"},
            "title": {"type": "string", "minLength": 1},
            "status": {"const": refusal.status},
            "reference": {"type": "string", "description": "Finds it in the logs."},
            "detail": {"type": "string"},
            **own,
        },
        "required": ["type", "title", "status", "reference", *required_members(refusal)],
        "examples": [{**common, "title": refusal.title(language), **example} for language in ("fr", "en")],
    }


def required_members(refusal: type[Refusal]) -> list[str]:
    """Return the names of the members that a problem has beside those of all problems, without those it may lack."""
    return [name for name, type in refusal.member_types().items() if NoneType not in get_args(type)]


def _member(type: Any) -> Json:
    schema = TypeAdapter(type).json_schema()
    return next((one for one in schema.get("anyOf", []) if one != {"type": "null"}), schema)


@cache
def examples(name: str) -> Json:
    """Return examples by the name of their schema; for a problem, only its own members."""
    found: Json = yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text())
    return found
