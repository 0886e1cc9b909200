"""`send` on a fake of the API: resuming, changed files, and refusals."""

import os
from pathlib import Path

import httpx
import pytest

from client.commands.i18n import LANGUAGE
from client.sources import file_id
from client.state_folder import StateFolder
from services.upload.domain.submission import AgentNeeded, RecipientsUnreadable
from tests.fakes.api.app import FakeApi
from tests.fakes.api.problems import problem, problem_of_part
from tests.unit.client.cli_runner import TO, Run, sign_in


def test_a_send_prints_its_recap_and_deletes_its_resume_state(run: Run, api: FakeApi, state: StateFolder) -> None:
    sign_in(run)
    Path("d").mkdir()
    Path("d/x").write_bytes(b"x" * 2_500)
    Path("y").write_bytes(b"")
    ended = run("send", "d", "y", *TO, "--days", "5", "--json")
    assert ended.code == 0, ended.errors
    assert {name: ended.document[name] for name in ("resumed", "sent_bytes", "resumed_bytes", "changed")} == {
        "resumed": False,
        "sent_bytes": 2_500,
        "resumed_bytes": 0,
        "changed": [],
    }
    assert state.names("sends") == []
    assert run("send", "d", "y", *TO, "--json").document["transfer"] != ended.document["transfer"]


def test_skipped_entries_are_named_and_the_rest_is_sent(run: Run, api: FakeApi) -> None:
    sign_in(run)
    Path("d/vide").mkdir(parents=True)
    Path("d/x").write_bytes(b"x")
    Path("d/casse").symlink_to("/nowhere/at/all")
    ended = run("send", "d", *TO, "--json")
    assert ended.code == 0, ended.errors
    assert ended.document["skipped"] == [
        {"path": "d/casse", "reason": "broken-link"},
        {"path": "d/vide", "reason": "empty-folder"},
    ]
    assert "d/casse" in ended.errors
    assert "d/vide" in ended.errors


@pytest.mark.parametrize(("folder", "name", "code"), [(b"d\xff", b"x", 0), (b"d", b"x\xff", 7)])
def test_a_name_that_is_not_text_is_refused_but_not_in_a_parent_folder(
    run: Run, api: FakeApi, folder: bytes, name: bytes, code: int
) -> None:
    sign_in(run)
    path = Path(os.fsdecode(folder)) / os.fsdecode(name)
    path.parent.mkdir()
    path.write_bytes(b"x")
    ended = run("send", str(path), *TO, "--json")
    assert ended.code == code, ended.errors
    assert "Traceback" not in ended.errors
    assert len(api.upload.transfers) == (code == 0)


def test_a_skipped_entry_may_have_a_name_that_is_not_text(run: Run, api: FakeApi) -> None:
    sign_in(run)
    Path("d", os.fsdecode(b"vide\xff")).mkdir(parents=True)
    Path("d/x").write_bytes(b"x")
    ended = run("send", "d", *TO, "--json")
    assert ended.code == 0, ended.errors
    assert [one["reason"] for one in ended.document["skipped"]] == ["empty-folder"]


def test_a_file_that_cannot_be_read_is_refused_before_anything_is_sent(
    run: Run, api: FakeApi, state: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(run)
    Path("d").mkdir()
    Path("d/ferme").write_bytes(b"x")
    monkeypatch.setattr("os.access", lambda path, mode: "ferme" not in str(path))
    ended = run("send", "d", *TO, "--json")
    assert ended.code == 7
    assert "d/ferme" in ended.document["error"]["title"]
    assert (api.upload.drafts, state.names("sends")) == ({}, [])


def test_a_file_that_the_service_lost_is_reported_as_sent_again(run: Run, api: FakeApi) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x" * 5_000)
    losses = ["/3/"]

    def discard(request: httpx.Request) -> None:
        if losses and losses[0] in request.url.path:
            losses.pop()
            api.upload.lost |= set(api.upload.parts)

    api.faults.append(discard)
    ended = run("send", "x", *TO, "--json")
    assert ended.code == 0, ended.errors
    assert ended.document["changed"] == [{"path": "x", "what": "lost"}]


def test_the_same_send_resumes_its_draft_and_another_send_does_not(run: Run, api: FakeApi, state: StateFolder) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x" * 9_500)
    Path("d").mkdir()
    Path("d/gone").write_bytes(b"gone")
    down = [problem_of_part("forbidden")] * 2
    api.faults.append(lambda request: down.pop() if "/7/" in request.url.path and down else None)
    assert run("send", "x", "d", *TO, "--parallel", "1").code == 3
    (note,) = state.names("sends")
    draft = str((state.read(note) or {})["draft"])
    Path("d/gone").unlink()
    Path("d/new").write_bytes(b"new")
    ended = run("send", "d", "x", *TO, "--text", "more", "--json")
    assert ended.code == 0, ended.errors
    assert ended.document["transfer"] == draft
    assert ended.document["resumed"] is True
    assert (ended.document["resumed_bytes"], ended.document["sent_bytes"]) == (6_000, 3_503)
    assert file_id(draft, "d/gone") not in {file["file"] for file in api.upload.transfers[draft]["files"]}
    assert "d/gone" in ended.errors


def test_a_send_that_is_refused_before_its_first_byte_leaves_nothing(
    run: Run, api: FakeApi, state: StateFolder
) -> None:
    sign_in(run)
    Path("x.exe").write_bytes(b"x")
    lonely = run("send", "x.exe", "--to", "s@ext.example", "--json")
    assert (lonely.code, lonely.document["error"]["type"]) == (3, "/problems/agent-needed")
    assert lonely.document["error"]["title"] == AgentNeeded.title(LANGUAGE)
    refused = run("send", "x.exe", *TO, "--json")
    assert (refused.code, refused.document["error"]["type"]) == (3, "/problems/extension-refused")
    assert refused.document["error"]["path"] == "x.exe"
    assert refused.document["error"]["title"].startswith("x.exe")
    assert api.upload.drafts == {}
    assert state.names("sends") == []
    assert not api.upload.puts


def test_recipients_that_are_not_addresses_are_named(run: Run, api: FakeApi, state: StateFolder) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x")
    ended = run(
        "send", "x", "--subject", "S", "--to", "rené@ville.example; a@ministere.example", "--cc", "\u200bMartin"
    )
    assert ended.code == 3
    title, first, second, *_ = ended.errors.splitlines()
    assert title == RecipientsUnreadable.title(LANGUAGE)
    assert "rené@ville.example" in first
    assert "Martin" in second
    assert api.upload.drafts == {}
    alone = run("send", "x", "--subject", "S", "--to", "rené@ville.example", "--json")
    assert alone.document["error"]["type"] == "/problems/recipients-unreadable"
    assert alone.document["error"]["unreadable"] == ["rené@ville.example"]


def test_a_domain_is_shown_in_unicode(run: Run, api: FakeApi) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x")
    ended = run("send", "x", *TO, "--cc", "Ana@mairie-évian.fr")
    assert ended.code == 0, ended.errors
    assert "Ana@mairie-évian.fr" in ended.errors


def test_one_draft_too_many_is_refused_with_that_reason(run: Run, api: FakeApi, state: StateFolder) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x")
    api.faults.append(
        lambda request: problem("too-many-drafts") if request.method == "PUT" and "drafts" in str(request.url) else None
    )
    ended = run("send", "x", *TO, "--json")
    assert (ended.code, ended.document["error"]["type"]) == (3, "/problems/too-many-drafts")
    assert state.names("sends") == []


def test_a_submitted_send_with_a_remaining_resume_state_is_submitted_once(
    run: Run, api: FakeApi, state: StateFolder
) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x")
    api.faults.append(lambda request: problem("agent-needed") if "submission" in request.url.path else None)
    assert run("send", "x", *TO).code == 3
    api.faults.clear()
    (draft,) = api.upload.drafts
    api.client().submit(draft)
    assert run("send", "x", *TO, "--json").document["transfer"] == draft
    assert state.names("sends") == []


def test_a_deleted_draft_is_replaced_by_a_new_one(run: Run, api: FakeApi, state: StateFolder) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x")
    api.faults.append(lambda request: problem("agent-needed") if "submission" in request.url.path else None)
    assert run("send", "x", *TO).code == 3
    (draft,) = api.upload.drafts
    api.faults[:] = [lambda request: problem("not-found") if draft in request.url.path else None]
    ended = run("send", "x", *TO, "--json")
    assert ended.code == 0, ended.errors
    assert ended.document["transfer"] != draft


def test_a_session_that_ends_during_a_send_keeps_the_draft(run: Run, api: FakeApi, state: StateFolder) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x")
    api.faults.append(lambda request: problem("session-expired") if "completion" in request.url.path else None)
    assert run("send", "x", *TO).code == 4
    assert len(state.names("sends")) == 1
    assert len(api.upload.drafts) == 1
