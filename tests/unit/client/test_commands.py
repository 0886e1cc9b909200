"""The other commands on a fake of the API: arguments, output and exit codes."""

import io
import shlex
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from client.commands.app import COMMANDS
from client.commands.i18n import ROLES
from client.commands.status import OUTCOMES
from client.state_folder import StateFolder
from tests.fakes.api.app import SERVER, FakeApi
from tests.fakes.api.auth import ANSWER, QUESTION
from tests.fakes.api.cards import KEY, PERSON, SENT, TOKEN, WHEN, decision, transfer
from tests.fakes.api.problems import problem
from tests.unit.client.cli_runner import TO, Run, sign_in


def test_signing_in_asks_again_after_a_wrong_answer_and_a_wrong_key(run: Run, api: FakeApi, state: StateFolder) -> None:
    says = ["3", ANSWER, f"{SERVER}/access/{TOKEN}", "Lovelace", "Ada", "WRONG", KEY]
    ended = run("sign-in", "a@ville.example", "--server", SERVER, "--json", says=says)
    assert ended.code == 0, ended.errors
    assert ended.document["email"] == "a@ville.example"
    assert ended.errors.count(QUESTION) == 2
    assert api.auth.wrong_keys == 1
    (kept,) = (state.folder / "sessions").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert api.auth.tokens[0] not in ended.output + ended.errors, "the token is never shown"


def test_the_challenge_image_is_written_to_the_shown_path_and_removed(
    run: Run, api: FakeApi, state: StateFolder
) -> None:
    seen: list[bool] = []

    def look(request: httpx.Request) -> None:
        if request.url.path.endswith("/links"):
            seen.append((state.folder / "human-check.png").exists())

    api.faults.append(look)
    ended = run("sign-in", "a@ville.example", "--image", "--server", SERVER, says=[ANSWER, TOKEN, "L", "A", KEY])
    assert ended.code == 0, ended.errors
    assert str(state.folder / "human-check.png") in ended.errors
    assert seen == [False]


def test_an_expired_session_is_reported_with_the_command_to_sign_in(run: Run, api: FakeApi) -> None:
    assert run("whoami", "--server", SERVER).code == 4
    sign_in(run)
    assert run("whoami", "--json").document["name"] == "Ada Lovelace"
    api.auth.session = None
    ended = run("whoami", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (4, 4)
    assert f"sign-in {PERSON['address']}" in ended.errors
    assert run("sign-out").code == 0
    assert run("whoami").code == 2, "no server is known any more"
    assert run("sign-out", "--server", SERVER, "--json").document["was_signed_in"] is False


def test_a_transfer_is_shown_without_control_characters_before_approval(run: Run, api: FakeApi) -> None:
    card = decision()
    card["snapshot"]["sender"]["declared_name"] = "Ada \x1b[31mLovelace"
    api.propagation.decisions[SENT], api.propagation.approvals[TOKEN] = card, SENT
    ended = run("approve", f"{SERVER}/approve/{TOKEN}", says=["n"])
    assert ended.code == 130
    assert "Ada [31mLovelace" in ended.errors
    assert "novembre.csv" in ended.errors
    assert card["decided"] is None
    assert run("approve", f"{SERVER}/approve/{TOKEN}").code == 2, "standard input is empty"
    ended = run("approve", f"{SERVER}/approve/{TOKEN}", "--refuse", "non", "--json", says=["oui"])
    assert ended.document["decided"]["reason"] == "non"
    assert run("approve", f"{SERVER}/approve/{TOKEN}", "--yes").code == 3
    assert not any("auth" in asked.url.path for asked in api.asked), "a link needs no session"


def test_a_transfer_is_shown_and_deleted(run: Run, api: FakeApi) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x")
    sent = run("send", "x", *TO, "--json").document["transfer"]
    card = run("status", sent, "--json").document
    assert card["transfer"]["transfer"] == sent
    assert [one["address"] for one in card["tracking"]["recipients"]] == ["d@ministere.example"]
    assert run("status", sent).output.startswith(sent)
    api.tracking.cards.clear()
    assert run("status", sent, "--json").document["tracking"] is None
    assert [one["transfer"] for one in run("status", "--all", "--json").document["transfers"]] == [sent]
    assert run("status").code == 2
    assert run("delete", sent, says=["n"]).code == 130
    assert run("delete", sent, "--yes", "--json").document["outcome"] == "withdrawn"


@pytest.mark.parametrize("outcome", ["withdrawn", "quarantined", "refused", "lapsed", "expired"])
def test_every_outcome_of_a_transfer_has_a_label(run: Run, api: FakeApi, outcome: str) -> None:
    sign_in(run)
    api.upload.transfers[SENT] = {**transfer(), "state": "closed", "outcome": outcome}
    assert f"  {OUTCOMES[outcome]}  " in run("status", SENT).output


def test_a_transfer_is_extended_revoked_resent_and_reminded(run: Run, api: FakeApi) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x")
    sent = run("send", "x", *TO, "--to", "e@ministere.example", "--json").document["transfer"]
    assert run("extend", sent, "14", "--json").document["ends_at"].startswith("2025-12-05")
    assert run("extend", sent, "0").code == 2
    recipients = api.tracking.cards[sent]["recipients"]
    assert run("revoke", sent, "d@ministere.example", says=["n"]).code == 130
    assert [one["revoked_at"] for one in recipients] == [None, None]
    assert run("resend", sent, "d@ministere.example").code == 0
    assert "d@ministere.example" in run("remind", sent, "d@ministere.example").output
    assert run("revoke", sent, "d@ministere.example", "--yes").code == 0
    assert [one["revoked_at"] for one in recipients] == [WHEN, None]
    assert run("remind", sent, "--json").document["reminded"] == ["e@ministere.example"]
    asked = [("resendings", "d@ministere.example"), ("reminders", "d@ministere.example"), ("reminders", None)]
    assert list(api.tracking.wishes.values()) == asked


def test_attempts_limits_the_requests_to_a_service_that_is_down(run: Run, api: FakeApi) -> None:
    def down(request: httpx.Request) -> Any:
        raise httpx.ConnectError("down")

    api.faults.append(down)
    ended = run("get", f"{SERVER}/download/{TOKEN}", "--attempts", "3", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (5, 5)
    assert len(api.pauses) == 2


def test_a_long_retry_after_is_reported_without_waiting(run: Run, api: FakeApi) -> None:
    api.faults.append(lambda request: problem("too-many-requests", retry_after="3600"))
    assert run("get", f"{SERVER}/download/{TOKEN}").code == 3
    assert api.pauses == []


@pytest.mark.parametrize(
    "asked",
    [
        ["get"],
        ["nothing"],
        ["send", "nowhere", "--to", "x"],
        ["get", "http://far.example/download/abcdefghij"],
        ["get", f"https://u:p@far.example/download/{TOKEN}"],
        ["get", f"{SERVER}/download/"],
        ["get", f"{SERVER}/download/{TOKEN}", "--attempts", "0"],
        ["status", "--all", "x", "--server", SERVER],
        ["send", ".", "--draft", "x", "--server", SERVER],
    ],
)
def test_invalid_usage_ends_with_code_two_and_one_document(run: Run, asked: list[str]) -> None:
    ended = run(*asked, "--json")
    assert ended.code == 2, ended.errors
    assert ended.document["error"]["code"] == 2


@pytest.mark.parametrize(
    "asked",
    [
        ["send", "x", "--to", "d@ministere.example", "--subject", "\udcff"],
        ["send", "x", "--to", "\udcff@ministere.example", "--subject", "s"],
        ["send", "x", *TO, "--text", "\udcff"],
        ["get", f"{SERVER}/download/{TOKEN}", "--file", "\udcff"],
        ["get", f"{SERVER}/download/{TOKEN}", "--server", "https://\udcff.example"],
        ["status", "\udcff"],
        ["approve", f"{SERVER}/approve/{TOKEN}", "--refuse", "\udcff"],
        ["sign-in", "\udcff@ville.example", "--server", SERVER],
    ],
)
def test_arguments_that_are_not_utf_8_are_refused_before_any_request(run: Run, api: FakeApi, asked: list[str]) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x")
    api.asked.clear()
    ended = run(*asked, "--json")
    assert (ended.code, ended.document["error"]["code"]) == (2, 2)
    assert "UTF-8" in ended.errors
    assert api.asked == []


def test_answers_that_are_not_utf_8_are_refused(run: Run, api: FakeApi) -> None:
    api.propagation.decisions[SENT], api.propagation.approvals[TOKEN] = decision(), SENT
    stdin = io.TextIOWrapper(io.BytesIO(b"\xff\n"), encoding="utf-8")
    ended = run("approve", f"{SERVER}/approve/{TOKEN}", stdin=stdin)
    assert ended.code == 2
    assert "UTF-8" in ended.errors


def test_the_role_of_a_recipient_is_translated(run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROLES, "external", "translated")
    sign_in(run)
    Path("x").write_bytes(b"x")
    sent = run("send", "x", *TO, "--cc", "s@ext.example", "--json").document["transfer"]
    said = run("status", sent).output
    assert "s@ext.example (translated)" in said


def test_ctrl_c_shows_how_to_resume(run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(request: httpx.Request) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["x", "get", "a link"])
    api.faults.append(interrupt)
    ended = run("get", f"{SERVER}/download/{TOKEN}", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (130, 130)
    assert "melanissimo get 'a link'" in ended.errors


@pytest.mark.parametrize("name", ["l'été.pdf", "$(touch PWNED)", "-b.txt", "a:heart:b", "a\x1b[2Jb", "a\nb"])
def test_the_command_that_resumes_is_shown_quoted_for_a_shell_or_not_at_all(
    run: Run, api: FakeApi, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def interrupt(request: httpx.Request) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["x", "send", name])
    api.faults.append(interrupt)
    ended = run("get", f"{SERVER}/download/{TOKEN}")
    shown = [shlex.split(line) for line in ended.errors.splitlines() if line.startswith("  melanissimo")]
    assert shown == ([["melanissimo", "send", name]] if name.isprintable() else [])
    assert "\x1b" not in ended.errors


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_lists_the_exit_codes(run: Run, command: str) -> None:
    ended = run(command, "--help")
    assert ended.code == 0
    for said in ("0", "2", "3", "4", "5", "6", "7", "130", "--json", "--server"):
        assert said in ended.output


def test_signing_in_with_a_link_needs_no_address(run: Run, api: FakeApi) -> None:
    given = ["--link", TOKEN, "--key", KEY, "--last-name", "Lovelace", "--first-name", "Ada", "--server", SERVER]
    ended = run("sign-in", *given, "--json")
    assert (ended.code, ended.document["email"]) == (0, PERSON["address"])
    without = run("sign-in", "--server", SERVER)
    assert without.code == 2
