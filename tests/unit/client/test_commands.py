"""What is typed, what is read, and how it ends: the command line against a door that holds state."""

import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from client.commands.line import COMMANDS
from client.state import State
from tests.unit.client.door import refusal
from tests.unit.client.house import SERVER, TOKEN, House
from tests.unit.client.typing_in import TO, Run, sign_in


def test_signing_in_asks_again_after_a_wrong_answer_and_after_a_wrong_key(run: Run, house: House, state: State) -> None:
    says = ["3", "2", f"{SERVER}/access/{TOKEN}", "Lovelace", "Ada", "WRONG", "KEY"]
    ended = run("sign-in", "a@ville.example", "--server", SERVER, "--json", says=says)
    assert ended.code == 0, ended.errors
    assert ended.document["email"] == "a@ville.example"
    assert ended.errors.count("Combien font un plus un ?") == 2
    assert house.wrong_keys == 1
    (kept,) = (state.folder / "sessions").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert "token-0" not in ended.output + ended.errors, "the session is shown to nobody"


def test_the_picture_is_written_where_it_is_said_and_removed(run: Run, house: House, state: State) -> None:
    seen: list[bool] = []

    def look(request: httpx.Request) -> None:
        if request.url.path.endswith("/links"):
            seen.append((state.folder / "human-check.png").exists())

    house.faults.append(look)
    ended = run("sign-in", "a@ville.example", "--image", "--server", SERVER, says=["2", TOKEN, "L", "A", "KEY"])
    assert ended.code == 0, ended.errors
    assert str(state.folder / "human-check.png") in ended.errors
    assert seen == [False]


def test_a_session_that_has_ended_is_told_with_what_to_do(run: Run, house: House) -> None:
    assert run("whoami", "--server", SERVER).code == 4
    sign_in(run)
    assert run("whoami", "--json").document["name"] == "Ada Lovelace"
    house.is_signed_in = False
    ended = run("whoami", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (4, 4)
    assert "sign-in a@ville.example" in ended.errors
    assert run("sign-out").code == 0
    assert run("whoami").code == 2, "no server is known any more"
    assert run("sign-out", "--server", SERVER, "--json").document["was_signed_in"] is False


def test_what_is_to_be_decided_is_shown_first_without_what_would_command_a_terminal(run: Run, house: House) -> None:
    house.stored = {"plan.pdf": b"x"}
    ended = run("approve", f"{SERVER}/approve/{TOKEN}", says=["n"])
    assert ended.code == 130
    assert "Ada [31mLovelace" in ended.errors
    assert "plan.pdf" in ended.errors
    assert house.decided is None
    assert run("approve", f"{SERVER}/approve/{TOKEN}").code == 2, "nobody is there to answer"
    ended = run("approve", f"{SERVER}/approve/{TOKEN}", "--refuse", "non", "--json", says=["oui"])
    assert ended.document["decided"]["reason"] == "non"
    assert run("approve", f"{SERVER}/approve/{TOKEN}", "--yes").code == 3
    assert not any("auth" in asked for asked in house.asked), "a link needs no session"


def test_a_transfer_is_followed_and_deleted(run: Run, house: House) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x")
    transfer = run("send", "x", *TO, "--json").document["transfer"]
    card = run("status", transfer, "--json").document
    assert card["transfer"]["transfer"] == transfer
    assert card["tracking"] is None
    assert run("status", transfer).output.startswith(transfer)
    assert [one["transfer"] for one in run("status", "--all", "--json").document["transfers"]] == [transfer]
    assert run("status").code == 2
    assert run("delete", transfer, says=["n"]).code == 130
    assert run("delete", transfer, "--yes", "--json").document["outcome"] == "withdrawn"


def test_what_was_sent_is_extended_revoked_for_one_sent_again_and_recalled(run: Run, house: House) -> None:
    sign_in(run)
    Path("x").write_bytes(b"x")
    transfer = run("send", "x", *TO, "--json").document["transfer"]
    assert run("extend", transfer, "14", "--json").document["ends_at"].startswith("2026-03-14")
    assert run("extend", transfer, "0").code == 2
    assert run("revoke", transfer, "a@ville.example", says=["n"]).code == 130
    assert house.revoked == []
    assert run("revoke", transfer, "a@ville.example", "--yes").code == 0
    assert run("resend", transfer, "b@ville.example").code == 0
    assert run("remind", transfer, "--json").document["reminded"] == ["sacha@firme.example"]
    assert "b@ville.example" in run("remind", transfer, "b@ville.example").output
    assert house.revoked == ["a@ville.example"]
    assert list(house.wishes.values()) == ["b@ville.example", None, "b@ville.example"]


def test_a_service_that_does_not_answer_is_asked_so_many_times(run: Run, house: House) -> None:
    def down(request: httpx.Request) -> Any:
        raise httpx.ConnectError("down")

    house.faults.append(down)
    ended = run("get", f"{SERVER}/download/{TOKEN}", "--attempts", "3", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (5, 5)
    assert len(house.pauses) == 2


def test_who_is_asked_to_come_back_in_an_hour_is_told_so_at_once(run: Run, house: House) -> None:
    house.faults.append(lambda request: refusal(429, "too-many", retry_after="3600"))
    assert run("get", f"{SERVER}/download/{TOKEN}").code == 3
    assert house.pauses == []


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
def test_a_command_that_is_not_understood_ends_with_two_and_one_document(run: Run, asked: list[str]) -> None:
    ended = run(*asked, "--json")
    assert ended.code == 2, ended.errors
    assert ended.document["error"]["code"] == 2


def test_ctrl_c_says_how_to_go_on(run: Run, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(request: httpx.Request) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["x", "get", "a link"])
    house.faults.append(interrupt)
    ended = run("get", f"{SERVER}/download/{TOKEN}", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (130, 130)
    assert "melanissimo get 'a link'" in ended.errors


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_how_it_may_end(run: Run, command: str) -> None:
    ended = run(command, "--help")
    assert ended.code == 0
    for said in ("0", "2", "3", "4", "5", "6", "7", "130", "--json", "--server"):
        assert said in ended.output
