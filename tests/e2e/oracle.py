"""Invariants after every end-to-end test (docs/requirements.md); reads only databases, bucket, broker and mailbox."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from devstack.accounts import SERVICES
from devstack.people import DECISION, OFFER
from services.notify.domain import mail_id
from tests.e2e.scenario import Scenario
from tests.eventually import until

LIVE = {"draft", "submitted"}
SETTLED = {"released", "approved", "refused", "lapsed", "withdrawn", "quarantined", "waiting"}

LAST_BYTES = 1024 * 1024
Document = dict[str, Any]


@dataclass(frozen=True)
class StoredState:
    """What the services stored, each collection read once; by transfer."""

    parcels: dict[str, Document]
    decisions: dict[str, Document]
    links: list[Document]
    linked: dict[str, set[str]]
    revoked: dict[str, set[str]]

    @classmethod
    def of(cls, scenario: Scenario) -> Self:
        """Read the current state."""
        links = list(scenario.database("download")["links"].find({}, {"quotas": 0, "archives": 0}))
        linked, revoked = defaultdict(set), defaultdict(set)
        for link in links:
            linked[link["transfer"]].add(link["recipient"]["address"])
        for delivery in scenario.database("download")["deliveries"].find({}, {"revoked": 1}):
            revoked[delivery["_id"]] = {one["address"] for one in delivery.get("revoked", [])}
        parcels = {one["_id"]: one for one in scenario.database("upload")["transfers"].find({}, {"files": 0})}
        decisions = {one["_id"]: one for one in scenario.database("propagation")["propagations"].find()}
        return cls(parcels, decisions, links, linked, revoked)


def check_invariants(scenario: Scenario) -> None:
    """Check every invariant, once all work is done."""
    until(lambda: not list(_unsent_events(scenario)), "I7: every outbox is empty")
    until(lambda: not list(_unsent_mails(scenario)), "I2: every mail was accepted")
    until(lambda: acknowledged_sends_exist(scenario), "I1")
    until(lambda: links_were_mailed(scenario), "I2")
    until(lambda: services_agree_on_the_end(scenario), "every end of a transfer is the same")
    external_recipients_waited_for_approval(scenario)
    no_recipient_exceeded_the_limit(scenario)
    until(lambda: bucket_holds_open_transfers(scenario), "I5: the bucket holds what live transfers need")
    assert _dead(scenario) == {}, "I7: the dead queues are empty"


def acknowledged_sends_exist(scenario: Scenario) -> bool:
    """I1: every acknowledged transfer is known to the next service and is in a final or waiting state."""
    state = StoredState.of(scenario)
    for transfer in scenario.acknowledged:
        parcel, decision = state.parcels.get(transfer), state.decisions.get(transfer)
        assert parcel is not None, transfer
        assert parcel["state"] in ("submitted", "closed"), parcel["state"]
        assert decision is not None, transfer
        assert decision["state"] in SETTLED, decision["state"]
        released = _released(parcel, decision) - state.revoked[transfer]
        assert state.linked[transfer] >= released, "everybody released has a link"
    return True


def links_were_mailed(scenario: Scenario) -> bool:
    """I2: for each link its recipient has a mail, and for each approver an invitation, unless it was cancelled.

    A mail is cancelled only when its recipient was revoked, or its transfer was decided or has ended meanwhile.
    """
    offered, invited = scenario.inbox.addresses_with(OFFER), scenario.inbox.addresses_with(DECISION)
    state = StoredState.of(scenario)
    cancelled = scenario.database("notify")["mails"].distinct("_id", {"state": "cancelled"})
    for transfer, addresses in state.linked.items():
        gone, is_over = state.revoked[transfer], state.parcels[transfer]["state"] == "closed"
        missed = {
            one for one in addresses - gone - offered if not is_over or mail_id("link", transfer, one) not in cancelled
        }
        assert not missed, f"a link without a mail for transfer {transfer}"
    for id, decision in state.decisions.items():
        waits, asked = decision["state"] == "waiting", {one["address"] for one in decision["approvers"]}
        missed = {one for one in asked - invited if waits or mail_id("to_approve", id, one) not in cancelled}
        assert not missed, f"no invitation for {id}"
    return True


def external_recipients_waited_for_approval(scenario: Scenario) -> None:
    """I3: no external recipient of an external sender has a link or a mail without an approval."""
    state = StoredState.of(scenario)
    for id, decision in state.decisions.items():
        if decision["parcel"] is None:
            continue
        approved = decision["decided"] is not None and decision["decided"]["outcome"] == "approved"
        if decision["parcel"]["sender_role"] == "agent" or approved:
            continue
        needed = [one["address"] for one in decision["parcel"]["recipients"] if one["role"] == "external"]
        assert not state.linked[id] & set(needed), id


def services_agree_on_the_end(scenario: Scenario) -> bool:
    """Every service has the same end for an open transfer."""
    state = StoredState.of(scenario)
    ends = {id: {parcel["ends_at"]} for id, parcel in state.parcels.items() if parcel["state"] == "submitted"}
    for link in state.links:
        if link["transfer"] in ends and link["recipient"]["address"] not in state.revoked[link["transfer"]]:
            ends[link["transfer"]].add(link["ends_at"])
    for id, decision in state.decisions.items():
        if id in ends and decision["parcel"] is not None:
            ends[id].add(decision["parcel"]["ends_at"])
    assert all(len(held) == 1 for held in ends.values()), [id for id, held in ends.items() if len(held) > 1]
    return True


def no_recipient_exceeded_the_limit(scenario: Scenario) -> None:
    """I4: completed downloads never exceed the limit, and every counted one had the whole file."""
    for link in scenario.database("download")["links"].find():
        for quota in link["quotas"].values():
            done = [
                _archive_download(link, id) or one for id, one in quota["downloads"].items() if one["state"] == "done"
            ]
            assert len(done) <= link["downloads_per_file"], link["_id"]
            if link["transfer"] in scenario.with_lost_progress:
                continue
            # Inside the last MiB, sent and received cannot be told apart: broken there, it counts as done.
            assert all(one["sent_bytes"] >= quota["size_bytes"] - LAST_BYTES for one in done), link["_id"]


def _archive_download(link: dict[str, Any], id: str) -> dict[str, Any] | None:
    """Return the download of the archive that a file was part of; it is recorded there."""
    archive: dict[str, Any] | None = link.get("archives", {}).get(id.removeprefix("archive:"))
    return archive


def bucket_holds_open_transfers(scenario: Scenario) -> bool:
    """I5: objects and unfinished uploads in the bucket are those of drafts, of transfers that are not over, and those
    that are kept because they are not what was declared."""
    transfers = list(scenario.database("upload")["transfers"].find())
    live = {file["key"] for one in transfers if one["state"] in LIVE for file in one["files"].values()}
    whole = {
        file["key"]
        for one in transfers
        if one["state"] in LIVE
        for file in one["files"].values()
        if file["state"] == "complete"
    }
    evidence = {left["key"] for one in transfers for left in one["pending_removals"] if one["outcome"] == "quarantined"}
    objects = scenario.objects()
    assert objects <= live | evidence, f"{len(objects - live - evidence)} objects that nobody needs"
    assert whole <= objects, f"{len(whole - objects)} objects are missing"
    return True


def _released(parcel: dict[str, Any], decision: dict[str, Any]) -> set[str]:
    """Return who must have a link: nobody after the end, agents at once, external recipients after the approval."""
    if parcel["state"] == "closed" or decision["state"] in ("refused", "lapsed", "withdrawn"):
        return set()
    waiting = decision["state"] == "waiting"
    return {one["address"] for one in parcel["recipients"] if one["role"] == "agent" or not waiting}


def _unsent_events(scenario: Scenario) -> Iterator[str]:
    for service in SERVICES:
        database = scenario.database(service)
        for name in database.list_collection_names():
            if database[name].find_one({"outbox.0": {"$exists": True}}):
                yield f"{service}.{name}"


def _unsent_mails(scenario: Scenario) -> Iterator[str]:
    for mail in scenario.database("notify")["mails"].find({"state": {"$nin": ["accepted", "cancelled"]}}):
        yield f"{mail['kind']} is {mail['state']}"


def _queues(scenario: Scenario) -> list[dict[str, Any]]:
    """Return the queues with their depth; the broker updates it every few seconds."""
    answer = scenario.http.get(f"{scenario.stack.amqp_management_url}/api/queues/%2F?columns=name,messages")
    found: list[dict[str, Any]] = answer.raise_for_status().json()
    return found


def unread_messages(scenario: Scenario) -> dict[str, int]:
    """Return the queues with messages that no service has read."""
    return {
        queue["name"]: queue["messages"]
        for queue in _queues(scenario)
        if queue.get("messages") and not queue["name"].endswith(".dead")
    }


def _dead(scenario: Scenario) -> dict[str, int]:
    return {
        queue["name"]: queue["messages"]
        for queue in _queues(scenario)
        if queue.get("messages") and queue["name"].endswith(".dead")
    }
