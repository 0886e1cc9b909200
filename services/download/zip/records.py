"""The records that a ZIP writes around the bytes of its files (APPNOTE 6.3.10), uncompressed, ZIP64 where needed.

A field whose value does not fit is all ones, and an extra field of id 1 holds the value in 64 bits: in the local header
always both sizes, in the central one only what did not fit. Most archives hold none, which suits the oldest readers.

The date of an entry is that of its file, or else of the submission: in local time in the MS-DOS fields, and as a moment
in an extra field of id `UT`, so that other time zones show it in their own time.
"""

from datetime import datetime
from struct import Struct

FULL16 = 0xFFFF
FULL32 = 0xFFFFFFFF
STORED = 0
UTF8 = 1 << 11
PLAIN_VERSION = 20
ZIP64_VERSION = 45
UNIX = 3 << 8
REGULAR_0644 = 0o100644 << 16

LOCAL = Struct("<4s5H3I2H")
CENTRAL = Struct("<4s6H3I5H2I")
END = Struct("<4s4H2IH")
MOMENT = Struct("<2sHBi")
END64 = Struct("<4sQ2H2I4Q")
LOCATOR64 = Struct("<4sIQI")


class ZipEntry:
    """One file of the archive: its name in UTF-8, its checksum, its size and where its local header begins.

    `at` is its date, in the time zone of the MS-DOS fields.
    """

    __slots__ = ("crc32", "moment", "name", "offset", "size_bytes", "stamp")

    def __init__(self, name: bytes, crc32: int, size_bytes: int, offset: int, at: datetime) -> None:
        self.name = name
        self.crc32 = crc32
        self.size_bytes = size_bytes
        self.offset = offset
        self.stamp = dos_stamp(at)
        self.moment = _moment(at)

    def local(self) -> bytes:
        """Return its local header, which precedes its bytes."""
        large = _large(self.size_bytes, self.size_bytes) if self.size_bytes >= FULL32 else b""
        extra = large + self.moment
        size = min(self.size_bytes, FULL32)
        fields = (_version(large), UTF8, STORED, *self.stamp, self.crc32, size, size, len(self.name), len(extra))
        return LOCAL.pack(b"PK\3\4", *fields) + self.name + extra

    @property
    def data(self) -> int:
        """The offset of its first byte."""
        large = 20 if self.size_bytes >= FULL32 else 0
        return self.offset + LOCAL.size + len(self.name) + large + len(self.moment)

    @property
    def stop(self) -> int:
        """The offset after its last byte."""
        return self.data + self.size_bytes

    def central(self) -> bytes:
        """Return its record in the central directory."""
        sizes = [self.size_bytes, self.size_bytes] if self.size_bytes >= FULL32 else []
        large = _large(*sizes, *([self.offset] if self.offset >= FULL32 else []))
        extra = large + self.moment
        size, offset = min(self.size_bytes, FULL32), min(self.offset, FULL32)
        version = _version(large)
        fields = (UNIX | version, version, UTF8, STORED, *self.stamp, self.crc32, size, size)
        lengths = (len(self.name), len(extra), 0)
        return CENTRAL.pack(b"PK\1\2", *fields, *lengths, 0, 0, REGULAR_0644, offset) + self.name + extra


def end_records(entries: int, start: int, size_bytes: int) -> bytes:
    """Return the records after a central directory with so many entries, at this offset and of this size."""
    few = min(entries, FULL16)
    closing = END.pack(b"PK\5\6", 0, 0, few, few, min(size_bytes, FULL32), min(start, FULL32), 0)
    if entries < FULL16 and start < FULL32 and size_bytes < FULL32:
        return closing
    versions = (UNIX | ZIP64_VERSION, ZIP64_VERSION)
    end64 = END64.pack(b"PK\6\6", END64.size - 12, *versions, 0, 0, entries, entries, size_bytes, start)
    return end64 + LOCATOR64.pack(b"PK\6\7", 0, start + size_bytes, 1) + closing


def dos_stamp(at: datetime) -> tuple[int, int]:
    """Return time and date of its own time zone in the MS-DOS format: in steps of two seconds, from 1980 to 2107."""
    at = max(datetime(1980, 1, 1), min(at.replace(tzinfo=None), datetime(2107, 12, 31, 23, 59, 58)))
    return at.hour << 11 | at.minute << 5 | at.second // 2, (at.year - 1980) << 9 | at.month << 5 | at.day


def _moment(at: datetime) -> bytes:
    """Return seconds since 1970 in 32 bits; nothing where readers disagree about the sign."""
    seconds = int(at.timestamp())
    return MOMENT.pack(b"UT", 5, 1, seconds) if 0 <= seconds < 1 << 31 else b""


def _large(*values: int) -> bytes:
    return Struct(f"<2H{len(values)}Q").pack(1, 8 * len(values), *values) if values else b""


def _version(large: bytes) -> int:
    return ZIP64_VERSION if large else PLAIN_VERSION
