"""Whatever responds in place of the service, a command ends with a message and the right exit code."""

import copy
import itertools
import json
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from client.api import Api
from client.commands.app import main
from client.commands.exit_codes import ExitCode
from client.errors import ResponseFault, UnexpectedResponse
from client.response import MAX_RESPONSE_BYTES
from client.retry import NO_RETRY, RetryPolicy
from client.state_folder import StateFolder, document_name
from tests.fakes.api.app import SERVER, FakeApi
from tests.fakes.api.auth import ANSWER
from tests.fakes.api.call import token
from tests.fakes.api.cards import AGENT, KEY, PERSON, SENT, TOKEN
from tests.fakes.api.problems import problem
from tests.fakes.api.undescribed_routes import ContractViolation
from tests.unit.client.cli_runner import TO, CliResult
from tests.unit.client.test_transport import api_with_response

JsonPath = tuple[str | int, ...]
Rewrite = Callable[[int, httpx.Response], httpx.Response]
"""Return the response that replaces the n-th one."""

NAMES_AND_KEY = ["--last-name", "L", "--first-name", "A", "--key", KEY]
CASES = {
    "sign-in": (["sign-in", "a@ville.example", *NAMES_AND_KEY, "--server", SERVER], f"{ANSWER}\n{TOKEN}\n"),
    "sign-in --image": (
        ["sign-in", "a@ville.example", "--image", *NAMES_AND_KEY, "--server", SERVER],
        f"{ANSWER}\n{TOKEN}\n",
    ),
    "sign-out": (["sign-out"], ""),
    "whoami": (["whoami"], ""),
    "send": (["send", "x", *TO], ""),
    "get": (["get", f"{SERVER}/download/{TOKEN}", "--into", "into"], ""),
    "get --archive": (["get", f"{SERVER}/download/{TOKEN}", "--archive", "--into", "into"], ""),
    "status": (["status", SENT], ""),
    "status --all": (["status", "--all"], ""),
    "approve": (["approve", f"{SERVER}/approve/{TOKEN}", "--yes"], ""),
    "refuse": (["approve", f"{SERVER}/approve/{TOKEN}", "--yes", "--refuse", "non"], ""),
    "extend": (["extend", SENT, "14"], ""),
    "revoke": (["revoke", SENT, AGENT["address"], "--yes"], ""),
    "resend": (["resend", SENT, AGENT["address"]], ""),
    "remind": (["remind", SENT], ""),
    "delete": (["delete", SENT, "--yes"], ""),
}
OTHER_VALUES: tuple[Any, ...] = (..., None, 5, "x", [], {}, True, -1, [1], {"": None}, 10**400, "\ud800", 0.5)


def paths_of(document: Any, at: JsonPath = ()) -> Iterator[JsonPath]:
    """Yield the path of each value in a document."""
    yield at
    inside = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for step, value in inside:
        yield from paths_of(value, (*at, step))


def changed(document: Any, place: JsonPath, value: Any) -> Any:
    """Return the document with another value at the path; `...` removes it."""
    if not place:
        return {} if value is ... else value
    whole = copy.deepcopy(document)
    holder = whole
    for step in place[:-1]:
        holder = holder[step]
    if value is ...:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return whole


class CommandHarness:
    """Runs commands on a fake of the API whose responses a test may rewrite."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self._folder = folder
        self._numbers = itertools.count()

    def run(self, case: str, rewrite: Rewrite) -> CliResult:
        """Run a command with fresh files, session and API."""
        asked, says = CASES[case]
        here = self._folder / str(next(self._numbers))
        (here / "work").mkdir(parents=True)
        (here / "work" / "x").write_bytes(b"x" * 10)
        self._monkeypatch.chdir(here / "work")
        self._monkeypatch.setenv("XDG_STATE_HOME", str(here))
        self._monkeypatch.setattr("sys.stdin", StringIO(says))
        session = {"token": token(), "email": PERSON["address"], "server": SERVER}
        StateFolder(here / "melanissimo").write(f"sessions/{document_name(SERVER)}", session)
        api, numbers = FakeApi.populated(), itertools.count()
        api.download.offer_files({"a": b"a" * 10})

        def answer(request: httpx.Request) -> httpx.Response:
            try:
                found = api.answer(request)
            except (ContractViolation, LookupError, StopIteration):  # a rewritten value was sent back
                found = problem("not-found")
            return rewrite(next(numbers), found) if request.url.path.startswith("/api/") else found

        def connect(base_url: str, language: str, retry: RetryPolicy) -> Api:
            return Api(base_url, language, NO_RETRY, httpx.Client(transport=httpx.MockTransport(answer)))

        self._monkeypatch.setattr("client.commands.context.Api", connect)
        return CliResult(main(asked), *self._capsys.readouterr())


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandHarness:
    monkeypatch.delenv("MELANISSIMO_SERVER", raising=False)
    return CommandHarness(monkeypatch, capsys, tmp_path)


def with_content(answer: httpx.Response, content: bytes) -> httpx.Response:
    """Return the response with another body."""
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return httpx.Response(answer.status_code, headers=headers, content=content)


@pytest.mark.parametrize("case", CASES)
def test_no_member_of_a_response_can_break_a_command(harness: CommandHarness, case: str) -> None:
    """Each value in each response is once removed, or replaced by something else: which of them, goes round."""
    documents: list[Any] = []

    def listen(_number: int, answer: httpx.Response) -> httpx.Response:
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        documents.append(answer.json() if is_json else None)
        return answer

    assert harness.run(case, listen).code == 0
    others = itertools.cycle(OTHER_VALUES)
    for number, document in enumerate(documents):
        for place in paths_of(document) if document is not None else ():
            value = next(others)
            body = json.dumps(changed(document, place, value)).encode()
            ended = harness.run(case, lambda at, was: with_content(was, body) if at == number else was)  # noqa: B023
            said = f"answer {number} with {value} at {place}: {ended.errors}"
            assert "Traceback" not in ended.errors, said
            assert ended.code != ExitCode.UNEXPECTED, said


JSON_HEADERS = {"content-type": "application/json"}
BODIES: list[tuple[str, dict[str, Any]]] = [
    ("a list", {"json": [1, 2]}),
    ("a number", {"json": 5}),
    ("another document", {"json": {"login": "https://portal.example/"}}),
    ("a hundred thousand brackets", {"content": b"[" * 100_000, "headers": JSON_HEADERS}),
    ("many levels", {"content": b'{"a":' * 900 + b"1" + b"}" * 900, "headers": JSON_HEADERS}),
    ("half a document", {"content": b'{"files": [', "headers": JSON_HEADERS}),
    ("no text", {"content": b'"\xff\xfe"', "headers": JSON_HEADERS}),
    ("half a surrogate pair", {"content": rb'{"a": "\ud800"}', "headers": JSON_HEADERS}),
    ("a page", {"html": "<h1>Welcome</h1>"}),
    ("nothing", {}),
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("given", [given for _, given in BODIES], ids=[what for what, _ in BODIES])
def test_a_success_from_something_else_is_refused_with_its_host(
    harness: CommandHarness, case: str, given: dict[str, Any]
) -> None:
    ended = harness.run(case, lambda _number, _was: httpx.Response(200, **given))
    assert ended.code == ExitCode.UNAVAILABLE, ended.errors
    assert "api.example" in ended.errors
    assert "200" in ended.errors


def endless() -> Iterator[bytes]:
    while True:
        yield b" " * 1_000_000


@pytest.mark.parametrize("status", [200, 503])
def test_a_response_is_read_up_to_a_limit(status: int) -> None:
    answer = httpx.Response(status, content=endless(), headers=JSON_HEADERS)
    with pytest.raises(UnexpectedResponse) as caught:
        api_with_response(answer).limits()
    assert caught.value.fault is ResponseFault.TOO_LONG


def test_the_largest_responses_of_the_service_are_read() -> None:
    parts = [{"number": 10_000, "size_bytes": 2**26, "sha256": "f" * 64} for _ in range(10_000)]
    files = [{"file": TOKEN, "path": "é" * 1_000, "sha256": "f" * 64} for _ in range(1_000)]
    assert len(json.dumps(parts + files)) < MAX_RESPONSE_BYTES / 2


MEMBERS: dict[str, list[Any]] = {
    "problems": [5, [5], [{}, {}], 2 * [{"type": "x", "titles": 5}]],
    "unreadable": [5, [5]],
    "type": [5, None],
    "title": [{}],
}


@pytest.mark.parametrize(("member", "other"), [(name, other) for name in MEMBERS for other in MEMBERS[name]])
@pytest.mark.parametrize("case", ["get", "send", "whoami", "approve"])
def test_a_refusal_with_members_of_another_type_is_not_from_the_service(
    harness: CommandHarness, case: str, member: str, other: Any
) -> None:
    body = {"type": "/problems/x", "title": "X"} | {member: other}
    media_type = {"content-type": "application/problem+json"}
    ended = harness.run(case, lambda _number, _was: httpx.Response(403, json=body, headers=media_type))
    assert (ended.code, "Traceback" in ended.errors) == (ExitCode.UNAVAILABLE, False), ended.errors
    assert "api.example" in ended.errors


@pytest.mark.parametrize("wait", ["²", "٣", "-1", "1e9", "x", "", "9" * 5_000, "Fri, 21 Nov 2025 09:05:00 GMT"])
def test_an_invalid_retry_after_is_ignored(harness: CommandHarness, wait: str) -> None:
    headers = {b"retry-after": wait.encode(), b"content-type": b"application/problem+json"}
    body = json.dumps({"type": "/problems/unavailable", "title": "X"}).encode()
    ended = harness.run("get", lambda _number, _was: httpx.Response(503, headers=headers, content=body))
    assert (ended.code, "Traceback" in ended.errors) == (ExitCode.UNAVAILABLE, False), ended.errors


@pytest.mark.parametrize("date", ["", "x", "Fri, 21 Nov 2025 09:05:00 -0000", "Fri, 21 Nov 99999999999 09:05:00 GMT"])
def test_a_session_whose_response_has_no_date_is_refused(harness: CommandHarness, date: str) -> None:
    def undated(_number: int, was: httpx.Response) -> httpx.Response:
        was.headers["date"] = date
        return was

    ended = harness.run("whoami", undated)
    assert (ended.code, "Traceback" in ended.errors) == (ExitCode.UNAVAILABLE, False), ended.errors


@pytest.mark.parametrize(
    ("location", "is_moved"),
    [
        ("https://other.example/api/download/links/{}", True),
        ("http://api.example:8080/api/download/links/{}", True),
        ("https://portal.example/login", False),
        ("/api/download/links/{}", False),
    ],
)
def test_a_redirect_is_reported_with_its_target(harness: CommandHarness, location: str, is_moved: bool) -> None:
    headers = {"location": location.format(TOKEN)}
    ended = harness.run("get", lambda _number, _was: httpx.Response(307, headers=headers))
    assert ended.code == ExitCode.UNAVAILABLE
    assert "api.example" in ended.errors
    assert location.partition("/api/")[0] in ended.errors
    assert ("--server" in ended.errors) is is_moved, ended.errors
    assert ("proxy" in ended.errors) is not is_moved
