"""The client expects of an answer no more than docs/openapi promises."""

import inspect
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from client.api import Api
from client.shapes import OrAbsent, OrNull, Shape
from tests.fakes.api.app import SERVER
from tests.fakes.api.description import DOCUMENTS, JSON, description

ID = "6f1c0e5a-8a53-4a0e-9d7e-2f4b8a1c3d5e"
GIVEN: dict[str, Any] = {"challenge": None, "modified_at": datetime(2026, 1, 1, tzinfo=UTC), "files": [ID], "days": 7}
NOT_ASKED_WITH_A_SHAPE = {"picture", "open_session", "renew_session", "staying_in_session"}
METHODS = [
    name
    for name, _ in inspect.getmembers(Api, inspect.isfunction)
    if not name.startswith("_") and name not in NOT_ASKED_WITH_A_SHAPE
]


class Asked(Exception):
    """What was asked, and the shape that is expected; none where no document is."""


def asked_by(method: str) -> "tuple[str, str, Shape | None]":
    """The request that a method of the library makes."""
    api = Api(SERVER)

    def note(verb: str, path: str, body: object = None, *, shape: "Shape | None" = None) -> None:
        raise Asked(verb, path, shape)

    def note_list(path: str, item: Shape) -> None:
        raise Asked("GET", path, {"items": [item]})

    for name, heard in (("ask_again", note), ("tell_again", note), ("tell", note), ("list_again", note_list)):
        setattr(api.wire, name, heard)
    function = getattr(api, method)
    parameters = inspect.signature(function).parameters.values()
    given = {one.name: GIVEN.get(one.name, ID) for one in parameters if one.kind is not one.VAR_KEYWORD}
    with pytest.raises(Asked) as asked:
        function(**given)
    verb, path, shape = asked.value.args
    return verb, path, shape


@pytest.mark.parametrize("method", METHODS)
def test_a_shape_asks_for_nothing_that_the_service_may_leave_out(method: str) -> None:
    verb, path, shape = asked_by(method)
    operation = description().operation(httpx.Request(verb, SERVER + path))
    assert operation
    answers = [answer for status, answer in operation.described["responses"].items() if status.startswith("2")]
    if shape is None:
        assert set(operation.described["responses"]) & {"202", "204"}
        return
    document = json.loads((DOCUMENTS / f"{operation.service}.json").read_text())
    for answer in answers:
        assert list(too_strict(shape, answer["content"][JSON]["schema"], document)) == []


def too_strict(shape: Shape, schema: dict[str, Any], document: dict[str, Any], at: str = "") -> Iterator[str]:
    """The places where an answer that the schema allows would depart from the shape."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("anyOf", [schema])
    may_be_null = {"type": "null"} in kinds
    if may_be_null and not isinstance(shape, OrNull | OrAbsent):
        yield f"{at}: may be null"
    inner = shape.shape if isinstance(shape, OrNull | OrAbsent) else shape
    for kind in kinds:
        if kind == {"type": "null"}:
            continue
        if "$ref" in kind:
            yield from too_strict(inner, kind, document, at)
        elif isinstance(inner, dict):
            yield from _of_members(inner, kind, document, at)
        elif isinstance(inner, list):
            yield from too_strict(inner[0], kind["items"], document, f"{at}[]")


def _of_members(shape: dict[str, Shape], schema: dict[str, Any], document: dict[str, Any], at: str) -> Iterator[str]:
    required = schema.get("required", [])
    for name, inner in shape.items():
        if name not in required and not isinstance(inner, OrAbsent):
            yield f"{at}.{name}: may be missing"
        if name in schema.get("properties", {}):
            yield from too_strict(inner, schema["properties"][name], document, f"{at}.{name}")
