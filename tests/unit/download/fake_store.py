"""A store in memory that remembers what it was asked for."""

import hashlib


class FakeStore:
    """`asked` are the parts that were read, `runs` the requests for them; `bad` are wrong answers, by number."""

    def __init__(self, body: bytes, bad: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        self.body = body
        self.bad = bad
        self.asked: list[int] = []
        self.runs: list[tuple[int, int]] = []
        self.given_up: list[int] = []

    def open_range(self, key: str, start: int, stop: int) -> "FakeRange":
        self.runs.append((start, stop))
        return FakeRange(self, start)


class FakeRange:
    """One run of the store."""

    def __init__(self, store: FakeStore, at: int) -> None:
        self.store = store
        self.at = at

    async def read_into(self, into: memoryview) -> str:
        self.store.asked.append(self.at)
        body = self.store.body[self.at : self.at + len(into)]
        into[:] = bytes(len(into)) if len(self.store.asked) in self.store.bad else body
        self.at += len(into)
        return hashlib.sha256(into).hexdigest()

    async def close(self) -> None:
        self.store.given_up.append(self.at)
