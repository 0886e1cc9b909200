"""The command line, from sign-in to deletion: every step works, every document is valid JSON."""

from pathlib import Path

import pytest

from client.errors import Json
from devstack.people import DECISION, OFFER, ApiUser
from tests.e2e.client_machine import ClientMachine
from tests.e2e.scenario import Scenario
from tests.eventually import until

FILES = {
    "Dossier d’été/plan.txt": b"le plan",
    "Dossier d’été/Annexes à lire/vide.txt": b"",
    "seul.bin": b"x" * 9_000_000,
}


@pytest.fixture
def machine(scenario: Scenario, tmp_path: Path) -> ClientMachine:
    return ClientMachine(scenario, tmp_path)


def link_of(person: ApiUser, page: str) -> str:
    return next(link for link in person.wait_for_mail(page).links if f"/{page}/" in link)


def put_files(machine: ClientMachine) -> None:
    for name, content in FILES.items():
        path = machine.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_a_sender_sends_and_deletes_an_agent_approves_and_everybody_downloads(machine: ClientMachine) -> None:
    scenario = machine.scenario
    sender, other = scenario.external("camille", signed_in=False), scenario.external("sacha", signed_in=False)
    agent = scenario.agent("dominique")
    session = machine.signed_in(sender)
    assert session.code == 0, session.errors
    assert session.document["email"] == sender.address
    assert machine.run("whoami", "--json").document["name"] == f"{sender.first_name} {sender.last_name}"
    assert all(path.stat().st_mode & 0o077 == 0 for path in machine.state.rglob("*.json"))

    put_files(machine)
    sent = send(machine, agent, other)
    assert get(machine, agent, "agent") == FILES

    shown = machine.run("approve", link_of(agent, DECISION), says=["n"])
    assert shown.code == 130
    assert "Objet du test" in shown.errors
    assert scenario.has_no_link(other)
    approved = machine.run("approve", link_of(agent, DECISION), "--yes", "--json")
    assert approved.document["state"] == "approved"
    assert get(machine, other, "other") == FILES
    track(machine, sent)
    change(machine, sent, agent, other)

    deleted = machine.run("delete", sent["transfer"], "--yes", "--json")
    assert deleted.document["outcome"] == "withdrawn"
    until(lambda: machine.run("get", link_of(other, OFFER), "--into", "late").code == 3, "the link is dead")
    assert machine.run("sign-out", "--json").document["was_signed_in"] is True
    assert machine.run("whoami").code == 4


def send(machine: ClientMachine, agent: ApiUser, other: ApiUser) -> Json:
    people = ["--to", agent.address, "--cc", other.address]
    ended = machine.run(
        "send", "Dossier d’été", "seul.bin", *people, "--subject", "Objet du test", "--days", "5", "--json"
    )
    assert ended.code == 0, ended.errors
    recap = ended.document
    assert recap["needs_approval"] is True
    assert recap["approvers"] == [agent.address]
    assert {file["path"] for file in recap["files"]} == set(FILES)
    assert (recap["resumed"], recap["sent_bytes"], recap["resumed_bytes"]) == (False, 9_000_007, 0)
    assert not list((machine.state / "melanissimo" / "sends").glob("*"))
    return recap


def get(machine: ClientMachine, person: ApiUser, into: str) -> dict[str, bytes]:
    """What somebody finds in their folder; a second time nothing is fetched."""
    link = link_of(person, OFFER)
    first = machine.run("get", link, "--into", into, "--json")
    assert first.code == 0, first.errors
    again = machine.run("get", link, "--into", into, "--json").document
    assert {file["outcome"] for file in again["files"]} == {"already-there"}
    folder = machine.files / into
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def track(machine: ClientMachine, sent: Json) -> None:
    def everybody_has_it() -> bool:
        card = machine.run("status", sent["transfer"], "--json").document
        return all(one["has_everything"] for one in card["tracking"]["recipients"])

    until(everybody_has_it, "the sender sees that everybody has it")
    every = machine.run("status", "--all", "--json").document
    assert [one["transfer"] for one in every["transfers"]] == [sent["transfer"]]


def change(machine: ClientMachine, sent: Json, agent: ApiUser, other: ApiUser) -> None:
    """A later end, the link once more, nobody left to remind, one recipient less."""
    transfer = sent["transfer"]
    assert machine.run("extend", transfer, "10", "--json").document["validity_days"] == 10
    assert machine.run("extend", transfer, "4").code == 3
    assert machine.run("resend", transfer, agent.address).code == 0
    agent.wait_for_mail(OFFER, seen=1)
    refused = machine.run("remind", transfer, "--json")
    assert (refused.code, refused.document["error"]["type"]) == (3, "/problems/nobody-to-remind")
    assert machine.run("revoke", transfer, other.address, "--yes").code == 0
    assert machine.run("get", link_of(other, OFFER), "--into", "revoked").code == 3
    card = machine.run("status", transfer, "--json").document
    gone = [one["address"] for one in card["tracking"]["recipients"] if one["revoked_at"]]
    assert gone == [other.address]
    assert machine.run("status", transfer).code == 0


def test_one_file_by_name_and_everything_as_one_archive(machine: ClientMachine) -> None:
    scenario = machine.scenario
    agent, other = scenario.agent("dominique", signed_in=True), scenario.external("sacha", signed_in=False)
    scenario.send(agent, [other.address], FILES)
    link = link_of(other, OFFER)
    one = machine.run("get", link, "--file", "plan.txt", "--json").document
    assert [(file["path"], file["outcome"]) for file in one["files"]] == [("Dossier d’été/plan.txt", "fetched")]
    assert (machine.files / "Dossier d’été" / "plan.txt").read_bytes() == b"le plan"
    whole = machine.run("get", link, "--archive", "--json")
    assert whole.code == 0, whole.errors
    assert (machine.files / whole.document["archive"]["saved_as"]).stat().st_size == whole.document["archive"][
        "size_bytes"
    ]
    left = {file.path: file.left for file in scenario.api_without_retries().offer(link.rpartition("/")[2]).files}
    assert left == {"Dossier d’été/plan.txt": 1, "Dossier d’été/Annexes à lire/vide.txt": 2, "seul.bin": 2}
