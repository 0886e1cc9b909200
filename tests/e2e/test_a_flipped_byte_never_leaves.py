"""R13: one byte that changed in the store is found before it leaves; nothing is spent, and operators see it."""

import io

from tests.contents import noise
from tests.e2e.fetching import MIB, metric, offered, rest, slow
from tests.e2e.world import World, refused
from tests.eventually import until

PART = 8 * MIB
CORRUPTED = "download_corrupted_parts_total"


def content() -> bytes:
    return noise(41, 3 * PART)


def flip(world: World, transfer: str, at: int) -> None:
    """Put another object in the place of the one that came, as only the owner of the bucket can."""
    (key,) = world.keys(transfer)
    changed = bytearray(content())
    changed[at] ^= 1
    world.bucket.put_object(world.stack.s3_bucket, key, io.BytesIO(changed), len(changed))


def test_the_part_with_the_flipped_byte_stays_and_the_transfer_is_quarantined(world: World) -> None:
    (mine,) = offered(world, content())
    until(lambda: mine.offer.card["files"][0]["verification"] == "verified", "it was read back as it came")
    before = metric(world, "download", CORRUPTED)
    flip(world, mine.sent.transfer, PART + 12_345)
    url = mine.begin()
    with slow(url) as pieces:
        found = rest(pieces)
    assert found == content()[: len(found)]
    assert len(found) <= PART, "nothing of the part that changed"
    until(lambda: metric(world, "download", CORRUPTED) == before + 1, "operators see it")
    assert refused(lambda: slow(url).__enter__()).slug == "transfer-quarantined"
    assert refused(mine.begin).slug == "transfer-quarantined"
    assert [one["state"] for one in mine.book()].count("done") == 0


def test_a_first_part_that_changed_is_refused_before_anything_was_said(world: World) -> None:
    (mine,) = offered(world, content())
    until(lambda: mine.offer.card["files"][0]["verification"] == "verified", "it was read back as it came")
    before = metric(world, "download", CORRUPTED)
    flip(world, mine.sent.transfer, 0)
    url = mine.begin()
    problem = refused(lambda: slow(url).__enter__())
    assert (problem.status, problem.slug) == (410, "transfer-quarantined")
    assert metric(world, "download", CORRUPTED) == before + 1
    assert not any(one["sent_bytes"] or one["state"] == "done" for one in mine.book())
