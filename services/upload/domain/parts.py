"""Splitting a file into parts: at most a thousand if possible, of whole MiB, none over the gateway's limit."""

from services.kit.refusals import ContentTooLarge
from services.upload.domain.limits import MIB, Limits

TARGET_PART_COUNT = 1_000
MAX_PART_COUNT = 10_000
"""The limit of S3."""
MIN_PART_BYTES = 5 * MIB
"""The smallest part in S3, except the last."""


class FileTooLarge(ContentTooLarge):
    """This file has more parts than the store can take."""

    title_fr = "Ce fichier compte plus de morceaux que le stockage n'en accepte."
    limit_bytes: int
    size_bytes: int


def part_bytes_of(size_bytes: int, limits: Limits, *, small: bool = False) -> int:
    """Return the size of every part but the last, in bytes; refuse a file of more than 10,000 parts.

    `small` parts are the smallest that the store takes.
    """
    wanted = -(-size_bytes // (MAX_PART_COUNT if small else TARGET_PART_COUNT))
    whole = -(-wanted // MIB) * MIB
    part_bytes = min(max(whole, min_part_bytes(limits, small=small)), limits.largest_part_bytes)
    if size_bytes > part_bytes * MAX_PART_COUNT:
        raise FileTooLarge(limit_bytes=part_bytes * MAX_PART_COUNT, size_bytes=size_bytes)
    return part_bytes


def min_part_bytes(limits: Limits, *, small: bool = False) -> int:
    """Return the smallest part size, in bytes; a file that is no larger has one part."""
    return min(MIN_PART_BYTES, limits.smallest_part_bytes) if small else limits.smallest_part_bytes


def part_count_of(size_bytes: int, part_bytes: int) -> int:
    """Return the number of parts; an empty file is one empty part."""
    return max(1, -(-size_bytes // part_bytes))


def part_length_of(number: int, size_bytes: int, part_bytes: int) -> int:
    """Return the exact length of part `number`, counted from one, in bytes."""
    return min(part_bytes, size_bytes - (number - 1) * part_bytes)
