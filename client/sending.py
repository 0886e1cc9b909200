"""A whole send, from its draft to its recap; done again with the same draft it goes on where it stopped."""

from collections.abc import Sequence
from dataclasses import dataclass

from client.api import Api
from client.letter import Letter
from client.problem import Json, Problem
from client.sources import Source, file_id
from client.upload import PARALLEL, Uploader
from client.watching import Watcher

OF_FILES = frozenset({"file-missing", "files-incomplete", "too-many-files", "transfer-too-large"})


@dataclass(frozen=True)
class Prepared:
    """The draft as the service shows it, and the names of the files that were dropped from it."""

    view: Json
    dropped: tuple[str, ...]


class Sending:
    """`prepare`, `upload`, `submit`; each may be repeated, in another process too."""

    def __init__(self, api: Api, draft: str, letter: Letter, files: Sequence[Source]) -> None:
        self._api = api
        self.draft = draft
        self._letter = letter
        self._files = files

    def prepare(self, is_all: bool = True) -> Prepared:
        """Begins or takes up the draft and writes on it; refuses what could not be sent before any byte has moved.

        What an earlier attempt had put there and is not among the files any more is dropped, if these files are all.
        """
        before = self._api.begin_draft(self.draft)
        dropped = self._drop_others(before) if is_all else ()
        view = self._api.edit_draft(self.draft, **self._letter.fields())
        for problem in view["problems"]:
            if problem["slug"] not in OF_FILES:
                raise _refusal(problem, self._api.wire.language)
        return Prepared(view, dropped)

    def upload(self, watcher: Watcher | None = None, parallel: int = PARALLEL) -> list[Json]:
        """Every file, from where an earlier attempt stopped."""
        return Uploader(self._api, parallel, watcher).send_all(self.draft, self._files)

    def submit(self) -> Json:
        """Sends it; the recap, also when it was sent before."""
        return self._api.submit(self.draft)

    def _drop_others(self, view: Json) -> tuple[str, ...]:
        ours = {file_id(self.draft, file.name) for file in self._files}
        others = [file for file in view["files"] if file["file"] not in ours]
        for file in others:
            self._api.drop_file(self.draft, file["file"])
        return tuple(str(file["path"]) for file in others)


def send(api: Api, draft: str, letter: Letter, files: Sequence[Source], watcher: Watcher | None = None) -> Json:
    """All of it; the recap."""
    sending = Sending(api, draft, letter, files)
    sending.prepare()
    sending.upload(watcher)
    return sending.submit()


def _refusal(problem: Json, language: str) -> Problem:
    """What a draft says about itself, as the refusal that its submission would be."""
    titles = problem.get("titles") or {}
    members = {name: value for name, value in problem.items() if name not in ("titles", "slug")}
    return Problem(422, {**members, "title": titles.get(language) or problem["slug"]})
