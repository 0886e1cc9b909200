"""An oracle that never complains proves nothing: each of its rules is broken on purpose, and mended again."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e import oracle
from tests.e2e.world import Sent, World


@pytest.fixture
def sent(world: World) -> Sent:
    agent, other = world.agent("dominique", signed_in=True), world.outsider("sacha", signed_in=False)
    found = world.send(agent, [other.address])
    world.link(other)
    oracle.judge(world)
    return found


@contextmanager
def forged(
    world: World, service: str, collection: str, query: dict[str, Any], fields: dict[str, Any]
) -> Iterator[None]:
    """Changes a document behind everybody's back, and changes it back."""
    documents = world.database(service)[collection]
    before = documents.find_one(query)
    assert before is not None
    documents.update_one(query, {"$set": fields})
    try:
        yield
    finally:
        documents.replace_one({"_id": before["_id"]}, before)


def test_an_acknowledged_send_that_is_not_there(world: World, sent: Sent) -> None:
    world.acknowledged.append("00000000-0000-4000-8000-000000000000")
    with pytest.raises(AssertionError):
        oracle.acknowledged_sends_exist(world)
    world.acknowledged.pop()


def test_an_object_that_nobody_needs(world: World, sent: Sent) -> None:
    world.bucket.put_object(world.stack.s3_bucket, "nobody/needs-this", io.BytesIO(b"x"), 1)
    with pytest.raises(AssertionError, match="nobody needs"):
        oracle.bucket_holds_what_is_live(world)
    world.bucket.remove_object(world.stack.s3_bucket, "nobody/needs-this")


def test_an_object_that_is_missing(world: World, sent: Sent) -> None:
    draft = world.draft(sent.sender, ["x@ville.example"])
    world.put(sent.sender, draft, {"a.txt": b"a"})
    (key,) = world.keys(draft)
    world.bucket.remove_object(world.stack.s3_bucket, key)
    with pytest.raises(AssertionError, match="missing"):
        oracle.bucket_holds_what_is_live(world)
    sent.sender.api.drop_draft(draft)


def test_an_outsider_with_a_link_and_no_approval(world: World, sent: Sent) -> None:
    with (
        forged(world, "propagation", "propagations", {"_id": sent.transfer}, {"parcel.sender_role": "external"}),
        pytest.raises(AssertionError),
    ):
        oracle.outsiders_waited_for_approval(world)
    oracle.outsiders_waited_for_approval(world)


def test_a_link_without_a_mail(world: World, sent: Sent) -> None:
    with (
        forged(world, "download", "links", {"transfer": sent.transfer}, {"recipient.address": "nobody@ville.example"}),
        pytest.raises(AssertionError),
    ):
        oracle.links_were_mailed(world)
    oracle.links_were_mailed(world)


def test_a_link_that_ends_on_another_day(world: World, sent: Sent) -> None:
    with (
        forged(world, "download", "links", {"transfer": sent.transfer}, {"ends_at": datetime(2099, 1, 1, tzinfo=UTC)}),
        pytest.raises(AssertionError),
    ):
        oracle.ends_are_one_end(world)
    oracle.ends_are_one_end(world)


def test_one_download_too_many(world: World, sent: Sent) -> None:
    done = {"state": "done", "sent_bytes": 1000}
    quota = {"size_bytes": 1000, "downloads": {str(number): done for number in range(4)}}
    with (
        forged(world, "download", "links", {"transfer": sent.transfer}, {"quotas": {"f": quota}}),
        pytest.raises(AssertionError),
    ):
        oracle.nobody_had_more_than_the_limit(world)
    oracle.nobody_had_more_than_the_limit(world)
