"""Which archive is that? The layouts that were asked for last: of contents, only a CRC-32 may be corrected."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection

from services.download.archive.layout import Layout
from services.download.domain.contents import Contents
from services.download.domain.refusals import FileUnknown

CACHED = 32


class Layouts:
    """Archives of some files of a transfer, or of all."""

    def __init__(self) -> None:
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
            self._recent[key] = await asyncio.to_thread(Layout, chosen, contents.submitted_at)
        layout = self._recent[key]
        self._recent.move_to_end(key)
        if len(self._recent) > CACHED:
            self._recent.popitem(last=False)
        return layout


def archive_name(contents: Contents) -> str:
    """What the archive is called when it is saved: the subject, however it was written."""
    return f"{contents.label.subject.replace('/', '-').replace(chr(92), '-').strip(' .') or 'melanissimo'}.zip"
