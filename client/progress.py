"""Who watches a transfer hears of every byte, from several threads at once."""

from collections.abc import Callable

Progress = Callable[[int], None]


class ProgressListener:
    """Hears everything and does nothing; what is of interest is overridden."""

    def resumed(self, size_bytes: int) -> None:
        """Bytes that an earlier attempt had brought there; a negative number: they do not count after all."""

    def transferred(self, size_bytes: int) -> None:
        """Bytes that were put on the line, or came off it; a negative number: they have to go again."""

    def confirmed(self, size_bytes: int) -> None:
        """Bytes that the other side has acknowledged; each of them was handed over before."""

    def changed(self, name: str, what: str) -> None:
        """A file is not what it was at an earlier attempt: its `size`, its `date` only, or its `digest`.

        `lost`: the file is the same, but what had arrived of it is not there any more, so that all of it goes again.
        """

    def completed(self, name: str) -> None:
        """A file is whole and verified."""


class ProgressCounter(ProgressListener):
    """Tells one function of bytes that are there, whether they came now or before."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def resumed(self, size_bytes: int) -> None:
        self._progress(size_bytes)

    def confirmed(self, size_bytes: int) -> None:
        self._progress(size_bytes)
