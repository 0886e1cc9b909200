"""Each rule of the oracle detects a violation: the test breaks the rule, then restores it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.e2e import oracle
from tests.e2e.scenario import Scenario, SentTransfer


@pytest.fixture
def sent(scenario: Scenario) -> SentTransfer:
    agent, other = scenario.agent("dominique", signed_in=True), scenario.external("sacha", signed_in=False)
    found = scenario.send(agent, [other.address])
    scenario.link(other)
    oracle.check_invariants(scenario)
    return found


@contextmanager
def forged(
    scenario: Scenario, service: str, collection: str, query: dict[str, Any], fields: dict[str, Any]
) -> Iterator[None]:
    """Changes a document behind everybody's back, and changes it back."""
    documents = scenario.database(service)[collection]
    before = documents.find_one(query)
    assert before is not None
    documents.update_one(query, {"$set": fields})
    try:
        yield
    finally:
        documents.replace_one({"_id": before["_id"]}, before)


def test_an_acknowledged_transfer_that_is_missing(scenario: Scenario, sent: SentTransfer) -> None:
    scenario.acknowledged.append("00000000-0000-4000-8000-000000000000")
    with pytest.raises(AssertionError):
        oracle.acknowledged_sends_exist(scenario)
    scenario.acknowledged.pop()


def test_an_object_that_no_transfer_refers_to(scenario: Scenario, sent: SentTransfer) -> None:
    scenario.bucket.put_object(scenario.stack.s3_bucket, "nobody/needs-this", io.BytesIO(b"x"), 1)
    with pytest.raises(AssertionError, match="nobody needs"):
        oracle.bucket_holds_open_transfers(scenario)
    scenario.bucket.remove_object(scenario.stack.s3_bucket, "nobody/needs-this")


def test_an_object_that_is_missing(scenario: Scenario, sent: SentTransfer) -> None:
    draft = scenario.draft(sent.sender, ["x@ville.example"])
    scenario.put(sent.sender, draft, {"a.txt": b"a"})
    (key,) = scenario.keys(draft)
    scenario.bucket.remove_object(scenario.stack.s3_bucket, key)
    with pytest.raises(AssertionError, match="missing"):
        oracle.bucket_holds_open_transfers(scenario)
    sent.sender.api.delete_draft(draft)


def test_an_external_recipient_with_a_link_and_no_approval(scenario: Scenario, sent: SentTransfer) -> None:
    with (
        forged(scenario, "propagation", "propagations", {"_id": sent.transfer}, {"parcel.sender_role": "external"}),
        pytest.raises(AssertionError),
    ):
        oracle.external_recipients_waited_for_approval(scenario)
    oracle.external_recipients_waited_for_approval(scenario)


def test_a_link_without_a_mail(scenario: Scenario, sent: SentTransfer) -> None:
    with (
        forged(
            scenario, "download", "links", {"transfer": sent.transfer}, {"recipient.address": "nobody@ville.example"}
        ),
        pytest.raises(AssertionError),
    ):
        oracle.links_were_mailed(scenario)
    oracle.links_were_mailed(scenario)


def test_a_link_that_ends_on_another_day(scenario: Scenario, sent: SentTransfer) -> None:
    with (
        forged(
            scenario, "download", "links", {"transfer": sent.transfer}, {"ends_at": datetime(2099, 1, 1, tzinfo=UTC)}
        ),
        pytest.raises(AssertionError),
    ):
        oracle.services_agree_on_the_end(scenario)
    oracle.services_agree_on_the_end(scenario)


def test_one_download_too_many(scenario: Scenario, sent: SentTransfer) -> None:
    done = {"state": "done", "sent_bytes": 1000}
    quota = {"size_bytes": 1000, "downloads": {str(number): done for number in range(4)}}
    with (
        forged(scenario, "download", "links", {"transfer": sent.transfer}, {"quotas": {"f": quota}}),
        pytest.raises(AssertionError),
    ):
        oracle.no_recipient_exceeded_the_limit(scenario)
    oracle.no_recipient_exceeded_the_limit(scenario)
