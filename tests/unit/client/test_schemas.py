"""The requests and the schemas of the client keep to docs/openapi."""

import json
import types
import typing
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from inspect import getmembers, signature
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from client.errors import InvalidBody, InvalidPath
from client.operations import Operations
from client.request import ApiRequest, DescribedOperation, api_path
from tests.fakes.api.app import SERVER
from tests.fakes.api.description import DOCUMENTS, JSON, description

ID = "6f1c0e5a-8a53-4a0e-9d7e-2f4b8a1c3d5e"
GIVEN: dict[str, Any] = {
    "kind": "question",
    "language": "fr",
    "key": "7ZK3M",
    "size_bytes": 7,
    "sha256": "f" * 64,
    "digest": "f" * 64,
    "modified_at": datetime(2026, 1, 1, tzinfo=UTC),
    "small_parts": False,
    "files": [ID],
    "days": 7,
    "number": 1,
    "limit": 50,
    "was": {"subject": "f" * 64},
}
OPERATIONS = {name: found for name, found in getmembers(Operations) if isinstance(found, DescribedOperation)}
NOT_CALLED = {
    "GET /api/auth/challenges/{challenge}/image",
    "GET /api/auth/challenges/{challenge}/audio",
    "GET /api/auth/jwks.json",
    "DELETE /api/download/links/{token}/archive/downloads/{download}",
}
"""A challenge names the paths of its image and its recording; the rest is for services and other clients."""
TYPES = {str: "string", int: "integer", bool: "boolean", datetime: "string"}
Schema = dict[str, Any]


def request_of(name: str) -> ApiRequest[Any]:
    """Return the request that an operation describes."""
    operations = Operations()
    operations.language = "fr"
    parameters = [one for one in signature(OPERATIONS[name].describe).parameters.values() if one.name != "self"]
    given = {one.name: GIVEN.get(one.name, ID) for one in parameters if one.kind is not one.VAR_KEYWORD}
    return OPERATIONS[name].describe(operations, **given)


@cache
def components(service: str) -> Schema:
    found: Schema = json.loads((DOCUMENTS / f"{service}.json").read_text())["components"]["schemas"]
    return found


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_is_one_of_the_api_and_reads_what_it_answers(name: str) -> None:
    request = request_of(name)
    sent = httpx.Request(request.method, SERVER + request.path, content=request.content)
    operation = description().check_request(sent)
    assert operation
    answers = {status: answer for status, answer in operation.described["responses"].items() if status[0] == "2"}
    if request.model is types.NoneType:
        assert set(answers) <= {"202", "204"}
        return
    (answer,) = answers.values()
    assert list(differences(request.model, answer["content"][JSON]["schema"], operation.service)) == []


def test_no_other_operation_is_described_but_those_that_no_client_calls() -> None:
    offered = set()
    for name in OPERATIONS:
        request = request_of(name)
        operation = description().operation(httpx.Request(request.method, SERVER + request.path))
        assert operation
        offered.add(operation.name)
    assert description().operations - offered == NOT_CALLED


def differences(expected: Any, schema: Schema, service: str, at: str = "") -> Iterator[str]:
    """Yield the places where a described response and the type that reads it differ."""
    if "$ref" in schema:
        schema = components(service)[schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("anyOf", [schema])
    expected, may_be_null = _without_none(expected)
    if ({"type": "null"} in kinds) > may_be_null:
        yield f"{at}: may be null"
    for kind in kinds:
        if kind != {"type": "null"}:
            yield from _of_value(expected, kind, service, at)


def _of_value(expected: Any, schema: Schema, service: str, at: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from differences(expected, schema, service, at)
    elif typing.get_origin(expected) is list:
        yield from _of_items(typing.get_args(expected)[0], schema, service, at)
    elif typing.get_origin(expected) is dict:
        yield from _of_values(typing.get_args(expected)[1], schema, service, at)
    elif issubclass(expected, BaseModel):
        yield from _of_members(expected, schema, service, at)
    elif schema.get("type") != TYPES[expected]:
        yield f"{at}: {schema.get('type')} is read as {expected.__name__}"
    elif (schema.get("format") == "date-time") != (expected is datetime):
        yield f"{at}: {schema.get('format')} is read as {expected.__name__}"


def _of_items(expected: Any, schema: Schema, service: str, at: str) -> Iterator[str]:
    if schema.get("type") != "array":
        yield f"{at}: not a list"
    else:
        yield from differences(expected, schema["items"], service, f"{at}[]")


def _of_values(expected: Any, schema: Schema, service: str, at: str) -> Iterator[str]:
    """Compare a mapping: an object whose members all have one type."""
    values = schema.get("properties") or {"*": schema["additionalProperties"]}
    for name, value in values.items():
        yield from differences(expected, value, service, f"{at}.{name}")


def _of_members(expected: type[BaseModel], schema: Schema, service: str, at: str) -> Iterator[str]:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    for field, info in expected.model_fields.items():
        name = info.alias or field
        if name not in properties:
            if schema.get("additionalProperties") is not True or info.is_required():
                yield f"{at}.{name}: not described"
            continue
        if name not in required and info.is_required():
            yield f"{at}.{name}: may be missing"
        yield from differences(info.annotation, properties[name], service, f"{at}.{name}")


def _without_none(expected: Any) -> tuple[Any, bool]:
    """Return a type without its constraints and without None, and whether it had None."""
    if typing.get_origin(expected) is typing.Annotated:
        return _without_none(typing.get_args(expected)[0])
    if typing.get_origin(expected) in (types.UnionType, typing.Union):
        (inner,) = (one for one in typing.get_args(expected) if one is not types.NoneType)
        return _without_none(inner)[0], True
    return expected, False


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_no_segment_of_a_path_leads_up(segment: str) -> None:
    with pytest.raises(InvalidPath):
        api_path("upload", "drafts", ID, "files", segment)


def test_a_segment_of_a_path_is_encoded() -> None:
    assert api_path("download", "links", "a/b?c#d é") == "/api/download/links/a%2Fb%3Fc%23d%20%C3%A9"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_a_body_that_json_cannot_represent_is_not_sent(value: object) -> None:
    with pytest.raises(InvalidBody):
        _ = ApiRequest("PATCH", "/api/upload/drafts/x", types.NoneType, {"text": value}).content
