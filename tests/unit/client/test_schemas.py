"""The client's schemas require no more than docs/openapi promises."""

import inspect
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from client.api import Api
from client.schemas import Nullable, OptionalMember, Schema
from tests.fakes.api.app import SERVER
from tests.fakes.api.description import DOCUMENTS, JSON, description

ID = "6f1c0e5a-8a53-4a0e-9d7e-2f4b8a1c3d5e"
GIVEN: dict[str, Any] = {"challenge": None, "modified_at": datetime(2026, 1, 1, tzinfo=UTC), "files": [ID], "days": 7}
WITHOUT_SCHEMA = {"challenge_image", "open_session", "renew_session", "keep_session_renewed"}
METHODS = [
    name
    for name, _ in inspect.getmembers(Api, inspect.isfunction)
    if not name.startswith("_") and name not in WITHOUT_SCHEMA
]


class RequestMade(Exception):
    """A request and its expected schema; None without a document."""


def request_of(method: str) -> "tuple[str, str, Schema | None]":
    """Return the request that a method of the client makes."""
    api = Api(SERVER)

    def note(verb: str, path: str, body: object = None, *, schema: "Schema | None" = None) -> None:
        raise RequestMade(verb, path, schema)

    def note_list(path: str, item: Schema) -> None:
        raise RequestMade("GET", path, {"items": [item]})

    for name, heard in (
        ("request", note),
        ("request_no_content", note),
        ("request_no_content_once", note),
        ("list_items", note_list),
    ):
        setattr(api.transport, name, heard)
    function = getattr(api, method)
    parameters = inspect.signature(function).parameters.values()
    given = {one.name: GIVEN.get(one.name, ID) for one in parameters if one.kind is not one.VAR_KEYWORD}
    with pytest.raises(RequestMade) as asked:
        function(**given)
    verb, path, schema = asked.value.args
    return verb, path, schema


@pytest.mark.parametrize("method", METHODS)
def test_a_schema_requires_nothing_that_the_service_may_omit(method: str) -> None:
    verb, path, schema = request_of(method)
    operation = description().operation(httpx.Request(verb, SERVER + path))
    assert operation
    answers = [answer for status, answer in operation.described["responses"].items() if status.startswith("2")]
    if schema is None:
        assert set(operation.described["responses"]) & {"202", "204"}
        return
    document = json.loads((DOCUMENTS / f"{operation.service}.json").read_text())
    for answer in answers:
        assert list(too_strict(schema, answer["content"][JSON]["schema"], document)) == []


def too_strict(expected: Schema, schema: dict[str, Any], document: dict[str, Any], at: str = "") -> Iterator[str]:
    """Yield the places where a valid response would violate the expected schema."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("anyOf", [schema])
    may_be_null = {"type": "null"} in kinds
    if may_be_null and not isinstance(expected, Nullable | OptionalMember):
        yield f"{at}: may be null"
    inner = expected.schema if isinstance(expected, Nullable | OptionalMember) else expected
    for kind in kinds:
        if kind == {"type": "null"}:
            continue
        if "$ref" in kind:
            yield from too_strict(inner, kind, document, at)
        elif isinstance(inner, dict):
            yield from _of_members(inner, kind, document, at)
        elif isinstance(inner, list):
            yield from too_strict(inner[0], kind["items"], document, f"{at}[]")


def _of_members(
    expected: dict[str, Schema], schema: dict[str, Any], document: dict[str, Any], at: str
) -> Iterator[str]:
    required = schema.get("required", [])
    for name, inner in expected.items():
        if name not in required and not isinstance(inner, OptionalMember):
            yield f"{at}.{name}: may be missing"
        if name in schema.get("properties", {}):
            yield from too_strict(inner, schema["properties"][name], document, f"{at}.{name}")
