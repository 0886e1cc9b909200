"""Lock a file, so that two processes never write to it at the same time."""

import sys
from typing import IO, Any


class FileLocked(OSError):
    """Another process holds the lock."""


if sys.platform == "win32":

    def lock(stream: IO[Any]) -> None:
        """Do nothing: on Windows another process cannot rename an open file."""
else:
    import fcntl

    def lock(stream: IO[Any]) -> None:
        """Lock the file until it is closed or the process ends; raise `FileLocked` if another process has it."""
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FileLocked(None, "locked by another process", str(stream.name)) from None
