"""One process at a time: two that write to one file would both spoil it."""

import sys
from typing import IO, Any


class FileLocked(OSError):
    """Another process is at it."""


if sys.platform == "win32":

    def lock(stream: IO[Any]) -> None:
        """Nothing: there an open file cannot be renamed by another process anyway."""
else:
    import fcntl

    def lock(stream: IO[Any]) -> None:
        """Keeps others away until the file is closed, however this process ends; refuses when one is there."""
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FileLocked(None, "another process is at it", str(stream.name)) from None
