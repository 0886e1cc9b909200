"""Lists that are filled with the largest things that the limits allow, and asked for like any client asks."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar
from uuid import uuid4

import httpx

from services.contracts.values import Parcel, Part, Person, Recipient, SentFile
from services.download.domain.contents import Contents
from services.download.domain.delivery import Delivery
from services.download.domain.download import Download
from services.download.domain.mails import issue
from services.download.domain.quota import FileQuota
from services.kit.addresses import normal_form
from services.propagation.domain import Approver, Propagation
from services.upload.domain.file_names import clean_path
from services.upload.domain.transfer import File, Sender, Transfer, new_draft
from tests.harness import Harness, signed_in
from tests.integration.download.service import DownloadHarness, milliseconds_now
from tests.integration.propagation.service import PropagationHarness
from tests.integration.upload.service import Upload
from tests.unit.upload.sample import LIMITS

SUBJECT = "\N{GRINNING FACE}" * LIMITS.subject_characters
TEXT = "\N{GRINNING FACE}" * LIMITS.text_characters
NAME = "\N{GRINNING FACE}" * 100
DOMAIN = f"{'d' * 60}.{'e' * 60}.{'f' * 51}.example"
AGENT = f"{'a' * 64}@ministere.example"
SENDER = Sender(address=f"{'s' * 64}@{DOMAIN}", name=NAME, role="external")
BEGUN = milliseconds_now()
SHA = "c" * 64
DOWNLOADS = 3


def when(number: int) -> datetime:
    """A date for an item; three items share one."""
    return BEGUN + timedelta(seconds=number // 3)


def address(number: int) -> str:
    return normal_form(f"{number:064d}@{DOMAIN}")


@cache
def recipients(count: int = LIMITS.recipients) -> tuple[Recipient, ...]:
    others = (Recipient(address=address(number), field="to", role="external") for number in range(count - 1))
    return (Recipient(address=AGENT, field="bcc", role="agent"), *others)


@cache
def paths(count: int = LIMITS.files) -> tuple[str, ...]:
    """The longest, in characters of four bytes each."""
    return tuple(_paths(count))


def _paths(count: int) -> Iterable[str]:
    folder = "\N{GRINNING FACE}" * 56
    for number in range(count):
        name = f"{number:04d}" + "\N{GRINNING FACE}" * 40
        folders = (LIMITS.path_characters - len(name)) // (len(folder) + 1)
        yield clean_path("/".join([*[folder] * folders, name]), LIMITS)


@cache
def sent_files(count: int) -> tuple[SentFile, ...]:
    part = Part(size_bytes=7, sha256=SHA, crc32=7)
    return tuple(
        SentFile(
            file=str(uuid4()), path=path, size_bytes=7, sha256=SHA, crc32=7, object_key=str(uuid4()), parts=(part,)
        )
        for path in paths(count)
    )


def parcel(id: str, at: datetime, files: int) -> Parcel:
    return Parcel(
        transfer=id,
        sender=Person(address=SENDER.address, name=NAME),
        sender_role="external",
        subject=SUBJECT,
        language="fr",
        recipients=recipients(),
        text=TEXT,
        files=sent_files(files),
        submitted_at=at,
        ends_at=at + timedelta(days=7),
    )


class FullList(ABC):
    """One list, and the items of which it is made; `id_name` is what an item calls its id.

    One that does not change has its items from the beginning.
    """

    harness: ClassVar[type[Harness[Any]]]
    path: ClassVar[str]
    reader: ClassVar[str]
    id_name: ClassVar[str]
    changes = True
    most = 110

    def __init__(self, harness: Any) -> None:
        self.service = harness
        self.client: httpx.AsyncClient = harness.at(0, signed_in(self.reader))

    async def fill(self, apart: int) -> None:
        """As many items as there may be, or more than a page holds; one in so many has as many files as it may have."""
        for number in range(self.most):
            await self.add(number, LIMITS.files if number % apart == 0 else 1)

    @abstractmethod
    async def add(self, number: int, files: int) -> str:
        """Have one more item, the largest but for its number of files; its id."""

    @abstractmethod
    async def remove(self, id: str) -> None:
        """Take it away."""

    async def ask(self, **query: str | int) -> httpx.Response:
        return await self.client.get(self.path, params=query)


class Drafts(FullList):
    harness, path, reader, id_name = Upload, "/api/upload/drafts", SENDER.address, "draft"
    most = LIMITS.drafts

    async def add(self, number: int, files: int) -> str:
        draft = new_draft(str(uuid4()), SENDER, "fr", 7, when(number)).evolve(
            subject=SUBJECT,
            text=TEXT,
            to=tuple(one.address for one in recipients()),
            files=dict(_draft_files(files)),
        )
        assert await self.service.deps.transfers.add(self.changed(draft, when(number)))
        return draft.id

    def changed(self, draft: Transfer, _at: datetime) -> Transfer:
        return draft

    async def remove(self, id: str) -> None:
        await self.service.deps.transfers.forget(id)


class SentTransfers(Drafts):
    path, id_name = "/api/upload/transfers", "transfer"
    most = 110

    def changed(self, draft: Transfer, at: datetime) -> Transfer:
        ends = at + timedelta(days=7)
        return draft.evolve(state="submitted", recipients=recipients(), submitted_at=at, ends_at=ends)


class Pending(FullList):
    harness, path, reader, id_name = PropagationHarness, "/api/propagation/pending", AGENT, "transfer"

    async def add(self, number: int, files: int) -> str:
        sent = parcel(str(uuid4()), when(number), files)
        state = Propagation(
            id=sent.transfer,
            state="waiting",
            parcel=sent,
            approvers=(Approver(address=AGENT, token_hash=SHA),),
            decide_by=when(number) + timedelta(days=7),
        )
        assert await self.service.deps.propagations.all.add(state)
        return state.id

    async def remove(self, id: str) -> None:
        await self.service.deps.propagations.all.remove(id)


class Received(FullList):
    harness, path, reader, id_name = DownloadHarness, "/api/download/received", AGENT, "transfer"

    async def add(self, number: int, files: int) -> str:
        """A link through which every file was downloaded as often as it may be."""
        at = when(number)
        contents = Contents.of(parcel(str(uuid4()), at, files))
        deps, recipient = self.service.deps, contents.recipients[0]
        token = deps.links.token(contents.id, recipient)
        link, _ = issue(deps.links.id(token), token, recipient, contents, deps.policy, contents.ends_at, at)
        assert await deps.links.all.add(link.evolve(quotas=dict(_quotas(contents, at))))
        assert await deps.deliveries.all.add(
            Delivery(id=contents.id, reference=contents.reference, ends_at=contents.ends_at)
        )
        return contents.id

    async def remove(self, id: str) -> None:
        deps = self.service.deps
        await deps.links.all.remove(deps.links.id(deps.links.token(id, recipients()[0])))
        await deps.deliveries.all.remove(id)


class FollowedFiles(FullList):
    """What the second recipient did with each file; it is there once a transfer is, and has no item without one."""

    harness, reader, id_name = DownloadHarness, SENDER.address, "file"
    path = "/api/download/transfers/{transfer}/recipients/{number}/files"
    changes = False
    most = LIMITS.files

    async def fill(self, apart: int) -> None:
        await self.add(0, LIMITS.files)

    async def add(self, number: int, files: int) -> str:
        """A transfer of which every recipient has downloaded every file as often as they may."""
        deps, contents = self.service.deps, Contents.of(parcel(str(uuid4()), when(number), files))
        quotas, at = dict(_quotas(contents, when(number))), when(number)
        assert await deps.contents.all.add(contents)
        assert await deps.deliveries.all.add(
            Delivery(id=contents.id, reference=contents.reference, ends_at=contents.ends_at)
        )
        for place, recipient in enumerate(contents.recipients):
            token = deps.links.token(contents.id, recipient)
            link, _ = issue(deps.links.id(token), token, recipient, contents, deps.policy, contents.ends_at, at)
            assert await deps.links.all.add(link.evolve(quotas=quotas if place < self.busy else {}))
        self.transfer = contents.id
        return contents.id

    busy = 3
    """So many recipients have downloaded everything; to write that of all of them takes minutes."""

    async def remove(self, id: str) -> None:
        raise AssertionError("the files of a transfer stay")

    async def ask(self, **query: str | int) -> httpx.Response:
        return await self.client.get(self.path.format(transfer=self.transfer, number=2), params=query)


FULL_LISTS: dict[str, type[FullList]] = {
    f"GET {found.path}": found for found in (Drafts, SentTransfers, Pending, Received, FollowedFiles)
}
"""By the name of the operation in `docs/openapi`."""


def _draft_files(count: int) -> Iterable[tuple[str, File]]:
    for path in paths(count):
        key = str(uuid4())
        yield key, File(
            requested_path=path, path=path, size_bytes=7, modified_at=BEGUN, part_bytes=2**23, key=key, upload_id=None,
            state="complete", sha256=SHA, crc32=7,
        )  # fmt: skip


def _quotas(contents: Contents, at: datetime) -> Iterable[tuple[str, FileQuota]]:
    done = Download(size_bytes=7, state="done", started_at=at, lease_until=at, ended_at=at)
    for file in contents.files:
        downloads = {str(uuid4()): done for _ in range(DOWNLOADS)}
        yield file.file, FileQuota(path=file.path, size_bytes=7, limit=DOWNLOADS, downloads=downloads)
