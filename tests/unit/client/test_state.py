"""What is stored between commands, and parsing of pasted links."""

import threading
from pathlib import Path

import pytest

from client.draft_fields import DraftFields
from client.links import InvalidLink, InvalidServerUrl, parse_link, parse_server_url
from client.resume_state import ResumeState
from client.session_store import SessionStore
from client.state_folder import StateFolder, document_name
from tests.fakes.api.app import SERVER, FakeApi
from tests.fakes.api.cards import KEY, PERSON, TOKEN


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def test_a_document_is_private_and_replaced_atomically(state: StateFolder) -> None:
    names = [f"{number}" for number in range(8)]
    threads = [threading.Thread(target=state.write, args=("a/b.json", {"name": name * 50_000})) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set((state.read("a/b.json") or {})["name"])) == 1
    assert [path.name for path in (state.folder / "a").iterdir()] == ["b.json"]
    assert (state.folder / "a" / "b.json").stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in (state.folder, state.folder / "a")} == {0o700}


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00"])
def test_an_invalid_document_counts_as_missing(state: StateFolder, content: str) -> None:
    state.write("x.json", {})
    (state.folder / "x.json").write_text(content)
    assert state.read("x.json") is None
    assert state.read("y.json") is None
    state.remove("y.json")


def test_the_state_folder_follows_the_xdg_specification() -> None:
    assert StateFolder.for_user({"XDG_STATE_HOME": "/x"}).folder == Path("/x/melanissimo")
    assert (
        StateFolder.for_user({"XDG_STATE_HOME": "relative"}).folder == Path.home() / ".local" / "state" / "melanissimo"
    )
    assert StateFolder.for_user({}).folder == Path.home() / ".local" / "state" / "melanissimo"


def test_names_of_documents_are_readable_and_distinct() -> None:
    assert document_name("https://a.example").startswith("https-a.example-")
    assert (
        len({document_name(text) for text in ("https://a/b", "https://a-b", "https://a.b", "é" * 300, "è" * 300)}) == 5
    )
    assert all("/" not in document_name(text) and len(document_name(text)) < 100 for text in ("../../x", "/" * 300))


def test_each_renewal_of_a_session_is_stored_for_the_next_command(api: FakeApi, state: StateFolder) -> None:
    client, tokens = api.client(), api.auth.tokens
    sessions = SessionStore(state)
    sessions.store_sessions_of(client)
    client.open_session(TOKEN, KEY, "Lovelace", "Ada")
    client.renew_session()
    later = api.client()
    found = SessionStore(state).restore(later)
    assert found is not None
    assert (found["email"], later.transport.token) == (PERSON["address"], tokens[1])
    later.renew_session()
    assert (sessions.get(SERVER) or {})["token"] == tokens[2]
    assert sessions.only_server() == SERVER
    state.write("sessions/other.json", {"server": "https://other.example"})
    assert sessions.only_server() is None
    sessions.forget(SERVER)
    assert sessions.restore(api.client()) is None


def test_a_send_is_identified_by_its_recipients_and_files(state: StateFolder) -> None:
    def stored_draft(fields: DraftFields, *paths: str, email: str = "a@x") -> str | None:
        return ResumeState(state, "https://s", email, fields, map(Path, paths)).draft()

    first = ResumeState(
        state, "https://s", "a@x", DraftFields(to=("b@x", "c@x"), subject="one"), [Path("f"), Path("g")]
    )
    draft = first.save()
    assert stored_draft(DraftFields(to=("c@x", "b@x"), subject="two"), "g", "f") == draft
    assert stored_draft(DraftFields(to=("b@x",)), "f", "g") is None
    assert stored_draft(DraftFields(to=("b@x", "c@x")), "f") is None
    assert stored_draft(DraftFields(cc=("b@x", "c@x")), "f", "g") is None
    assert stored_draft(DraftFields(to=("b@x", "c@x")), "f", "g", email="z@x") is None
    first.clear()
    assert first.draft() is None


@pytest.mark.parametrize(
    ("text", "token", "server"),
    [
        ("https://m.example/download/abc-DEF_123", "abc-DEF_123", "https://m.example"),
        (" <https://m.example:8443/base/download/abcdefgh?x#y> ", "abcdefgh", "https://m.example:8443/base"),
        ("http://127.0.0.1:8080/download/abcdefgh/more", "abcdefgh", "http://127.0.0.1:8080"),
        ("abcdefgh", "abcdefgh", None),
    ],
)
def test_a_link_is_parsed_with_its_server_or_as_a_token(text: str, token: str, server: str | None) -> None:
    link = parse_link(text, "download")
    assert (link.token, link.server) == (token, server)


@pytest.mark.parametrize("text", ["", "abc", "a b c d e f g h", "https://m.example/approve/abcdefgh", "../../etc"])
def test_text_that_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(InvalidLink):
        parse_link(text, "download")


@pytest.mark.parametrize(
    "text",
    [
        "http://m.example",
        "ftp://127.0.0.1",
        "m.example",
        "https://",
        "https://u:p@m.example",
        "https://m.example:x",
        "https://m.example?x",
        "http://localhost.evil.example",
        "javascript:alert(1)",
        "http://127.0.0.1@evil.example",
    ],
)
def test_a_server_url_without_encryption_or_with_extras_is_refused(text: str) -> None:
    with pytest.raises(InvalidServerUrl):
        parse_server_url(text)
