"""The layouts that were used last, and the names of archives; of contents, only a CRC-32 may be corrected."""

import asyncio
from collections.abc import Collection
from zoneinfo import ZoneInfo

from cachetools import LRUCache

from services.download.domain.contents import Contents
from services.download.domain.refusals import FileUnknown
from services.download.zip.layout import ZipLayout
from services.download.zip.names import clean
from services.kit.file_names import MAX_NAME_BYTES

CACHED = 32
MAX_NAME = 80
AFTER_WORDS = " .,;:-–—(«"
DASHES = str.maketrans("/\\", "--")


class LayoutCache:
    """Layouts of archives of all files of a transfer, or some; their files have their dates in `zone`."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._recent: LRUCache[tuple[str, tuple[tuple[str, int], ...]], ZipLayout] = LRUCache(CACHED)

    async def of(self, contents: Contents, files: Collection[str] | None = None) -> ZipLayout:
        """Return the layout, with the files in the order of the transfer; refuse with `FileUnknown`.

        The layout of a thousand files in deep folders takes half a second, so it is made outside the event loop.
        """
        wanted = {file.file for file in contents.files} if files is None else set(files)
        chosen = tuple(file for file in contents.files if file.file in wanted)
        if len(chosen) < len(wanted):
            raise FileUnknown()
        key = contents.id, tuple((file.file, file.crc32) for file in chosen)
        layout = self._recent.get(key)
        if layout is None:
            layout = await asyncio.to_thread(ZipLayout, chosen, contents.submitted_at, self._zone)
            self._recent[key] = layout
        return layout


def archive_name(contents: Contents, layout: ZipLayout) -> str:
    """Return the name to save the archive under: the first words of the subject, and the day of sending.

    At most 95 characters, short enough for folders within folders of Windows, and at most 255 bytes.
    """
    subject = " ".join(contents.reference.subject.translate(DASHES).split()).strip(" .")
    return f"{clean(_beginning(subject) or 'melanissimo')} {layout.sent_on.isoformat()}.zip"


def _beginning(subject: str) -> str:
    """Return the words that fit, without punctuation after the last one; if the first does not fit, its beginning."""
    fits = subject[:MAX_NAME].encode(errors="ignore")[:MAX_NAME_BYTES].decode(errors="ignore")
    if len(fits) >= len(subject):
        return subject
    words = fits if subject[len(fits)] == " " else fits.rpartition(" ")[0]
    return (words or fits).rstrip(AFTER_WORDS)
