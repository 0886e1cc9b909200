"""Which files a draft accepts, and when a file is complete."""

import uuid

import pytest
from pydantic import ValidationError

from services.contracts.values import Part
from services.kit.refusals import NotFound
from services.upload.domain.file_names import ExtensionRefused
from services.upload.domain.files import (
    Announcement,
    DigestDiffers,
    FileAlreadyAnnounced,
    PartsMissing,
    TooManyFiles,
    TransferTooLarge,
    assemble,
    mark_complete,
    new_file,
    restart_upload,
    without_file,
)
from services.upload.domain.lifecycle import due_removals
from services.upload.domain.limits import MIB
from services.upload.domain.parts import part_bytes_of
from tests.unit.upload.sample import AGENT, LIMITS, NOW, draft, ready, with_announced_file

DIGEST = "0" * 64


def test_a_file_announced_twice_is_one_file() -> None:
    once, id = with_announced_file(draft(), "a.pdf", 10)
    again, _ = with_announced_file(once, "a.pdf", 10, id)
    assert again is once


@pytest.mark.parametrize(("path", "size"), [("a.pdf", 11), ("b.pdf", 10)])
def test_another_file_under_the_same_id_is_refused(path: str, size: int) -> None:
    once, id = with_announced_file(draft(), "a.pdf", 10)
    with pytest.raises(FileAlreadyAnnounced):
        with_announced_file(once, path, size, id)


def test_a_file_that_was_renamed_for_its_twin_may_be_announced_again() -> None:
    once, _ = with_announced_file(draft(), "a.pdf", 10)
    twice, id = with_announced_file(once, "a.pdf", 10)
    assert twice.file(id).path == "a (2).pdf"
    assert with_announced_file(twice, "a.pdf", 10, id)[0] is twice


def test_the_sizes_of_all_files_count_against_the_limit_of_the_sender() -> None:
    once, _ = with_announced_file(draft(), "a.pdf", 999_999_999)
    with_announced_file(once, "b.pdf", 1)
    with pytest.raises(TransferTooLarge) as refusal:
        with_announced_file(once, "b.pdf", 2)
    assert refusal.value.members == {"limit_bytes": 1_000_000_000, "size_bytes": 1_000_000_001}
    with_announced_file(draft(AGENT), "a.pdf", 20_000_000_000)
    with pytest.raises(TransferTooLarge):
        with_announced_file(draft(AGENT), "a.pdf", 5 * 10**12)


def test_one_file_too_many_is_refused() -> None:
    few = LIMITS.model_copy(update={"files": 2})
    state = ready(files=2)
    with pytest.raises(TooManyFiles):
        new_file(state, Announcement(path="c.pdf", size_bytes=1), "k", None, few)


def test_a_file_with_a_refused_extension_is_refused() -> None:
    with pytest.raises(ExtensionRefused):
        with_announced_file(draft(), "a.exe", 1)


@pytest.mark.parametrize("size", [-1, 2**63, 1.5, "1", True, None])
def test_an_impossible_size_is_refused(size: object) -> None:
    with pytest.raises(ValidationError):
        Announcement.model_validate({"path": "a", "size_bytes": size})


def test_an_upload_restarts_once_and_its_old_bytes_are_marked_for_removal() -> None:
    state, id = with_announced_file(draft(), "a.zip", 30 * MIB)
    lost = state.file(id)
    fresh = lost.model_copy(update={"key": f"{state.id}/fresh", "upload_id": "v"})
    anew = restart_upload(state, id, lost, fresh, NOW)
    assert anew.file(id) == fresh
    assert anew.updated_at == state.updated_at
    assert [(one.key, one.upload_id) for one in due_removals(anew, NOW)] == [(lost.key, "u")]
    late = lost.model_copy(update={"key": f"{state.id}/late", "upload_id": "w"})
    assert restart_upload(anew, id, lost, late, NOW) is anew
    with pytest.raises(NotFound):
        restart_upload(without_file(anew, id, NOW), id, fresh, late, NOW)


@pytest.mark.parametrize(
    ("size", "usual", "small"), [(6 * MIB, 8, 5), (100 * MIB, 8, 5), (20_000_000_000, 20, 5), (60_000 * MIB, 60, 6)]
)
def test_small_parts_are_as_small_as_the_store_takes(size: int, usual: int, small: int) -> None:
    assert part_bytes_of(size, LIMITS) == usual * MIB
    assert part_bytes_of(size, LIMITS, small=True) == small * MIB


def test_a_file_with_missing_parts_is_refused_with_their_numbers() -> None:
    state, id = with_announced_file(draft(), "a.iso.zip", 30 * MIB)
    there = Part(size_bytes=8 * MIB, sha256=DIGEST, crc32=0)
    with pytest.raises(PartsMissing) as refusal:
        assemble(state.file(id), DIGEST, {1: there, 3: there})
    assert refusal.value.members == {"parts": [2, 4], "missing": 2}


def test_the_digest_of_a_file_of_one_part_is_that_of_the_part() -> None:
    state, id = with_announced_file(draft(), "a", 3)
    with pytest.raises(DigestDiffers):
        assemble(state.file(id), "1" * 64, {1: Part(size_bytes=3, sha256=DIGEST, crc32=0)})


def test_completing_again_changes_nothing_and_another_digest_is_refused() -> None:
    state = ready()
    id, file = next(iter(state.files.items()))
    assert mark_complete(state, id, file, NOW) is state
    with pytest.raises(DigestDiffers):
        mark_complete(state, id, file.model_copy(update={"sha256": DIGEST}), NOW)


def test_a_file_that_was_replaced_meanwhile_is_not_completed() -> None:
    state, id = with_announced_file(draft(), "a", 3)
    done = assemble(state.file(id), DIGEST, {1: Part(size_bytes=3, sha256=DIGEST, crc32=0)})
    replaced, _ = with_announced_file(without_file(state, id, NOW), "a", 3, id)
    with pytest.raises(NotFound):
        mark_complete(replaced, id, done, NOW)


def test_the_bytes_of_a_removed_file_are_marked_before_their_removal() -> None:
    state, id = with_announced_file(draft(), "a", 3)
    key = state.file(id).key
    after = without_file(state, id, NOW)
    assert after.files == {}
    assert [left.key for left in due_removals(after, NOW)] == [key]
    assert without_file(after, str(uuid.uuid4()), NOW) is after
