"""The rules of the house that the import linter cannot check."""

import ast
import importlib
import json
import pkgutil
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

import services
from services.contracts.events import ALL_EVENTS
from services.kit.aggregate import Aggregate
from services.kit.events import Event
from services.kit.logs import ALLOWED_FIELDS
from services.kit.refusals import Refusal

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("auth", "upload", "propagation", "notify", "download")
DOORS = {
    "motor": "mongo.py",
    "pymongo": "mongo.py documents.py",
    "aio_pika": "bus.py dead_letters.py",
    "minio": "objects.py",
    "jose": "tokens.py",
    "prometheus_client": "metrics.py",
}
DOMAIN_WORDS = re.compile(
    r"\b(transfer|recipient|approv\w*|propagation|download\w*|upload\w*|agent|draft|captcha|delivery|parcel)s?\b",
    re.IGNORECASE,
)
S3_NAMES = ("upload_id", "upload_marker", "multipart_uploads", "_list_multipart_uploads")
FORBIDDEN_WORDS = {
    *("util", "utils", "helper", "helpers", "common", "manager", "processor", "base", "misc"),
    *("counter", "shelf", "shelves", "judge", "judges", "cemetery", "grave", "graves", "postman", "secretary"),
    *("stationery", "bell", "lane", "lanes", "house", "world", "desk", "errand", "rig", "played"),
}
"""They say nothing of what a thing does: names without a meaning, and metaphors where the field has a term."""
IN_EVERY_SERVICE = {"Deps", "Settings"}
Defined = TypeVar("Defined")
MAX_FILE_LINES, MAX_FUNCTION_LINES = 400, 40


def modules(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    for room in rooms or ("",):
        for path in sorted((ROOT / "services" / room).rglob("*.py")):
            yield path, ast.parse(path.read_text())


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("driver", DOORS)
def test_each_driver_has_one_door(driver: str) -> None:
    through = {path.name for path, tree in modules() if any(name.split(".")[0] == driver for name in imports(tree))}
    assert through <= set(DOORS[driver].split())


def test_text_and_domains_of_others_have_one_door_that_bounds_them() -> None:
    """Normalising takes quadratic time, and encoding a domain much for its length."""
    doors = {"services/kit/text.py", "services/kit/addresses.py", "services/kit/idn.py", "client/safe_paths.py"}
    costly = re.compile(r"\b(normalize|is_normalized)\b|\bidna\b|email_validator|punycode")
    rooms = [path for room in ("services", "portal", "client") for path in (ROOT / room).rglob("*.py")]
    names = {str(path.relative_to(ROOT)): path.read_text() for path in rooms if "node_modules" not in path.parts}
    assert {name for name, text in names.items() if costly.search(text)} == doors


def _strings_and_lists(schema: dict[str, Any], document: dict[str, Any], at: str) -> Iterator[tuple[str, bool]]:
    """Each string and each list in a schema, by its place, and whether it has a bound."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for other in schema.get("anyOf", []):
        yield from _strings_and_lists(other, document, at)
    for name, field in schema.get("properties", {}).items():
        yield from _strings_and_lists(field, document, f"{at}.{name}")
    if schema.get("type") == "string":
        yield at, any(bound in schema for bound in ("maxLength", "enum", "const", "pattern", "format"))
    if schema.get("type") == "array":
        yield at, "maxItems" in schema
        yield from _strings_and_lists(schema["items"], document, f"{at}[]")


def test_every_string_and_list_that_an_api_takes_has_a_bound() -> None:
    bounds: dict[str, bool] = {}
    for path in sorted((ROOT / "docs" / "openapi").glob("*.json")):
        document = json.loads(path.read_text())
        for address, operations in document["paths"].items():
            for method, operation in operations.items():
                for body in operation.get("requestBody", {}).get("content", {}).values():
                    bounds |= _strings_and_lists(body["schema"], document, f"{method.upper()} {address}")
    assert len(bounds) > 20
    assert [at for at, is_bounded in bounds.items() if not is_bounded] == []


def test_every_module_opens_with_a_sentence() -> None:
    dumb = [str(path) for path, tree in modules() if not (ast.get_docstring(tree) or "").strip()]
    assert dumb == []


def test_the_kit_knows_no_word_of_the_domain() -> None:
    s3_says = {f"objects.py: {name}" for name in S3_NAMES}
    knowing = {
        f"{path.name}: {name}"
        for path, tree in modules("kit")
        for name in _names(tree)
        if DOMAIN_WORDS.search(name.replace("_", " "))
    }
    assert knowing <= s3_says


def _names(tree: ast.Module) -> Iterator[str]:
    """Every name that the module gives: of functions, classes, arguments and variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def test_only_the_publisher_constructs_an_event() -> None:
    publishers = {event.__name__: event.type.split(".")[0] for event in ALL_EVENTS}
    trespassers = []
    for service in SERVICES:
        for path, tree in modules(service):
            calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
            names = [func.id for func in calls if isinstance(func, ast.Name) and func.id in _from_contracts(tree)]
            trespassers += [f"{path}: {name}" for name in names if publishers.get(name, service) != service]
    assert trespassers == []


def _from_contracts(tree: ast.Module) -> set[str]:
    """What a module takes from the contracts; a refusal may have the name of the event that brings it about."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    of = [node for node in found if (node.module or "").startswith("services.contracts.")]
    return {alias.asname or alias.name for node in of for alias in node.names}


def test_only_the_clock_tells_the_time() -> None:
    asking = re.compile(r"datetime\.(now|utcnow|today)\(|time\.(time|monotonic|perf_counter)\(|date\.today\(")
    found = [str(path) for path, _ in modules() if path.name != "clock.py" and asking.search(path.read_text())]
    assert found == []


def test_the_environment_is_read_in_settings_only() -> None:
    reading = {str(path.relative_to(ROOT / "services")) for path, _ in modules() if "os.environ" in path.read_text()}
    assert reading <= {"kit/settings.py", "kit/dead_letters.py", "contracts/__main__.py"}


def test_no_middleware_changes_a_scope_that_the_server_still_uses() -> None:
    changing = re.compile(r"\bscope\[[^\]]+\] *=[^=]|\bscope\.(setdefault|update|pop|clear)\(|\bdel scope\[")
    paths = [path for room in ("services", "portal") for path in (ROOT / room).rglob("*.py")]
    assert [str(path) for path in paths if changing.search(path.read_text())] == []


def test_no_class_name_is_used_twice() -> None:
    defined = Counter(
        node.name
        for _, tree in named_modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert {name for name, count in defined.items() if count > 1} <= IN_EVERY_SERVICE


def test_no_module_class_or_function_has_a_word_without_a_meaning_in_its_name() -> None:
    found = {
        name
        for path, tree in named_modules()
        for name in _definitions(path, tree)
        if FORBIDDEN_WORDS.intersection(_spelled(name))
    }
    assert found == set()


def test_every_aggregate_is_a_word_of_the_glossary() -> None:
    rows = [
        line.split("|")[2] for line in (ROOT / "docs" / "glossary.md").read_text().splitlines() if line.count("|") == 4
    ]
    terms = {term.strip() for row in rows for term in re.split(r"[+(]", row)}
    aggregates = {found.__name__ for found in _subclasses(Aggregate) if found.__module__.startswith("services.")}
    assert {name for name in aggregates if " ".join(_spelled(name)) not in terms} == set()


def named_modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield each module of the project, of the tests those that others import."""
    for room in ("services", "portal", "client", "devstack", "bench", "deploy", "tools", "tests"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if "node_modules" not in path.parts and not path.name.startswith("test_"):
                yield path, ast.parse(path.read_text())


def _definitions(path: Path, tree: ast.Module) -> Iterator[str]:
    """Yield the names of the module, of its folders and of its classes and functions."""
    yield from path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def _spelled(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def _subclasses(of: type[Defined]) -> Iterator[type[Defined]]:
    """Yield every direct and indirect subclass that a module of the services defines, in any order."""
    _import_services()
    waiting = [of]
    while waiting:
        for found in waiting.pop().__subclasses__():
            waiting.append(found)
            yield found


def _import_services() -> None:
    """Import every module of the services, so that their classes are known."""
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def test_every_service_has_the_same_file_names() -> None:
    for service in SERVICES:
        folder = ROOT / "services" / service
        grown = {f"{path.parent.name}.py" for path in folder.glob("*/__init__.py")}
        names = grown | {path.name for path in folder.glob("*.py")}
        expected = {"__init__.py", "__main__.py", "app.py", "deps.py", "domain.py", "settings.py", "store.py"}
        assert expected <= names, service


def test_no_file_and_no_function_is_too_long() -> None:
    long = []
    for path, tree in modules():
        if len(path.read_text().splitlines()) > MAX_FILE_LINES:
            long.append(str(path))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        long += [f"{path}: {found.name}" for found in functions if _lines(found) > MAX_FUNCTION_LINES]
    assert long == []


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno


def test_every_refusal_speaks_french_and_english() -> None:
    silent, slugs = [], []
    for refusal in _subclasses(Refusal):
        if refusal.__module__.startswith("services."):
            slugs.append(refusal.slug())
            if not refusal.__dict__.get("title_fr") or not refusal.__doc__:
                silent.append(refusal.__name__)
    assert silent == []
    assert len(slugs) == len(set(slugs)), "one name, one refusal"


def test_every_service_handles_exactly_the_events_that_it_subscribes_to() -> None:
    for service in SERVICES:
        declared = {event.__name__ for event in ALL_EVENTS if service in event.subscribers}
        path = ROOT / "services" / service / "handlers.py"
        heard = _table_of_contents(path) if path.exists() else set()
        assert heard == declared, service


def _table_of_contents(path: Path) -> set[str]:
    """The keys of the dictionary that `subscriptions` returns."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == "subscriptions":
            keys = [key for found in ast.walk(node) if isinstance(found, ast.Dict) for key in found.keys]
            return {key.id for key in keys if isinstance(key, ast.Name)}
    raise AssertionError(f"{path} has no table of contents")


def test_every_event_is_listed_once_and_its_type_is_its_publisher_and_its_name() -> None:
    assert len({event.type for event in ALL_EVENTS}) == len(ALL_EVENTS)
    defined = {found for found in Event.__subclasses__() if found.__module__.startswith("services.contracts.")}
    assert defined == set(ALL_EVENTS)
    for event in ALL_EVENTS:
        publisher, name, _version = event.type.split(".")
        assert publisher == event.__module__.split(".")[-1]
        assert name == re.sub(r"(?<!^)(?=[A-Z])", "-", event.__name__).lower()
        assert event.subscribers, f"nobody subscribes to {event.type}"


def test_every_field_of_a_log_line_is_an_allowed_one() -> None:
    dropped = []
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                of = node.func.value
                if isinstance(of, ast.Call) and isinstance(of.func, ast.Name) and of.func.id == "logger":
                    given = {keyword.arg for keyword in node.keywords} - {"exc_info"}
                    dropped += [f"{path}: {field}" for field in given if field not in ALLOWED_FIELDS]
    assert dropped == []


def test_the_repository_names_no_machine_and_no_registry() -> None:
    machine = r"/(?:home|root|Users)/\w|/work/(?:main|shared)"
    registry = "|".join(("pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.", r"deb\.deb" + "ian"))
    telling = re.compile(f"{machine}|{registry}")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in tracked.stdout.splitlines()]
    assert [path for path in paths if path.is_file() and telling.search(path.read_text(errors="replace"))] == []
