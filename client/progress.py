"""A listener for the progress of a transfer; several threads call it."""

from collections.abc import Callable

Progress = Callable[[int], None]


class ProgressListener:
    """Does nothing; subclasses override what they need."""

    def resumed(self, size_bytes: int) -> None:
        """Count bytes that an earlier attempt had transferred; a negative number takes them back."""

    def transferred(self, size_bytes: int) -> None:
        """Count bytes that were sent or received; a negative number: they have to go again."""

    def confirmed(self, size_bytes: int) -> None:
        """Count bytes that the other side has acknowledged; each was counted as transferred before."""

    def changed(self, name: str, what: str) -> None:
        """Report that a file differs from an earlier attempt: its `size`, only its `date`, or its `digest`.

        `lost`: the file is the same, but the service has lost what had arrived, so that all of it goes again.
        """

    def completed(self, name: str) -> None:
        """Report that a file is complete and verified."""


class ProgressSum(ProgressListener):
    """Calls one function with the sizes of all bytes that are there, resumed or confirmed."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def resumed(self, size_bytes: int) -> None:
        self._progress(size_bytes)

    def confirmed(self, size_bytes: int) -> None:
        self._progress(size_bytes)
