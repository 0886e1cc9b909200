"""What do the APIs take? Found in docs/openapi, so that no field is forgotten; and what a request for it looks like."""

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
"""In bytes, three times as long when escaped: the gateway takes addresses of 8 kB."""
DIGEST = "0" * 64
Place = tuple[str | int, ...]
Known = dict[str, list[str]]
"""Values that stand for something, by the name of their parameter or field."""


class Operation(NamedTuple):
    """A route of an API; `body` is an acceptable one, none where none is taken."""

    service: str
    method: str
    template: str
    path: tuple[str, ...]
    query: tuple[str, ...]
    body: Any
    texts: dict[Place, int]
    """Where in the body there is text, and how many characters it may have at most."""

    @property
    def max_body_bytes(self) -> int:
        return LARGEST_BODY_BYTES.get(self.service, SMALL_BODY_BYTES)

    @property
    def kind(self) -> str:
        """What a token in its address is for."""
        return "approval" if "/approvals/" in self.template else "link"

    def address(self, values: dict[str, str]) -> str:
        """The path with these values, which stand there as they are."""
        return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], self.template)


@cache
def operations() -> list[Operation]:
    """All of them, in the order of the documents."""
    return [found for service in SERVICES for found in _operations(service)]


def _operations(service: str) -> Iterator[Operation]:
    document = json.loads((DOCUMENTS / f"{service}.json").read_text())
    for template, methods in document["paths"].items():
        for method, described in methods.items():
            taken = described.get("parameters", [])
            schema = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            yield Operation(
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


def _texts(schema: dict[str, Any], document: dict[str, Any], at: Place = ()) -> Iterator[tuple[Place, int]]:
    schema = _resolved(schema, document)
    for name, field in schema.get("properties", {}).items():
        yield from _texts(field, document, (*at, name))
    if schema.get("type") == "array":
        yield from _texts(schema["items"], document, (*at, 0))
    if schema.get("type") == "string":
        yield at, schema.get("maxLength", LARGEST_BODY_BYTES["upload"])


def with_text(body: Any, at: Place, value: Any) -> Any:
    """The body with another value in one place."""
    after = copy.deepcopy(body)
    holder = after
    for step in at[:-1]:
        holder = holder[step]
    holder[at[-1]] = value
    return after


def filled(operation: Operation, known: Known, chance: random.Random) -> Any:
    """The acceptable body, with what stands for something where there is such."""
    body = operation.body
    for at in operation.texts:
        name = str(next((step for step in reversed(at) if isinstance(step, str)), ""))
        if name in known:
            body = with_text(body, at, chance.choice(known[name]))
    return body


def odd_body(operation: Operation, known: Known, chance: random.Random) -> bytes:
    """A body of one to three odd values among acceptable ones; one in ten is no such thing at all."""
    if chance.random() < 0.1:
        return chance.choice(BODIES)
    body = filled(operation, known, chance)
    if not isinstance(body, dict):
        return as_json(odd(chance))
    for name in chance.sample(sorted(body), min(len(body), chance.randint(1, 3))):
        body = {**body, name: [odd(chance)] if isinstance(body[name], list) and chance.random() < 0.7 else odd(chance)}
    if chance.random() < 0.1:
        body = {**body, chance.choice(STRINGS): odd(chance)}
    return as_json(body)
