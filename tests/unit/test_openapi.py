"""The OpenAPI documents are complete: problems, examples and descriptions of every operation."""

import importlib
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import TypeAdapter

from devstack.stack import Stack
from services.auth import api as auth
from services.auth.domain import LinkAlreadyUsed
from services.kit.mongo import Database
from services.kit.service import create_api
from tests.fakes.api.description import SERVICES, description
from tests.fakes.api.problems import problem_types
from tests.fakes.api.undescribed_routes import ContractViolation
from tests.harness import Harness
from tools.generate import all_refusals
from tools.openapi import document, examples, operations_of, refusals_of, required_members

Json = dict[str, Any]
DOCUMENTS: dict[str, Json] = {service: document(service) for service in SERVICES}
OPERATIONS: list[tuple[str, str, Json]] = [
    (service, f"{method.upper()} {path}", operation)
    for service, described in DOCUMENTS.items()
    for path, operations in described["paths"].items()
    for method, operation in operations.items()
]
BODIES: list[tuple[str, str, Json]] = [
    (service, f"{name}: {place}", body["schema"])
    for service, name, operation in OPERATIONS
    for place, one in (("request", operation.get("requestBody", {})), *operation["responses"].items())
    if not place.startswith(("4", "5"))
    for body in one.get("content", {}).values()
]
ROUTES = [
    pytest.param(method, route, id=f"{method} {route.path_format}")
    for service in SERVICES
    for method, route in operations_of(
        create_api(service, importlib.import_module(f"services.{service}.api").router, None).routes
    )
]
SCHEMAS = [
    pytest.param(service, name, id=f"{service} {name}")
    for service, described in DOCUMENTS.items()
    for name in described["components"]["schemas"]
]


def schema_of(service: str, reference: Json) -> Json:
    """Return the component that a body refers to."""
    steps = [one for one in (reference, *reference.get("anyOf", [])) if "$ref" in one]
    found: Json = DOCUMENTS[service]["components"]["schemas"][steps[0]["$ref"].rpartition("/")[2]]
    return found


@pytest.mark.parametrize(("service", "name", "operation"), OPERATIONS, ids=[name for _, name, _ in OPERATIONS])
def test_every_operation_has_a_summary_and_names_its_problems(service: str, name: str, operation: Json) -> None:
    assert operation["summary"]
    assert {"413", "422", "429", "500", "503"} <= operation["responses"].keys()
    assert "default" not in operation["responses"]


@pytest.mark.parametrize("service", SERVICES)
def test_each_operation_has_an_id_of_its_own_and_says_whether_it_needs_a_session(service: str) -> None:
    of_service = [operation for other, _, operation in OPERATIONS if other == service]
    assert len({operation["operationId"] for operation in of_service}) == len(of_service)
    (scheme,) = DOCUMENTS[service]["components"]["securitySchemes"]
    for operation in of_service:
        needs_session = '/Unauthenticated"' in json.dumps(operation["responses"].get("401", {}))
        assert (operation.get("security") == [{scheme: []}]) == needs_session


@pytest.mark.parametrize(("service", "name", "schema"), BODIES, ids=[name for _, name, _ in BODIES])
def test_every_body_has_a_schema_and_an_example(service: str, name: str, schema: Json) -> None:
    if schema != {"type": "string", "format": "binary"}:
        assert schema_of(service, schema)["examples"]


@pytest.mark.parametrize(("service", "name"), SCHEMAS)
def test_every_schema_is_described_and_its_examples_are_valid(service: str, name: str) -> None:
    schema = DOCUMENTS[service]["components"]["schemas"][name]
    assert schema["description"]
    for example in schema.get("examples", []):
        description().check_value(service, name, example)


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_every_example_of_a_request_is_accepted_by_its_model(method: str, route: Any) -> None:
    if route.body_field is not None:
        type = route.body_field.field_info.annotation
        name = next(one.__name__ for one in (type, *getattr(type, "__args__", ())) if hasattr(one, "model_fields"))
        service = route.path.split("/")[2]
        TypeAdapter(type).validate_json(json.dumps(examples(service)[name]))


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_no_declared_refusal_is_unknown(method: str, route: Any) -> None:
    slugs = [refusal.slug() for refusal in refusals_of(method, route)]
    assert len(slugs) == len(set(slugs))
    assert set(slugs) <= problem_types().keys()


def test_every_problem_has_a_title_in_both_languages_and_examples_of_its_members() -> None:
    for refusal in all_refusals():
        assert refusal.title("fr") != refusal.title("en")
        assert set(required_members(refusal)) <= examples("problems").get(refusal.__name__, {}).keys()


def test_no_example_is_left_of_a_schema_that_is_gone() -> None:
    names = {refusal.__name__ for refusal in all_refusals()}
    assert examples("problems").keys() - {"x-values"} <= names
    for service, described in DOCUMENTS.items():
        assert examples(service).keys() - {"x-values"} <= described["components"]["schemas"].keys()


class RefusingHarness(Harness[Any]):
    """Runs auth in a state in which every caller is refused with the problem of another operation."""

    service = "auth"

    def wire(self, database: Database) -> Any:
        """Return what refuses."""

        async def refuse(_request: object) -> None:
            raise LinkAlreadyUsed()

        return SimpleNamespace(session_tokens=SimpleNamespace(authenticate=refuse))


async def test_a_refusal_that_its_operation_does_not_name_fails_the_test_that_meets_it() -> None:
    harness = RefusingHarness(cast(Stack, None))
    harness.apps.append(create_api("auth", auth.router, harness.wire(cast(Database, None))))
    with pytest.raises(ContractViolation, match="it does not refuse with link-already-used"):
        await harness.at().get("/api/auth/sessions/current")
