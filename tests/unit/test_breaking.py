"""A change that breaks a client or a subscriber is named; a compatible one passes."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tools.breaking import api_breaks, event_breaks

Json = dict[str, Any]
Change = Callable[[Json], object]

SENT: Json = {
    "type": "object",
    "properties": {
        "email": {"type": "string", "maxLength": 100},
        "language": {"enum": ["fr", "en"], "type": "string"},
        "days": {"type": "integer", "minimum": 1},
        "device": {"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]},
    },
    "required": ["email"],
}
ANSWERED: Json = {
    "type": "object",
    "properties": {
        "state": {"enum": ["open", "closed"]},
        "files": {"type": "array", "items": {"$ref": "#/components/schemas/File"}, "maxItems": 10},
        "reason": {"type": "string"},
    },
    "required": ["state", "files"],
}
API: Json = {
    "paths": {
        "/links": {
            "get": {"responses": {"204": {"description": "Nothing."}}},
            "post": {
                "parameters": [{"in": "query", "name": "limit", "required": False, "schema": {"type": "integer"}}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Sent"}}},
                },
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answered"}}}},
                    "410": {"$ref": "#/components/responses/Gone"},
                },
            },
        }
    },
    "components": {
        "schemas": {
            "Sent": SENT,
            "Answered": ANSWERED,
            "File": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
            "Gone": {
                "type": "object",
                "properties": {"type": {"const": "/problems/gone"}, "limit": {"type": "integer"}},
                "required": ["type", "limit"],
            },
        }
    },
}
EVENTS: Json = {
    "channels": {
        "LinkIssued": {
            "address": "auth.link-issued.v1",
            "messages": {"LinkIssued": {"payload": {"$ref": "#/components/schemas/LinkIssued"}}},
        }
    },
    "components": {"schemas": {"LinkIssued": SENT}},
}


def post(api: Json) -> Any:
    return api["paths"]["/links"]["post"]


def schema(api: Json, name: str) -> Any:
    return api["components"]["schemas"][name]


def sent(api: Json) -> Any:
    return schema(api, "Sent")["properties"]


def answered(api: Json) -> Any:
    return schema(api, "Answered")["properties"]


def changed(document: Json, change: Change) -> Json:
    after = copy.deepcopy(document)
    change(after)
    return after


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda api: api["paths"].pop("/links"), "GET /links: removed"),
        (lambda api: api["paths"]["/links"].pop("get"), "GET /links: removed"),
        (lambda api: post(api)["parameters"].clear(), "POST /links: parameter limit removed"),
        (lambda api: post(api)["parameters"][0].update(required=True), "parameter limit is required now"),
        (lambda api: post(api)["parameters"][0]["schema"].update(maximum=9), "parameter limit maximum was None, is 9"),
        (lambda api: api["paths"]["/links"]["get"].update(requestBody={"required": True}), "a body is required now"),
        (lambda api: post(api).pop("requestBody"), "body application/json removed"),
        (lambda api: schema(api, "Sent")["required"].append("days"), "body /days is required now"),
        (lambda api: sent(api).pop("days"), "body /days removed"),
        (lambda api: sent(api)["days"].update(type="string"), "/days type was integer, is string"),
        (lambda api: sent(api)["email"].update(maxLength=50), "/email maxLength was 100, is 50"),
        (lambda api: sent(api)["email"].update(pattern="@"), "/email pattern was None, is @"),
        (lambda api: sent(api)["days"].update(minimum=2), "/days minimum was 1, is 2"),
        (lambda api: sent(api)["language"]["enum"].remove("en"), "/language 'en' is not one of ['fr']"),
        (lambda api: sent(api)["device"]["anyOf"].pop(), "/device type was null, is string"),
        (lambda api: post(api)["responses"].pop("200"), "status 200 removed"),
        (lambda api: post(api)["responses"].update({"202": {}}), "status 202 added"),
        (lambda api: post(api)["responses"]["200"]["content"].clear(), "200 application/json removed"),
        (lambda api: answered(api).pop("reason"), "200 /reason removed"),
        (lambda api: schema(api, "Answered")["required"].remove("files"), "200 /files may be missing now"),
        (lambda api: answered(api)["state"]["enum"].append("lapsed"), "'lapsed' is not one of ['open', 'closed']"),
        (lambda api: answered(api).update(state={"type": "string"}), "any value instead of ['open', 'closed']"),
        (lambda api: answered(api)["files"].update(maxItems=20), "/files maxItems was 10, is 20"),
        (
            lambda api: schema(api, "File")["properties"]["path"].update(type="integer"),
            "/files []/path type was string",
        ),
        (
            lambda api: answered(api).update(reason={"anyOf": [{"type": "string"}, {"type": "null"}]}),
            "/reason type was",
        ),
        (lambda api: api["components"]["schemas"].pop("Gone"), "Gone: this problem was removed or renamed"),
        (lambda api: schema(api, "Gone")["properties"].pop("limit"), "Gone: /limit removed"),
    ],
)
def test_a_break_of_an_api_is_named(change: Change, said: str) -> None:
    found = list(api_breaks(API, changed(API, change)))
    assert any(said in one for one in found), found


@pytest.mark.parametrize(
    "change",
    [
        lambda api: api["paths"].update({"/other": {}}),
        lambda api: post(api)["parameters"].append({"in": "query", "name": "cursor", "schema": {"type": "string"}}),
        lambda api: post(api)["requestBody"].update(required=False),
        lambda api: sent(api).update(name={"type": "string"}),
        lambda api: schema(api, "Sent")["required"].clear(),
        lambda api: sent(api)["email"].pop("maxLength"),
        lambda api: sent(api)["days"].update(type="number", minimum=0),
        lambda api: sent(api)["language"]["enum"].append("de"),
        lambda api: sent(api)["email"].update(description="Of the mailbox.", examples=["a@b.fr"]),
        lambda api: answered(api).update(closed_at={"type": "string"}),
        lambda api: schema(api, "Answered")["required"].append("reason"),
        lambda api: answered(api)["state"]["enum"].remove("closed"),
        lambda api: answered(api)["files"].update(maxItems=5),
        lambda api: post(api)["responses"].update({"404": {"$ref": "#/components/responses/NotFound"}}),
        lambda api: post(api)["responses"].pop("410"),
    ],
)
def test_a_compatible_change_of_an_api_passes(change: Change) -> None:
    assert list(api_breaks(API, changed(API, change))) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda events: events["channels"].clear(), "auth.link-issued.v1: removed"),
        (lambda events: events["channels"]["LinkIssued"].update(address="auth.link-issued.v2"), "v1: removed"),
        (lambda events: schema(events, "LinkIssued")["required"].append("days"), "/days is required now"),
        (lambda events: schema(events, "LinkIssued")["required"].clear(), "/email may be missing now"),
        (lambda events: schema(events, "LinkIssued")["properties"].pop("days"), "/days removed"),
        (lambda events: schema(events, "LinkIssued")["properties"]["language"]["enum"].append("de"), "'de' is not one"),
        (lambda events: schema(events, "LinkIssued")["properties"]["language"]["enum"].pop(), "'en' is not one of"),
    ],
)
def test_a_break_of_an_event_is_named(change: Change, said: str) -> None:
    found = list(event_breaks(EVENTS, changed(EVENTS, change)))
    assert any(said in one for one in found), found


def test_an_event_may_have_a_new_field_that_old_ones_lack() -> None:
    change: Change = lambda events: schema(events, "LinkIssued")["properties"].update(name={"type": "string"})  # noqa: E731
    assert list(event_breaks(EVENTS, changed(EVENTS, change))) == []
