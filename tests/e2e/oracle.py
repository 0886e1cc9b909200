"""What must hold after every story (docs/requirements.md); reads only databases, bucket, broker and mailbox."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from devstack.accounts import SERVICES
from devstack.people import DECISION, OFFER
from services.notify.domain import mail_id
from tests.e2e.world import World
from tests.eventually import until

LIVE = {"draft", "submitted"}
SETTLED = {"released", "approved", "refused", "lapsed", "withdrawn", "quarantined", "waiting"}

LAST_BYTES = 1024 * 1024
Document = dict[str, Any]


@dataclass(frozen=True)
class Books:
    """What the services wrote down, each collection read once; by transfer."""

    parcels: dict[str, Document]
    decisions: dict[str, Document]
    links: list[Document]
    linked: dict[str, set[str]]
    revoked: dict[str, set[str]]

    @classmethod
    def of(cls, world: World) -> Self:
        """As they are now."""
        links = list(world.database("download")["links"].find({}, {"quotas": 0, "archives": 0}))
        linked, revoked = defaultdict(set), defaultdict(set)
        for link in links:
            linked[link["transfer"]].add(link["recipient"]["address"])
        for delivery in world.database("download")["deliveries"].find({}, {"revoked": 1}):
            revoked[delivery["_id"]] = {one["address"] for one in delivery.get("revoked", [])}
        parcels = {one["_id"]: one for one in world.database("upload")["transfers"].find({}, {"files": 0})}
        decisions = {one["_id"]: one for one in world.database("propagation")["propagations"].find()}
        return cls(parcels, decisions, links, linked, revoked)


def judge(world: World) -> None:
    """All of it, once everything is quiet."""
    until(lambda: not list(_unsent_events(world)), "I7: every outbox is empty")
    until(lambda: not list(_unsent_mails(world)), "I2: every mail was accepted")
    until(lambda: acknowledged_sends_exist(world), "I1")
    until(lambda: links_were_mailed(world), "I2")
    until(lambda: ends_are_one_end(world), "every end of a transfer is the same")
    outsiders_waited_for_approval(world)
    nobody_had_more_than_the_limit(world)
    until(lambda: bucket_holds_what_is_live(world), "I5: the bucket holds what live transfers need")
    assert _dead(world) == {}, "I7: the dead queues are empty"


def acknowledged_sends_exist(world: World) -> bool:
    """I1: whatever was acknowledged is known to the next service and stands in a state that it may stay in."""
    books = Books.of(world)
    for transfer in world.acknowledged:
        parcel, decision = books.parcels.get(transfer), books.decisions.get(transfer)
        assert parcel is not None, transfer
        assert parcel["state"] in ("submitted", "closed"), parcel["state"]
        assert decision is not None, transfer
        assert decision["state"] in SETTLED, decision["state"]
        released = _released(parcel, decision) - books.revoked[transfer]
        assert books.linked[transfer] >= released, "everybody released has a link"
    return True


def links_were_mailed(world: World) -> bool:
    """I2: for each link its recipient has a mail, and for each approver an invitation, unless it was dropped.

    A mail is dropped only when its recipient was revoked, or its transfer was decided or has ended meanwhile.
    """
    offered, invited = world.letters.holders(OFFER), world.letters.holders(DECISION)
    books, dropped = Books.of(world), world.database("notify")["mails"].distinct("_id", {"state": "dropped"})
    for transfer, addresses in books.linked.items():
        gone, is_over = books.revoked[transfer], books.parcels[transfer]["state"] == "closed"
        missed = {
            one for one in addresses - gone - offered if not is_over or mail_id("link", transfer, one) not in dropped
        }
        assert not missed, f"a link without a mail for transfer {transfer}"
    for id, decision in books.decisions.items():
        waits, asked = decision["state"] == "waiting", {one["address"] for one in decision["invited"]}
        missed = {one for one in asked - invited if waits or mail_id("to_approve", id, one) not in dropped}
        assert not missed, f"no invitation for {id}"
    return True


def outsiders_waited_for_approval(world: World) -> None:
    """I3: no external recipient of an external sender has a link or a mail without an approval."""
    books = Books.of(world)
    for id, decision in books.decisions.items():
        if decision["parcel"] is None:
            continue
        approved = decision["decided"] is not None and decision["decided"]["outcome"] == "approved"
        if decision["parcel"]["sender_role"] == "agent" or approved:
            continue
        needed = [one["address"] for one in decision["parcel"]["recipients"] if one["role"] == "external"]
        assert not books.linked[id] & set(needed), id


def ends_are_one_end(world: World) -> bool:
    """Whoever holds the end of a transfer that is not over holds the same one, as long as it may be had at all."""
    books = Books.of(world)
    ends = {id: {parcel["ends_at"]} for id, parcel in books.parcels.items() if parcel["state"] == "submitted"}
    for link in books.links:
        if link["transfer"] in ends and link["recipient"]["address"] not in books.revoked[link["transfer"]]:
            ends[link["transfer"]].add(link["ends_at"])
    for id, decision in books.decisions.items():
        if id in ends and decision["parcel"] is not None:
            ends[id].add(decision["parcel"]["ends_at"])
    assert all(len(held) == 1 for held in ends.values()), [id for id, held in ends.items() if len(held) > 1]
    return True


def nobody_had_more_than_the_limit(world: World) -> None:
    """I4: completed downloads never exceed the limit, and every counted one had the whole file."""
    for link in world.database("download")["links"].find():
        for quota in link["quotas"].values():
            done = [_booked(link, id) or one for id, one in quota["downloads"].items() if one["state"] == "done"]
            assert len(done) <= link["downloads_per_file"], link["_id"]
            if link["transfer"] in world.forgotten:
                continue
            # Inside the last MiB, sent and received cannot be told apart: broken there, it counts as done.
            assert all(one["sent_bytes"] >= quota["size_bytes"] - LAST_BYTES for one in done), link["_id"]


def _booked(link: dict[str, Any], id: str) -> dict[str, Any] | None:
    """What came as part of an archive is booked on the archive."""
    archive: dict[str, Any] = link.get("archives", {}).get(id.removeprefix("archive:"), {})
    return archive.get("download")


def bucket_holds_what_is_live(world: World) -> bool:
    """I5: objects and unfinished uploads in the bucket are those of drafts, of transfers that are not over, and those
    that are kept because they are not what was declared."""
    transfers = list(world.database("upload")["transfers"].find())
    live = {file["key"] for one in transfers if one["state"] in LIVE for file in one["files"].values()}
    whole = {
        file["key"]
        for one in transfers
        if one["state"] in LIVE
        for file in one["files"].values()
        if file["state"] == "complete"
    }
    evidence = {left["key"] for one in transfers for left in one["leftovers"] if one["outcome"] == "quarantined"}
    objects = world.objects()
    assert objects <= live | evidence, f"{len(objects - live - evidence)} objects that nobody needs"
    assert whole <= objects, f"{len(whole - objects)} objects are missing"
    return True


def _released(parcel: dict[str, Any], decision: dict[str, Any]) -> set[str]:
    """Those who must have a link by now: nobody once it is over, the agents at once, the externals when they may."""
    if parcel["state"] == "closed" or decision["state"] in ("refused", "lapsed", "withdrawn"):
        return set()
    waiting = decision["state"] == "waiting"
    return {one["address"] for one in parcel["recipients"] if one["role"] == "agent" or not waiting}


def _unsent_events(world: World) -> Iterator[str]:
    for service in SERVICES:
        database = world.database(service)
        for name in database.list_collection_names():
            if database[name].find_one({"outbox.0": {"$exists": True}}):
                yield f"{service}.{name}"


def _unsent_mails(world: World) -> Iterator[str]:
    for mail in world.database("notify")["mails"].find({"state": {"$nin": ["accepted", "dropped"]}}):
        yield f"{mail['kind']} is {mail['state']}"


def _queues(world: World) -> list[dict[str, Any]]:
    """The broker's queues with their depth; it counts every few seconds, so that a story is asked again."""
    answer = world.http.get(f"{world.stack.amqp_management_url}/api/queues/%2F?columns=name,messages")
    found: list[dict[str, Any]] = answer.raise_for_status().json()
    return found


def unread_messages(world: World) -> dict[str, int]:
    """What no service has read yet."""
    return {
        queue["name"]: queue["messages"]
        for queue in _queues(world)
        if queue.get("messages") and not queue["name"].endswith(".dead")
    }


def _dead(world: World) -> dict[str, int]:
    return {
        queue["name"]: queue["messages"]
        for queue in _queues(world)
        if queue.get("messages") and queue["name"].endswith(".dead")
    }
