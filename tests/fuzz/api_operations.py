"""The operations of the APIs, read from docs/openapi, and example and odd bodies for them."""

import copy
import json
import random
import re
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.fuzz.inputs import BODIES, STRINGS, as_json, odd

DOCUMENTS = Path(__file__).resolve().parents[2] / "docs" / "openapi"
SERVICES = ("auth", "upload", "propagation", "download")
LARGEST_BODY_BYTES = {"upload": 256 * 1024}
SMALL_BODY_BYTES = 64 * 1024
LONGEST_IN_ADDRESS = 900
"""In bytes, three times as long when escaped: the gateway accepts addresses of 8 kB."""
DIGEST = "0" * 64
FieldPath = tuple[str | int, ...]
KnownValues = dict[str, list[str]]
"""Existing ids and values, by the name of their parameter or field."""


class ApiOperation(NamedTuple):
    """A route of an API; `body` is a valid one, or None."""

    service: str
    method: str
    template: str
    path: tuple[str, ...]
    query: tuple[str, ...]
    body: Any
    texts: dict[FieldPath, int]
    """The text fields in the body, with their maximal length in characters."""

    @property
    def max_body_bytes(self) -> int:
        return LARGEST_BODY_BYTES.get(self.service, SMALL_BODY_BYTES)

    @property
    def kind(self) -> str:
        """The purpose of a token in its address."""
        return "approval" if "/approvals/" in self.template else "link"

    def address(self, values: dict[str, str]) -> str:
        """Return the path with these values, unescaped."""
        return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], self.template)


@cache
def operations() -> list[ApiOperation]:
    """Return all operations, in the order of the documents."""
    return [found for service in SERVICES for found in _operations(service)]


def _operations(service: str) -> Iterator[ApiOperation]:
    document = json.loads((DOCUMENTS / f"{service}.json").read_text())
    for template, methods in document["paths"].items():
        for method, described in methods.items():
            taken = described.get("parameters", [])
            schema = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            yield ApiOperation(
                service,
                method.upper(),
                template,
                tuple(one["name"] for one in taken if one["in"] == "path"),
                tuple(one["name"] for one in taken if one["in"] == "query"),
                _example(schema, document) if schema else None,
                dict(_texts(schema, document)) if schema else {},
            )


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _resolved(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    choices = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    return _resolved(choices[0], document) if choices else schema


def _example(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    schema = _resolved(schema, document)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: _example(field, document) for name, field in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [_example(schema["items"], document)]
    by_format = {"uuid": str(uuid.UUID(int=7)), "date-time": "2026-03-01T12:00:00Z"}
    text = DIGEST if "pattern" in schema else by_format.get(schema.get("format", ""), "a")
    return {"integer": 7, "boolean": True, "number": 1.0}.get(schema.get("type", ""), text)


def _texts(schema: dict[str, Any], document: dict[str, Any], at: FieldPath = ()) -> Iterator[tuple[FieldPath, int]]:
    schema = _resolved(schema, document)
    for name, field in schema.get("properties", {}).items():
        yield from _texts(field, document, (*at, name))
    if schema.get("type") == "array":
        yield from _texts(schema["items"], document, (*at, 0))
    if schema.get("type") == "string":
        yield at, schema.get("maxLength", LARGEST_BODY_BYTES["upload"])


def with_text(body: Any, at: FieldPath, value: Any) -> Any:
    """Return the body with another value at one field."""
    after = copy.deepcopy(body)
    holder = after
    for step in at[:-1]:
        holder = holder[step]
    holder[at[-1]] = value
    return after


def filled(operation: ApiOperation, known: KnownValues, rng: random.Random) -> Any:
    """Return the valid body, with existing values where there are some."""
    body = operation.body
    for at in operation.texts:
        name = str(next((step for step in reversed(at) if isinstance(step, str)), ""))
        if name in known:
            body = with_text(body, at, rng.choice(known[name]))
    return body


def odd_body(operation: ApiOperation, known: KnownValues, rng: random.Random) -> bytes:
    """Return a body of one to three odd values among valid ones; one in ten is not a valid structure at all."""
    if rng.random() < 0.1:
        return rng.choice(BODIES)
    body = filled(operation, known, rng)
    if not isinstance(body, dict):
        return as_json(odd(rng))
    for name in rng.sample(sorted(body), min(len(body), rng.randint(1, 3))):
        body = {**body, name: [odd(rng)] if isinstance(body[name], list) and rng.random() < 0.7 else odd(rng)}
    if rng.random() < 0.1:
        body = {**body, rng.choice(STRINGS): odd(rng)}
    return as_json(body)
