"""Send a transfer, from its draft to its recap; repeated with the same draft, it resumes."""

from collections.abc import Sequence
from dataclasses import dataclass

from client.api import Api
from client.draft_fields import DraftFields
from client.errors import Problem
from client.progress import ProgressListener
from client.schemas.upload import CompletedFileSchema, DraftProblemSchema, DraftSchema, RecapSchema
from client.sources import SourceFile, file_id
from client.upload import PARALLEL, Uploader

FILE_PROBLEMS = frozenset({"file-missing", "files-incomplete", "too-many-files", "transfer-too-large"})


@dataclass(frozen=True)
class PreparedDraft:
    """The draft as the service shows it, and the names of the files that were removed from it."""

    view: DraftSchema
    dropped: tuple[str, ...]


class SendOperation:
    """`prepare`, `upload`, `submit`; each step may be repeated, in another process too."""

    def __init__(self, api: Api, draft: str, fields: DraftFields, files: Sequence[SourceFile]) -> None:
        self._api = api
        self.draft = draft
        self._fields = fields
        self._files = files

    def prepare(self, is_all: bool = True) -> PreparedDraft:
        """Create the draft or find it, and set its fields; refuse what could not be sent before uploading anything.

        With `is_all`, files of an earlier attempt that are not among these files are removed.
        """
        before = self._api.create_draft(self.draft)
        dropped = self._drop_others(before) if is_all else ()
        view = self._api.edit_draft(self.draft, **self._fields.to_json())
        for problem in view.problems:
            if problem.slug not in FILE_PROBLEMS:
                raise _to_problem(problem, self._api.transport.language)
        return PreparedDraft(view, dropped)

    def upload(self, listener: ProgressListener | None = None, parallel: int = PARALLEL) -> list[CompletedFileSchema]:
        """Upload every file, resuming an earlier attempt."""
        return Uploader(self._api, parallel, listener).send_all(self.draft, self._files)

    def submit(self) -> RecapSchema:
        """Submit the draft and return the recap; a repeated call returns the same recap."""
        return self._api.submit(self.draft)

    def _drop_others(self, draft: DraftSchema) -> tuple[str, ...]:
        ours = {file_id(self.draft, file.name) for file in self._files}
        others = [file for file in draft.files if file.file not in ours]
        for file in others:
            self._api.delete_file(self.draft, file.file)
        return tuple(file.path for file in others)


def send(
    api: Api, draft: str, fields: DraftFields, files: Sequence[SourceFile], listener: ProgressListener | None = None
) -> RecapSchema:
    """Prepare, upload and submit; return the recap."""
    operation = SendOperation(api, draft, fields, files)
    operation.prepare()
    operation.upload(listener)
    return operation.submit()


def _to_problem(problem: DraftProblemSchema, language: str) -> Problem:
    """Convert a problem in a draft's view to the refusal that a submission would get."""
    members = {name: value for name, value in problem.document.items() if name not in ("titles", "slug")}
    return Problem(422, {**members, "title": problem.titles.get(language) or problem.slug})
