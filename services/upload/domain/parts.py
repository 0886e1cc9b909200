"""How is a file cut into parts? Into a thousand at most where possible, in whole MiB, none over the gateway's limit."""

from services.kit.refusals import ContentTooLarge
from services.upload.domain.limits import MIB, Limits

TARGET_PART_COUNT = 1_000
MAX_PART_COUNT = 10_000
"""What an S3 store takes."""
MIN_PART_BYTES = 5 * MIB
"""The smallest part, but for the last, that an S3 store takes."""


class FileTooLarge(ContentTooLarge):
    """This file has more parts than the store can take."""

    title_fr = "Ce fichier compte plus de morceaux que le stockage n'en accepte."


def part_bytes_of(size_bytes: int, limits: Limits, *, small: bool = False) -> int:
    """The size of every part but the last, in bytes; refuses what would need more than 10,000 parts.

    `small` parts are as small as the store takes.
    """
    wanted = -(-size_bytes // (MAX_PART_COUNT if small else TARGET_PART_COUNT))
    whole = -(-wanted // MIB) * MIB
    part_bytes = min(max(whole, min_part_bytes(limits, small=small)), limits.largest_part_bytes)
    if size_bytes > part_bytes * MAX_PART_COUNT:
        raise FileTooLarge(limit_bytes=part_bytes * MAX_PART_COUNT, size_bytes=size_bytes)
    return part_bytes


def min_part_bytes(limits: Limits, *, small: bool = False) -> int:
    """The size of a part of a small file, in bytes; a file that is no larger is sent as one part."""
    return min(MIN_PART_BYTES, limits.smallest_part_bytes) if small else limits.smallest_part_bytes


def part_count_of(size_bytes: int, part_bytes: int) -> int:
    """At least one: an empty file is one part of no bytes."""
    return max(1, -(-size_bytes // part_bytes))


def part_length_of(number: int, size_bytes: int, part_bytes: int) -> int:
    """The exact length of part `number`, counted from one."""
    return min(part_bytes, size_bytes - (number - 1) * part_bytes)
