"""Which files are verified, under which lease, and what is announced."""

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
    """Return the draft with one more complete file, of two parts."""
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


def test_of_several_files_all_that_are_not_empty_are_read_back_for_the_crc_in_the_archive() -> None:
    state = with_complete_file(with_complete_file(ready(files=2), "vide.txt", b""), "autre.txt", b"x")
    read = {file.path for _, file in pending(state, begin(state.id, NOW))}
    assert read == {file.path for file in state.files.values()} - {"vide.txt"}


def test_one_process_at_a_time_holds_the_lease_and_another_takes_over_after_its_end() -> None:
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


def test_a_failed_verification_is_retried_with_growing_delays() -> None:
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


def test_a_file_of_one_part_is_announced_only_if_its_crc_differs() -> None:
    state = ready(files=2)
    first, second = state.files
    after, events = confirm(begin(state.id, NOW), [found(state, first), found(state, second, crc32=7)], NOW)
    assert after.files == {first: "verified", second: "verified"}
    assert [(event.file, event.crc32) for event in events if isinstance(event, FileVerified)] == [(second, 7)]


def test_a_crc_that_differs_is_corrected_and_a_digest_that_differs_fails() -> None:
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
