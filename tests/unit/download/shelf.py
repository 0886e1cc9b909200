"""A store in memory that remembers what it was asked for."""

import hashlib


class Shelf:
    """`asked` are the parts that were read, `runs` the requests for them; `bad` are wrong answers, by number."""

    def __init__(self, body: bytes, bad: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        self.body = body
        self.bad = bad
        self.asked: list[int] = []
        self.runs: list[tuple[int, int]] = []
        self.given_up: list[int] = []

    def open_range(self, key: str, start: int, stop: int) -> "Pull":
        self.runs.append((start, stop))
        return Pull(self, start)


class Pull:
    """One run of the shelf."""

    def __init__(self, shelf: Shelf, at: int) -> None:
        self.shelf = shelf
        self.at = at

    async def read_into(self, into: memoryview) -> str:
        self.shelf.asked.append(self.at)
        body = self.shelf.body[self.at : self.at + len(into)]
        into[:] = bytes(len(into)) if len(self.shelf.asked) in self.shelf.bad else body
        self.at += len(into)
        return hashlib.sha256(into).hexdigest()

    async def close(self) -> None:
        self.shelf.given_up.append(self.at)
