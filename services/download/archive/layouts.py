"""Which archive is that? The layouts that were asked for last: of contents, only a CRC-32 may be corrected."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection
from zoneinfo import ZoneInfo

from services.download.archive.layout import Layout
from services.download.archive.names import clean
from services.download.domain.contents import Contents
from services.download.domain.refusals import FileUnknown

CACHED = 32
LONGEST_NAME = 60
DASHES = str.maketrans("/\\", "--")


class Layouts:
    """Archives of some files of a transfer, or of all; their dates are told in `zone`."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._recent: OrderedDict[tuple[str, tuple[tuple[str, int], ...]], Layout] = OrderedDict()

    async def of(self, contents: Contents, files: Collection[str] | None = None) -> Layout:
        """The layout, with the files in the order in which they were sent; `FileUnknown` for one that was not.

        That of a thousand files in deep folders takes half a second, beside the event loop.
        """
        wanted = {file.file for file in contents.files} if files is None else set(files)
        chosen = tuple(file for file in contents.files if file.file in wanted)
        if len(chosen) < len(wanted):
            raise FileUnknown()
        key = contents.id, tuple((file.file, file.crc32) for file in chosen)
        if key not in self._recent:
            self._recent[key] = await asyncio.to_thread(Layout, chosen, contents.submitted_at, self._zone)
        layout = self._recent[key]
        self._recent.move_to_end(key)
        if len(self._recent) > CACHED:
            self._recent.popitem(last=False)
        return layout


def archive_name(contents: Contents) -> str:
    """What the archive is called when it is saved: the subject, short enough for folders within folders of Windows."""
    subject = " ".join(contents.label.subject.translate(DASHES).split()).strip(" .")
    return f"{clean(_beginning(subject) or 'melanissimo')}.zip"


def _beginning(subject: str) -> str:
    """At most so many characters, up to the end of a word unless that would leave little."""
    if len(subject) <= LONGEST_NAME:
        return subject
    words = subject[: LONGEST_NAME + 1].rpartition(" ")[0]
    return (words if len(words) > LONGEST_NAME // 2 else subject[:LONGEST_NAME]).rstrip(" .,;:-")
