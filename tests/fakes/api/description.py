"""Do a request and its answer keep to what the services say of their own API (docs/openapi)?

Fields that a description does not name are refused: whatever a fake answers, and whatever is asked of it, is ours.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import httpx
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.fakes.api.problems import GATEWAY, MEDIA_TYPE, OF_PARTS, ProblemType, gateway_problems_of, problem_types
from tests.fakes.api.undescribed_routes import PARTS, ContractViolation, undescribed_route

DOCUMENTS = Path(__file__).resolve().parents[3] / "docs" / "openapi"
SERVICES = ("auth", "upload", "propagation", "download")
JSON = "application/json"
NOT_OURS = "not ours"
FORMATS = FormatChecker(formats=("uuid",))


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


FORMATS.checks("date-time", ValueError)(_is_moment)


class Operation(NamedTuple):
    """A route of a service as it describes it; `parameters` are the values that were found in the path.

    `problems` are references to the schemas of its problems, by slug.
    """

    service: str
    name: str
    described: dict[str, Any]
    parameters: dict[str, str]
    problems: dict[str, str]


def not_ours(response: httpx.Response, reason: str) -> httpx.Response:
    """Mark a response that none of our services gives, which clients must handle; it is not checked."""
    response.extensions[NOT_OURS] = reason
    return response


class ApiDescription:
    """The OpenAPI documents of all services, with cached validators."""

    def __init__(self) -> None:
        read = {service: json.loads((DOCUMENTS / f"{service}.json").read_text()) for service in SERVICES}
        strict = {service: _strict(document, service) for service, document in read.items()}
        resources = [(_urn(service), DRAFT202012.create_resource(document)) for service, document in strict.items()]
        self._registry: Registry[Any] = Registry().with_resources(resources)
        self._operations = list(_operations(strict))
        self._validators: dict[str, Draft202012Validator] = {}

    @property
    def operations(self) -> set[str]:
        """The names of all of them, like `GET /api/upload/drafts/{draft}`."""
        return {operation.name for _, operation in self._operations}

    def refusing_with(self, slug: str) -> Operation | None:
        """Return an operation that names this problem, if there is one."""
        return next((operation for _, operation in self._operations if slug in operation.problems), None)

    def operation(self, request: httpx.Request) -> Operation | None:
        """What is asked for; none for a route that no service describes, which must be one of those `elsewhere`."""
        if (found := self.described(request)) is None:
            undescribed_route(request)
        return found

    def described(self, request: httpx.Request) -> Operation | None:
        """What is asked for; none for a route that no service describes."""
        path = request.url.raw_path.decode().partition("?")[0]
        for pattern, operation in self._operations:
            if found := pattern.fullmatch(f"{request.method} {path}"):
                values = {name: unquote(value) for name, value in found.groupdict().items()}
                return operation._replace(parameters=values)
        return None

    def check_request(self, request: httpx.Request) -> Operation | None:
        """Refuse a request that the service would find malformed, or of which it would ignore a part."""
        operation = self.operation(request)
        if operation is not None:
            self._check_parameters(operation, dict(request.url.params))
            self._check_body(operation, request.content)
        return operation

    def check_answer(self, request: httpx.Request, response: httpx.Response) -> None:
        """Refuse an answer that the service would not give."""
        if NOT_OURS in response.extensions:
            return
        operation = self.operation(request)
        if response.status_code >= 400:
            self._check_problem(request, operation, response)
        elif operation is None:
            undescribed_route(request).check(response)
        else:
            self._check_success(operation, response)

    def check_refusal(self, request: httpx.Request, response: httpx.Response) -> None:
        """Refuse a problem that a described operation does not name, or one with other members."""
        operation = self.described(request)
        if operation is not None and response.headers.get("content-type") == MEDIA_TYPE:
            self._check_problem(request, operation, response)

    def check_value(self, service: str, name: str, value: Any) -> None:
        """Refuse a value that does not fulfil a schema of a service, or has more members than it names."""
        self._validate(name, {"$ref": f"{_urn(service)}#/components/schemas/{name}"}, value)

    def _check_parameters(self, operation: Operation, query: Mapping[str, str]) -> None:
        known = {one["name"]: one["schema"] for one in operation.described.get("parameters", [])}
        for name, value in {**operation.parameters, **query}.items():
            if name not in known:
                raise ContractViolation(f"{operation.name}: it takes no parameter {name}")
            is_number = known[name].get("type") == "integer" and value.isdecimal()
            self._validate(f"{operation.name}: parameter {name}", known[name], int(value) if is_number else value)

    def _check_body(self, operation: Operation, content: bytes) -> None:
        described = operation.described.get("requestBody")
        if described is None:
            if content:
                raise ContractViolation(f"{operation.name}: it takes no body, and was sent {content[:200]!r}")
        elif content or described.get("required"):
            where = f"{operation.name}: the body that was sent"
            self._validate(where, described["content"][JSON]["schema"], _json(where, content))

    def _check_success(self, operation: Operation, response: httpx.Response) -> None:
        where = f"{operation.name}: the answer {response.status_code}"
        described = operation.described["responses"].get(str(response.status_code))
        if described is None:
            documented = ", ".join(status for status in operation.described["responses"] if status < "4")
            raise ContractViolation(f"{where} is not one of {documented}")
        media_type = response.headers.get("content-type", "").partition(";")[0]
        content = described.get("content")
        if content is None:
            if response.content:
                raise ContractViolation(f"{where} has no body, but this one has {response.content[:200]!r}")
        elif media_type not in content:
            raise ContractViolation(f"{where} is {' or '.join(content)}, not {media_type or 'empty'}")
        elif media_type == JSON:
            self._validate(where, content[media_type]["schema"], _json(where, response.content))

    def _check_problem(self, request: httpx.Request, operation: Operation | None, response: httpx.Response) -> None:
        place = operation or undescribed_route(request)
        service, is_part = place.service, place is PARTS
        where = f"{operation.name if operation else request.url.path}: the refusal {response.status_code}"
        if response.headers.get("content-type") != MEDIA_TYPE:
            raise ContractViolation(f"{where} is no {MEDIA_TYPE}")
        body = _json(where, response.content)
        slug = str(body.get("type", "")).removeprefix("/problems/")
        if (kind := problem_types().get(slug)) is None:
            raise ContractViolation(f"{where}: /type: nobody refuses with {slug!r}")
        if kind.owner not in (service, "kit", GATEWAY, OF_PARTS if is_part else ""):
            raise ContractViolation(f"{where}: /type: {slug} is refused by {kind.owner}, not by {service}")
        if {response.status_code, body.get("status")} != {kind.status}:
            raise ContractViolation(f"{where}: /status: {slug} is a {kind.status}")
        if body.get("title") not in _titles(kind, of_part=is_part):
            raise ContractViolation(f"{where}: /title: {slug} does not say {body.get('title')!r}")
        if kind.status in (429, 503) and "retry-after" not in response.headers:
            raise ContractViolation(f"{where}: it has no Retry-After")
        if operation is not None:
            self._check_named_problem(where, operation, slug, body)

    def _check_named_problem(self, where: str, operation: Operation, slug: str, body: Any) -> None:
        if slug not in operation.problems:
            raise ContractViolation(f"{where}: /type: it does not refuse with {slug}")
        self._validate(where, {"$ref": operation.problems[slug]}, body)

    def _validate(self, where: str, schema: Mapping[str, Any], value: Any) -> None:
        key = json.dumps(schema)
        if key not in self._validators:
            self._validators[key] = Draft202012Validator(schema, registry=self._registry, format_checker=FORMATS)
        for error in self._validators[key].iter_errors(value):
            pointer = "".join(f"/{step}" for step in error.absolute_path) or "/"
            raise ContractViolation(f"{where}: {pointer}: {error.message}")


@cache
def description() -> ApiDescription:
    """Return the description, created once."""
    return ApiDescription()


def _strict(node: Any, service: str) -> Any:
    """Return the document without additional properties, with an id for references."""
    if isinstance(node, list):
        return [_strict(one, service) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: _strict(value, service) for name, value in node.items()}
    if isinstance(reference := made.get("$ref"), str):
        made["$ref"] = f"{_urn(service)}{reference}"
    if isinstance(made.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    return made


def _urn(service: str) -> str:
    return f"urn:melanissimo:{service}"


def _operations(documents: Mapping[str, dict[str, Any]]) -> Iterator[tuple[re.Pattern[str], Operation]]:
    for service, document in documents.items():
        for template, operations in document["paths"].items():
            for method, described in operations.items():
                name = f"{method.upper()} {template}"
                pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(name))
                problems = dict(_problems(described["responses"], document["components"]))
                yield re.compile(pattern), Operation(service, name, described, {}, problems)


def _problems(responses: Mapping[str, Any], components: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the slug of each problem among these responses, and the reference to its schema."""
    for response in responses.values():
        if "$ref" in response:
            response = components["responses"][response["$ref"].rpartition("/")[2]]
        schema = response.get("content", {}).get(MEDIA_TYPE, {}).get("schema", {})
        for one in schema.get("oneOf", [schema] if schema else []):
            described = components["schemas"][one["$ref"].rpartition("/")[2]]
            yield described["properties"]["type"]["const"].removeprefix("/problems/"), one["$ref"]


def _titles(kind: ProblemType, *, of_part: bool) -> set[str]:
    """Return the titles of a problem of this kind; for a part, the gateway's."""
    if not of_part:
        return set(kind.titles.values())
    words = gateway_problems_of()
    own = words.types.get(kind.slug)
    return {*(own.titles if own else words.titles[kind.status]).values(), *words.titles[kind.status].values()}


def _json(where: str, content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise ContractViolation(f"{where} is no JSON: {content[:200]!r}") from None
