"""The largest transfer of an agent, without its bytes: its parts, its lists, its checksums, its verification."""

import uuid
import zlib
from itertools import accumulate, pairwise
from types import SimpleNamespace
from typing import Any, cast

import bson
import pytest

from services.contracts.values import Part
from services.kit.aggregate import Change
from services.upload import file_verifier
from services.upload.api.views import file_plan_view
from services.upload.deps import Deps
from services.upload.domain.files import PartsMissing, assemble, mark_complete
from services.upload.domain.limits import MIB
from services.upload.domain.submission import submit
from services.upload.domain.transfer import File, Transfer
from services.upload.domain.verification import INITIAL_DELAY, LEASE_DURATION, Verification, begin, claim
from tests.unit.upload.sample import AGENT, AGENTS, LIMITS, NOW, draft, ready, with_announced_file

LARGEST = 20_000_000_000
CRC32_OF_ZEROS = 0xA5B04240
"""Of twenty gigabytes of zeros, as `zlib.crc32` computes in five seconds."""
LARGEST_DOCUMENT_BYTES = 16 * MIB
DIGEST = "d" * 64
HELD = claim(begin("t", NOW), "me", NOW + INITIAL_DELAY)


def large_file(size_bytes: int = LARGEST) -> tuple[Transfer, str, File]:
    state, id = with_announced_file(draft(AGENT), "grand.bin", size_bytes)
    return state, id, state.file(id)


def arrived(file: File, crcs: dict[int, int] | None = None) -> dict[int, Part]:
    """Return all parts of a file, each with a digest of its own."""
    return {
        number: Part(size_bytes=file.length_of(number), sha256=f"{number:064x}", crc32=(crcs or {}).get(number, 7))
        for number in range(1, file.part_count + 1)
    }


def test_its_parts_are_few_and_small_enough_for_the_gateway_and_add_up() -> None:
    _, _, file = large_file()
    lengths = [file.length_of(number) for number in range(1, file.part_count + 1)]
    assert (file.part_count, file.part_bytes) == (954, 20 * MIB)
    assert sum(lengths) == LARGEST
    assert set(lengths[:-1]) == {20 * MIB}
    assert 0 < lengths[-1] <= max(lengths) <= LIMITS.largest_part_bytes


@pytest.mark.parametrize("size_bytes", [8 * MIB, 8 * MIB + 1, 8 * MIB * 1000, 8 * MIB * 1000 + 1, LARGEST - 1, LARGEST])
def test_no_file_of_an_agent_has_more_than_a_thousand_parts(size_bytes: int) -> None:
    _, _, file = large_file(size_bytes)
    assert file.part_count <= 1_000
    assert sum(file.length_of(number) for number in range(1, file.part_count + 1)) == size_bytes


def test_its_crc_follows_from_those_of_its_parts() -> None:
    state, id, file = large_file()
    of_part, of_last = (_crc32_of_zeros(length) for length in (file.part_bytes, file.length_of(file.part_count)))
    crcs = dict.fromkeys(range(1, file.part_count), of_part) | {file.part_count: of_last}
    done = assemble(file, DIGEST, arrived(file, crcs))
    assert done.crc32 == CRC32_OF_ZEROS
    assert mark_complete(state, id, done, NOW).file(id).state == "complete"


def _crc32_of_zeros(size_bytes: int) -> int:
    return zlib.crc32(bytes(size_bytes))


def test_a_resumed_upload_sends_only_the_missing_parts() -> None:
    _, id, file = large_file()
    there = arrived(file)
    lost = {1, 2, 477, 953, 954}
    for number in lost:
        del there[number]
    view = file_plan_view(id, file, "capability", NOW, dict(reversed(there.items())))
    listed = [part.number for part in view.parts]
    assert listed == sorted(listed)
    assert set(range(1, view.part_count + 1)) - set(listed) == lost
    with pytest.raises(PartsMissing) as refusal:
        assemble(file, DIGEST, there)
    assert refusal.value.members == {"parts": sorted(lost), "missing": len(lost)}


def test_the_list_of_missing_parts_is_bounded() -> None:
    limits = LIMITS.model_copy(update={"largest_part_bytes": 8 * MIB})
    size_bytes = 8 * MIB * 10_000
    file = large_file()[2].model_copy(update={"size_bytes": size_bytes, "part_bytes": limits.largest_part_bytes})
    with pytest.raises(PartsMissing) as refusal:
        assemble(file, DIGEST, {})
    assert len(refusal.value.members["parts"]) == 1_000
    assert refusal.value.members["missing"] == 10_000


def test_the_document_of_the_largest_transfer_fits_into_the_database_with_its_outbox() -> None:
    each = LARGEST // LIMITS.files
    state = ready(AGENT, files=0)
    files = {}
    for number in range(LIMITS.files):
        path = "/".join(["dossier" * 15] * 8) + f"/{number}.bin"
        fields: dict[str, Any] = {"requested_path": path, "path": path, "size_bytes": each, "modified_at": NOW}
        file = File(**fields, part_bytes=8 * MIB, key=f"{state.id}/{uuid.uuid4().hex}", upload_id="u" * 100)
        files[str(uuid.uuid4())] = assemble(file, DIGEST, arrived(file))
    sent, (event,) = submit(state.evolve(files=files), AGENT, LIMITS, AGENTS, NOW)
    assert sum(len(file.parts) for file in sent.files.values()) == 3_000
    document = {**sent.model_dump(exclude={"id"}), "outbox": [event.model_dump(mode="json")]}
    assert len(bson.encode(document)) < LARGEST_DOCUMENT_BYTES / 4


class Clock:
    """A monotonic clock that advances while a part is read and while the verifier pauses."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    async def pass_by(self, seconds: float) -> None:
        self.now += seconds


class Sparse:
    """A fake store without bytes: each read takes ten seconds and is recorded."""

    def __init__(self, clock: Clock) -> None:
        self.spans: list[tuple[int, int]] = []
        self._clock = clock

    async def read(self, _key: str, offset: int, length: int) -> bytes:
        self.spans.append((offset, length))
        await self._clock.pass_by(10)
        return b""


class Leases:
    """Records when the lease of a verification was renewed."""

    def __init__(self, clock: Clock) -> None:
        self.renewed_at = [0.0]
        self._clock = clock

    async def update(self, _id: str, rule: Change[Verification]) -> Verification:
        state, _ = rule(HELD, NOW)
        self.renewed_at.append(self._clock.now)
        return state


async def test_a_file_is_read_back_part_by_part_and_the_lease_is_renewed_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, id, file = large_file()
    clock = Clock()
    monkeypatch.setattr(file_verifier, "monotonic_seconds", clock)
    store, leases = Sparse(clock), Leases(clock)
    deps = cast(Deps, SimpleNamespace(objects=store, verifications=leases))
    await file_verifier._FileVerifier(deps, HELD, clock.pass_by)._read_back(id, assemble(file, DIGEST, arrived(file)))
    ends = list(accumulate(length for _, length in store.spans))
    assert [offset for offset, _ in store.spans] == [0, *ends[:-1]]
    assert (len(store.spans), ends[-1]) == (954, LARGEST)
    assert clock.now == 2 * 10 * 954, "it pauses as long as it reads"
    gaps = [after - before for before, after in pairwise([*leases.renewed_at, clock.now])]
    assert max(gaps) < LEASE_DURATION.total_seconds()
