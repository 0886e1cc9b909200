"""Generates the documents that are derived from the code; `--check` reports those that are stale."""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from deploy.gateway import problems as gateway_problems
from deploy.gateway import render
from services.contracts.events import ALL_EVENTS
from services.kit.bus import EVENTS_EXCHANGE
from services.kit.refusals import Refusal
from tools import limits
from tools.openapi import document

DOCS = Path(__file__).resolve().parent.parent / "docs"
SERVICES = ("auth", "upload", "propagation", "notify", "download")
VERSION = "1.0.0"
README = DOCS.parent / "README.md"
EVENTS_FROM, EVENTS_TO = "<!-- events -->", "<!-- /events -->"


def asyncapi() -> str:
    """Return every event, its publisher, its subscribers and its schema, as AsyncAPI 3.0."""
    schemas: dict[str, Any] = {}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for event in ALL_EVENTS:
        schema = event.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[event.__name__] = schema
        publisher = event.type.split(".")[0]
        message = {"contentType": "application/json", "payload": {"$ref": f"#/components/schemas/{event.__name__}"}}
        channels[event.__name__] = {
            "address": event.type,
            "messages": {event.__name__: {"summary": _first_line(event.__doc__), **message}},
        }
        reference = {"$ref": f"#/channels/{event.__name__}"}
        operations[f"{publisher}.publishes.{event.__name__}"] = {"action": "send", "channel": reference}
        for subscriber in event.subscribers:
            operations[f"{subscriber}.receives.{event.__name__}"] = {"action": "receive", "channel": reference}
    described = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "The events of Mélanissimo",
            "version": VERSION,
            "description": (
                f"One topic exchange, `{EVENTS_EXCHANGE}`; the routing key is the type; "
                "one quorum queue for each subscriber and type."
            ),
        },
        "channels": channels,
        "operations": operations,
        "components": {"schemas": schemas},
    }
    return yaml.safe_dump(described, allow_unicode=True, sort_keys=False, width=120)


def openapi(service: str) -> str:
    """Return what a person can ask of one service."""
    return json.dumps(document(service), indent=1, ensure_ascii=False) + "\n"


def readme() -> str:
    """Return the README, with the table of events between its two markers."""
    before, _, rest = README.read_text().partition(EVENTS_FROM)
    _, _, after = rest.partition(EVENTS_TO)
    rows = [f"| `{event.type}` | {', '.join(event.subscribers)} |" for event in ALL_EVENTS]
    table = "\n".join(["| event | subscribers |", "|---|---|", *rows])
    return f"{before}{EVENTS_FROM}\n{table}\n{EVENTS_TO}{after}"


def problems() -> str:
    """Return the table of all refusals, to which the `type` of a problem refers."""
    lines = [
        "# Problems",
        "",
        "Every refusal is an `application/problem+json` document (RFC 9457). Its `type` is `/problems/<name>`, its",
        "`title` follows `Accept-Language`, `reference` finds it in the logs; 429 and 503 carry `Retry-After`.",
        "",
        "| type | status | in English | en français | from |",
        "|---|---|---|---|---|",
    ]
    refusals = {*all_refusals(), *all_refusals("deploy")}
    for refusal in sorted(refusals, key=lambda found: (found.status, found.slug())):
        where = refusal.__module__.split(".")[1]
        french = refusal.title("fr")
        lines.append(f"| `{refusal.slug()}` | {refusal.status} | {refusal.title()} | {french} | {where} |")
    return "\n".join(lines) + "\n"


def all_refusals(root: str = "services") -> Iterator[type[Refusal]]:
    """Yield every refusal that is defined in this package."""
    for module in pkgutil.walk_packages(importlib.import_module(root).__path__, f"{root}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting: list[type[Refusal]] = [Refusal]
    while waiting:
        for found in waiting.pop().__subclasses__():
            waiting.append(found)
            if found.__module__.startswith(f"{root}."):
                yield found


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


def documents() -> dict[Path, str]:
    """Return the content of each generated file."""
    made = {DOCS / "asyncapi.yaml": asyncapi(), DOCS / "problems.md": problems(), README: readme()}
    made[DOCS / "limits.md"] = limits.page()
    made[render.TEMPLATES / "problems.conf.template"] = gateway_problems.nginx_maps()
    for service in SERVICES:
        if importlib.util.find_spec(f"services.{service}.api"):
            made[DOCS / "openapi" / f"{service}.json"] = openapi(service)
    return made


def main(arguments: list[str]) -> int:
    """Write, or with `--check` compare."""
    stale = [path for path, text in documents().items() if not path.exists() or path.read_text() != text]
    if "--check" in arguments:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(DOCS.parent)} is stale: run `make generate`\n")
        return 1 if stale else 0
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
