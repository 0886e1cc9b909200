"""A file of equal parts, hashed once, so that the transfer is measured and not the hashing."""

import hashlib
import random
import zlib

PART_BYTES = 8 * 2**20
PART = random.Random(1).randbytes(PART_BYTES)  # noqa: S311 - only bytes that do not compress


class PartFile:
    """The parts of a file of a given size, and the digests of each part and of the whole."""

    def __init__(self, size_bytes: int) -> None:
        rest = size_bytes % PART_BYTES
        self.size_bytes = size_bytes
        self.parts = [PART] * (size_bytes // PART_BYTES) + ([PART[:rest]] if rest else [])
        self._known = {len(part): (hashlib.sha256(part).hexdigest(), zlib.crc32(part)) for part in (PART, PART[:rest])}
        whole = hashlib.sha256()
        for part in self.parts:
            whole.update(part)
        self.sha256 = whole.hexdigest()

    def sha256_of(self, part: bytes) -> str:
        return self._known[len(part)][0]

    def crc32_of(self, part: bytes) -> str:
        return f"{self._known[len(part)][1]:08x}"
