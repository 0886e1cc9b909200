"""R13: a byte that changed in the store is detected before it is sent; it costs no download and raises an alert."""

import io

from tests.contents import random_content
from tests.e2e.downloads import MIB, metric, offered, rest, slow
from tests.e2e.scenario import Scenario, refused
from tests.eventually import until

PART = 8 * MIB
CORRUPTED = "download_corrupted_parts_total"


def content() -> bytes:
    return random_content(41, 3 * PART)


def flip(scenario: Scenario, transfer: str, at: int) -> None:
    """Put another object in the place of the one that came, as only the owner of the bucket can."""
    (key,) = scenario.keys(transfer)
    changed = bytearray(content())
    changed[at] ^= 1
    scenario.bucket.put_object(scenario.stack.s3_bucket, key, io.BytesIO(changed), len(changed))


def test_the_part_with_the_corrupted_byte_is_not_sent_and_the_transfer_is_quarantined(scenario: Scenario) -> None:
    (mine,) = offered(scenario, content())
    until(lambda: mine.offer.files[0].verification == "verified", "it was read back as it came")
    before = metric(scenario, "download", CORRUPTED)
    flip(scenario, mine.sent.transfer, PART + 12_345)
    url = mine.begin()
    with slow(url) as pieces:
        found = rest(pieces)
    assert found == content()[: len(found)]
    assert len(found) <= PART, "nothing of the part that changed"
    until(lambda: metric(scenario, "download", CORRUPTED) == before + 1, "operators see it")
    assert refused(lambda: slow(url).__enter__()).slug == "transfer-in-quarantine"
    assert refused(mine.begin).slug == "transfer-in-quarantine"
    assert [one["state"] for one in mine.recorded_downloads()].count("done") == 0


def test_a_corrupted_first_part_is_refused_before_the_response_starts(scenario: Scenario) -> None:
    (mine,) = offered(scenario, content())
    until(lambda: mine.offer.files[0].verification == "verified", "it was read back as it came")
    before = metric(scenario, "download", CORRUPTED)
    flip(scenario, mine.sent.transfer, 0)
    url = mine.begin()
    problem = refused(lambda: slow(url).__enter__())
    assert (problem.status, problem.slug) == (410, "transfer-in-quarantine")
    assert metric(scenario, "download", CORRUPTED) == before + 1
    assert not any(one["sent_bytes"] or one["state"] == "done" for one in mine.recorded_downloads())
