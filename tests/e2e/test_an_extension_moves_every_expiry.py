"""A transfer is extended: its links and bytes stay, and recipients who have not downloaded everything are told."""

from datetime import datetime, timedelta
from typing import Any

from devstack.people import DECISION, OFFER
from tests.e2e.downloads import DownloadableFile, offered
from tests.e2e.scenario import WRITE, Scenario, refused
from tests.eventually import until

WEEK = timedelta(days=7, minutes=1)


def pass_time(scenario: Scenario, mine: DownloadableFile, by: timedelta) -> None:
    """Every end of this transfer comes nearer, in every service that holds one."""
    transfer = mine.sent.transfer
    for service, collection, query, fields in (
        ("upload", "transfers", {"_id": transfer}, ("submitted_at", "ends_at", "due_at")),
        ("propagation", "propagations", {"_id": transfer}, ("parcel.submitted_at", "parcel.ends_at", "extended_to")),
        ("download", "deliveries", {"_id": transfer}, ("ends_at", "extended_to")),
        ("download", "links", {"transfer": transfer}, ("ends_at", "remind_at")),
    ):
        for document in scenario.database(service)[collection].find(query):
            found = {field: _field(document, field) for field in fields}
            moved = {field: value - by for field, value in found.items() if isinstance(value, datetime)}
            scenario.database(service)[collection].update_one({"_id": document["_id"]}, {"$set": moved, "$inc": WRITE})


def _field(document: dict[str, Any], path: str) -> Any:
    found: Any = document
    for step in path.split("."):
        found = found.get(step) if found else None
    return found


def test_an_extended_transfer_can_be_downloaded_until_its_new_end(scenario: Scenario) -> None:
    mine, done = offered(scenario, b"encore un peu", readers=2)
    sender, transfer = mine.sent.sender.api, mine.sent.transfer
    done.fetch()
    until(lambda: done.done == 1, "one has everything")
    old_end = mine.offer.ends_at
    for _ in range(2):
        card = sender.extend(transfer, 14)
    assert card.validity_days == 14
    until(lambda: mine.offer.ends_at == card.ends_at != old_end, "the page shows the new end")
    mail = scenario.inbox.wait(mine.address, OFFER, seen=1)
    assert "plus longtemps" in mail.subject
    assert mail.token(OFFER) == mine.link
    assert sender.tracking(transfer).ends_at == card.ends_at
    for days, slug in ((13, "validity-shortened"), (15, "validity-out-of-range")):
        assert refused(lambda days=days: sender.extend(transfer, days)).slug == slug  # type: ignore[misc]

    pass_time(scenario, mine, WEEK)
    mine.fetch()
    assert sender.sent_transfer(transfer).state == "submitted"
    pass_time(scenario, mine, WEEK)
    problem = refused(mine.begin)
    assert (problem.status, problem.slug) == (410, "link-expired")
    problem = refused(lambda: sender.extend(transfer, 14))
    assert (problem.status, problem.slug) == (410, "transfer-ended")
    until(lambda: sender.sent_transfer(transfer).outcome == "expired", "it ends")
    until(lambda: not scenario.keys(transfer) & scenario.objects(), "the bytes are purged")
    assert len(scenario.inbox.with_page(done.address, OFFER)) == 1, "who has everything is not told"


def test_a_recipient_approved_after_the_extension_has_access_until_the_new_end(scenario: Scenario) -> None:
    sender, agent, other = (
        scenario.external("camille"),
        scenario.agent("dominique"),
        scenario.external("sacha", signed_in=False),
    )
    sent = scenario.send(sender, [agent.address, other.address])
    token = agent.wait_for_mail(DECISION).token(DECISION)
    link = scenario.link(agent)
    card = sender.api.extend(sent.transfer, 10)
    until(
        lambda: agent.api.approval_request(token).snapshot.ends_at == card.ends_at,
        "the agent reads the new end",
    )
    until(lambda: agent.api.offer(link).ends_at == card.ends_at, "their link has it")
    agent.api.approve(token, agent.api.approval_request(token).snapshot.digest)
    assert other.api.offer(scenario.link(other)).ends_at == card.ends_at


def test_only_the_sender_extends(scenario: Scenario) -> None:
    (mine,) = offered(scenario, b"x")
    stranger = scenario.agent("claude", signed_in=True)
    problem = refused(lambda: stranger.api.extend(mine.sent.transfer, 14))
    assert (problem.status, problem.slug) == (404, "not-found")
