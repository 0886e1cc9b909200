"""Which files are read back, by whom, and what is announced of it."""

import zlib
from datetime import timedelta
from itertools import pairwise

from services.contracts.upload import FileVerified
from services.contracts.values import Part
from services.upload.domain.files import assemble, mark_complete
from services.upload.domain.transfer import Transfer
from services.upload.domain.verification import (
    INITIAL_DELAY,
    LEASE_DURATION,
    ReadBack,
    Verification,
    begin,
    claim,
    confirm,
    fail,
    finish,
    needs_verification,
    pending,
    renew,
    reschedule,
)
from tests.unit.upload.sample import LIMITS, NOW, draft, ready, with_announced_file, with_complete_file

DECLARED = "d" * 64
MIB = 2**20


def with_large_file(state: Transfer) -> Transfer:
    """The draft with one more file that has arrived, in two parts."""
    size_bytes = LIMITS.smallest_part_bytes + 1
    state, id = with_announced_file(state, "grand.bin", size_bytes)
    parts = {
        number: Part(size_bytes=length, sha256=str(number) * 64, crc32=number)
        for number, length in ((1, size_bytes - 1), (2, 1))
    }
    return mark_complete(state, id, assemble(state.file(id), DECLARED, parts), NOW)


def found(state: Transfer, id: str, crc32: int | None = None, sha256: str = "") -> ReadBack:
    file = state.file(id)
    return ReadBack(id, file, sha256 or file.sha256, file.crc32 if crc32 is None else crc32)


def test_a_transfer_of_one_small_file_is_verified_already() -> None:
    assert not needs_verification(ready())


def test_a_file_of_several_parts_is_read_back() -> None:
    state = with_large_file(draft())
    assert needs_verification(state)
    assert [id for id, _ in pending(state, begin(state.id, NOW))] == list(state.files)


def test_of_several_files_all_that_hold_bytes_are_read_because_the_archive_tells_their_crc() -> None:
    state = with_complete_file(with_complete_file(ready(files=2), "vide.txt", b""), "autre.txt", b"x")
    read = {file.path for _, file in pending(state, begin(state.id, NOW))}
    assert read == {file.path for file in state.files.values()} - {"vide.txt"}


def test_one_reader_at_a_time_has_it_in_hand_and_what_a_dead_one_had_comes_back() -> None:
    state = begin("t", NOW)
    assert claim(state, "a", NOW) is state, "not before the transfer is submitted"
    taken = claim(state, "a", NOW + INITIAL_DELAY)
    assert taken.holder == "a"
    assert claim(taken, "b", NOW + LEASE_DURATION) is taken
    assert claim(taken, "b", NOW + INITIAL_DELAY + LEASE_DURATION).holder == "b"


def test_a_lease_is_renewed_by_its_holder_alone() -> None:
    taken = claim(begin("t", NOW), "a", NOW + INITIAL_DELAY)
    later = NOW + LEASE_DURATION
    assert renew(taken, "a", later).due_at == later + LEASE_DURATION
    for change in (renew, reschedule, finish):
        assert change(taken, "b", later) is taken


def test_what_cannot_be_read_is_tried_later_and_later() -> None:
    state, waits = begin("t", NOW), list[timedelta]()
    for _ in range(5):
        state = reschedule(claim(state, "a", state.due_at), "a", NOW)
        waits.append(state.due_at - NOW)
    assert all(one <= other for one, other in pairwise(waits))
    assert waits[-1] < timedelta(hours=1)


def test_a_file_is_confirmed_and_announced_once() -> None:
    state = with_large_file(draft())
    (id,) = state.files
    after, events = confirm(begin(state.id, NOW), [found(state, id)], NOW)
    assert after.files == {id: "verified"}
    assert events == [
        FileVerified(transfer=state.id, file=id, sha256=DECLARED, crc32=state.file(id).crc32, verified_at=NOW)
    ]
    assert confirm(after, [found(state, id)], NOW) == (after, [])
    assert pending(state, after) == []


def test_of_a_file_in_one_part_only_another_crc_is_news() -> None:
    state = ready(files=2)
    first, second = state.files
    after, events = confirm(begin(state.id, NOW), [found(state, first), found(state, second, crc32=7)], NOW)
    assert after.files == {first: "verified", second: "verified"}
    assert [(event.file, event.crc32) for event in events if isinstance(event, FileVerified)] == [(second, 7)]


def test_a_wrong_crc_is_corrected_and_a_wrong_digest_is_wrong() -> None:
    state = with_large_file(draft())
    (id,) = state.files
    assert found(state, id, crc32=zlib.crc32(b"other")).matches_declaration
    assert not found(state, id, sha256="e" * 64).matches_declaration
    assert fail(begin(state.id, NOW), id).files == {id: "failed"}


def test_files_may_be_confirmed_in_any_order_and_twice() -> None:
    state = with_large_file(with_large_file(draft()))
    first, second = (found(state, id) for id in state.files)
    ends = []
    for order in ([first], [second]), ([second], [first, second]), ([first, second], [first]):
        verification, announced = begin(state.id, NOW), 0
        for step in order:
            verification, events = confirm(verification, step, NOW)
            announced += len(events)
        ends.append((verification, announced))
    assert ends == 3 * [
        (Verification(id=state.id, due_at=NOW + INITIAL_DELAY, files=dict.fromkeys(state.files, "verified")), 2)
    ]
