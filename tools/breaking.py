"""Compares the documents of APIs and events with those of the last release: what breaks a client, or a subscriber?

`--release` keeps today's documents as those of the release.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

DOCS = Path(__file__).resolve().parent.parent / "docs"
RELEASED = DOCS / "released"
DOCUMENTS = ("asyncapi.yaml", *(f"openapi/{name}.json" for name in ("auth", "upload", "propagation", "download")))
ALTERNATIVES = ("anyOf", "oneOf")
LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")

Json = dict[str, Any]
Use = Literal["request", "response"]
"""Whether clients send what a schema describes, or receive it."""


class Schema(NamedTuple):
    """A schema, and the document in which its references are looked up."""

    node: Json
    document: Json

    def resolved(self) -> Json:
        """Return the schema itself, not a reference to it."""
        node = self.node
        while "$ref" in node:
            found: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def alternatives(self) -> "list[Schema]":
        """Return the schemas of which a value fulfils one."""
        node = self.resolved()
        inner = next((node[name] for name in ALTERNATIVES if name in node), None)
        if inner is None:
            return [Schema(node, self.document)]
        return [one for each in inner for one in Schema(each, self.document).alternatives()]


def api_breaks(old: Json, new: Json) -> Iterator[str]:
    """Yield what a client of the old API cannot rely on in the new one, of two OpenAPI documents."""
    for path, method, before in _operations(old):
        name = f"{method.upper()} {path}"
        after = new["paths"].get(path, {}).get(method)
        if after is None:
            yield f"{name}: removed"
        else:
            yield from _parameter_breaks(name, Schema(before, old), Schema(after, new))
            yield from _body_breaks(name, Schema(before, old), Schema(after, new))
            yield from _response_breaks(name, Schema(before, old), Schema(after, new))
    schemas = new["components"]["schemas"]
    for name, problem in old["components"]["schemas"].items():
        if str(problem.get("properties", {}).get("type", {}).get("const", "")).startswith("/problems/"):
            if name in schemas:
                yield from schema_breaks(Schema(problem, old), Schema(schemas[name], new), "response", f"{name}: ")
            else:
                yield f"{name}: this problem was removed or renamed"


def event_breaks(old: Json, new: Json) -> Iterator[str]:
    """Yield what breaks a subscriber of the old events, or one of the new events that gets an old one."""
    for name, channel in old["channels"].items():
        after = new["channels"].get(name)
        if after is None or after["address"] != channel["address"]:
            yield f"{channel['address']}: removed"
            continue
        before, now = (Schema(_payload(each, name), root) for each, root in ((channel, old), (after, new)))
        at = f"{channel['address']}: "
        uses: tuple[Use, ...] = ("request", "response")
        yield from dict.fromkeys(chain.from_iterable(schema_breaks(before, now, use, at) for use in uses))


def schema_breaks(old: Schema, new: Schema, use: Use, at: str) -> Iterator[str]:
    """Yield what was valid to send and is no longer, or what may be received and could not before."""
    senders, receivers = (old, new) if use == "request" else (new, old)
    for sent in senders.alternatives():
        pairs = [(sent, one) if use == "request" else (one, sent) for one in receivers.alternatives()]
        found = [list(_breaks_of_one(before, after, use, at)) for before, after in pairs]
        yield from min(found, key=len)


def _breaks_of_one(old: Schema, new: Schema, use: Use, at: str) -> Iterator[str]:
    before, after = old.node, new.node
    sent, received = (before, after) if use == "request" else (after, before)
    fits: dict[str, Callable[[Any, Any], bool]] = {
        "type": lambda one, other: one == other or (one, other) == ("integer", "number"),
        **dict.fromkeys(("pattern", "format"), lambda one, other: one == other),
        **dict.fromkeys(LOWER_BOUNDS, lambda one, other: one is not None and one >= other),
        **dict.fromkeys(UPPER_BOUNDS, lambda one, other: one is not None and one <= other),
    }
    for keyword, fit in fits.items():
        if keyword in received and not fit(sent.get(keyword), received[keyword]):
            yield f"{at}{keyword} was {before.get(keyword)}, is {after.get(keyword)}"
    yield from _breaks_of_values(sent, received, at)
    yield from _breaks_of_members(old, new, use, at)
    for keyword, step in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(received.get(keyword), dict):
            inner = Schema(before.get(keyword) or {}, old.document), Schema(after.get(keyword) or {}, new.document)
            yield from schema_breaks(*inner, use, f"{at}{step}")


def _breaks_of_values(sent: Json, received: Json, at: str) -> Iterator[str]:
    """Compare enumerations; a type that enumerates nothing may be any value."""
    expected, possible = _values(received), _values(sent)
    if expected is not None and possible is None:
        yield f"{at}any value instead of {expected}"
    elif expected is not None and possible is not None:
        for value in possible:
            if value not in expected:
                yield f"{at}{value!r} is not one of {expected}"


def _values(schema: Json) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _breaks_of_members(old: Schema, new: Schema, use: Use, at: str) -> Iterator[str]:
    before, after = old.node.get("properties", {}), new.node.get("properties", {})
    for name, schema in before.items():
        if name in after:
            yield from schema_breaks(
                Schema(schema, old.document), Schema(after[name], new.document), use, f"{at}/{name} "
            )
        else:
            yield f"{at}/{name} removed"
    needed, given = set(new.node.get("required", [])), set(old.node.get("required", []))
    if use == "request":
        yield from (f"{at}/{name} is required now" for name in sorted(needed - given))
    else:
        yield from (f"{at}/{name} may be missing now" for name in sorted((given - needed) & set(after)))


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, operations in document["paths"].items():
        for method, described in operations.items():
            yield path, method, described


def _parameter_breaks(name: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = ({(one["in"], one["name"]): one for one in each.node.get("parameters", [])} for each in (old, new))
    for key, parameter in after.items():
        known = before.get(key)
        at = f"{name}: parameter {key[1]} "
        if parameter.get("required") and not (known and known.get("required")):
            yield f"{at}is required now"
        if known:
            schemas = Schema(known["schema"], old.document), Schema(parameter["schema"], new.document)
            yield from schema_breaks(*schemas, "request", at)
    yield from (f"{name}: parameter {key[1]} removed" for key in before if key not in after)


def _body_breaks(name: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = old.node.get("requestBody", {}), new.node.get("requestBody", {})
    if after.get("required") and not before.get("required"):
        yield f"{name}: a body is required now"
    yield from _content_breaks(Schema(before, old.document), Schema(after, new.document), "request", f"{name}: body ")


def _response_breaks(name: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = (_successes(each.node) for each in (old, new))
    for status in sorted(before.keys() ^ after.keys()):
        yield f"{name}: status {status} {'added' if status in after else 'removed'}"
    for status in sorted(before.keys() & after.keys()):
        answers = Schema(before[status], old.document), Schema(after[status], new.document)
        yield from _content_breaks(*answers, "response", f"{name}: {status} ")


def _successes(operation: Json) -> Json:
    return {status: response for status, response in operation["responses"].items() if status < "4"}


def _content_breaks(old: Schema, new: Schema, use: Use, at: str) -> Iterator[str]:
    before, after = old.node.get("content", {}), new.node.get("content", {})
    for media_type in before:
        if media_type not in after:
            yield f"{at}{media_type} removed"
        else:
            was, now = (content[media_type].get("schema", {}) for content in (before, after))
            yield from schema_breaks(Schema(was, old.document), Schema(now, new.document), use, at)


def _payload(channel: Json, name: str) -> Json:
    payload: Json = channel["messages"][name]["payload"]
    return payload


def breaks() -> Iterator[str]:
    """Yield every break of the present documents against those of the last release."""
    for name in DOCUMENTS:
        load, compare = (yaml.safe_load, event_breaks) if name.endswith("yaml") else (json.loads, api_breaks)
        yield from compare(load((RELEASED / name).read_text()), load((DOCS / name).read_text()))


def main(arguments: list[str]) -> int:
    """Compare; with `--release`, keep the documents for the comparisons to come."""
    if "--release" in arguments:
        for name in DOCUMENTS:
            (RELEASED / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(DOCS / name, RELEASED / name)
        return 0
    found = list(breaks())
    for one in found:
        sys.stderr.write(f"{one}\n")
    if found:
        sys.stderr.write("These changes break clients of the last release: see « A release » in CONTRIBUTING.md\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
