"""Reads a draft's form while it arrives: its fields are saved first, then its file is uploaded part by part."""

import hashlib
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request

from client.errors import Problem
from portal.csrf import FIELD, FormFromElsewhere
from portal.errors import as_problem
from portal.forms import Form
from portal.multipart import PartBegin, PartData, PartEnd, PartEvent, TooManyFormParts, boundary_of, part_events
from portal.request_context import RequestContext
from portal.streamed_upload import StreamedUpload
from services.kit.refusals import ContentTooLarge, Refusal

MAX_FIELDS_BYTES = 400 * 1024
"""A message of 10,000 characters and three lists of 100 addresses, in any script."""
LENGTH = re.compile(r"[0-9]{1,18}")
DAYS = re.compile(r"[0-9]{1,4}")
RECIPIENT_FIELDS = ("to", "cc", "bcc")
EDITABLE_FIELDS = (*RECIPIENT_FIELDS, "subject", "text", "validity_days")


@dataclass
class DraftForm:
    """The fields that were read, and the first problem; what follows a problem is not parsed."""

    form: Form = field(default_factory=Form)
    problem: Problem | None = None
    file_started: bool = False


async def read_draft_form(context: RequestContext, draft: str, request: Request) -> DraftForm:
    """Read the whole form: save its fields as soon as they are complete, then upload its file.

    A form that no page of this site sends is refused at once. After any other problem, the rest of a body that came
    with a session is discarded, as a browser may show no response before it has sent its whole form.
    """
    boundary = boundary_of(request.headers.get("content-type", ""))
    length = request.headers.get("content-length", "")
    stream = request.stream()
    events = part_events(stream, boundary, int(length) if LENGTH.fullmatch(length) else None)
    reader = DraftFormReader(context, draft)
    try:
        await reader.read(events)
    except (FormFromElsewhere, TooManyFormParts):
        raise
    except (Problem, Refusal) as refusal:
        reader.record_problem(refusal)
        await reader.abort_upload()
        if context.had_session:
            await _discard(stream)
    finally:
        await reader.abort_upload()
    return reader.result


async def _discard(stream: AsyncIterator[bytes]) -> None:
    """Read the rest of a body without parsing it."""
    async for _ in stream:
        pass


def changed_fields(form: Form) -> dict[str, str]:
    """Return the fields that were edited in the page; the draft may since have more in the others."""
    return {
        name: form[name]
        for name in EDITABLE_FIELDS
        if name in form and _digest(form[name]) != loaded_digest(form, name)
    }


def loaded_digest(form: Form, name: str) -> str:
    """Return the digest of a field when the page was made; that of an empty field where the form has none."""
    return form[f"was_{name}"] or _digest("")


def draft_patch(form: Form) -> dict[str, Any]:
    """Return the edited fields as the upload service takes them, with the digests they were edited from."""
    fields: dict[str, Any] = dict(changed_fields(form))
    fields |= {name: [fields[name]] for name in RECIPIENT_FIELDS if name in fields}
    if "validity_days" in fields:
        days = fields.pop("validity_days")
        fields |= {"validity_days": int(days)} if DAYS.fullmatch(days) else {}
    return {**fields, "was": {name: loaded_digest(form, name) for name in fields}} if fields else {}


def _digest(text: str) -> str:
    """Return the digest of a field as the upload service computes it; browsers end lines with CR LF."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


class DraftFormReader:
    """The state of one form that is being read."""

    def __init__(self, context: RequestContext, draft: str) -> None:
        self.result = DraftForm()
        self._context = context
        self._draft = draft
        self._saved = False
        self._field = ""
        self._value = bytearray()
        self._bytes_left = MAX_FIELDS_BYTES
        self._upload: StreamedUpload | None = None

    async def read(self, events: AsyncIterator[PartEvent]) -> None:
        """Handle every event of the form."""
        async for event in events:
            if isinstance(event, PartBegin):
                await self._begin(event)
            elif isinstance(event, PartData):
                await self._add(event)
            else:
                await self._end(event)
        await self._save()

    def record_problem(self, refusal: Problem | Refusal) -> None:
        """Remember why the rest of the form is discarded."""
        self.result.problem = refusal if isinstance(refusal, Problem) else as_problem(self._context, refusal)

    async def abort_upload(self) -> None:
        """Release the slot of a file that did not arrive, and delete the file from the draft."""
        upload, self._upload = self._upload, None
        if upload is not None:
            await upload.release(abort=True)

    async def _begin(self, part: PartBegin) -> None:
        self._field, self._value = part.name, bytearray()
        if part.filename:
            await self._save()
            self.result.file_started = True
            self._upload = StreamedUpload(self._context, self._draft, str(uuid.uuid4()), part.filename)

    async def _add(self, data: PartData) -> None:
        if self._upload is not None:
            await self._upload.add(data.content, data.bytes_after)
            return
        self._bytes_left -= len(data.content)
        if self._bytes_left < 0:
            raise ContentTooLarge(limit_bytes=MAX_FIELDS_BYTES)
        self._value += data.content

    async def _end(self, _: PartEnd) -> None:
        if self._upload is not None:
            upload, self._upload = self._upload, None
            try:
                await upload.finish()
            except BaseException:
                self._upload = upload
                raise
        else:
            self.result.form[self._field] = self._value.decode("utf-8", "replace")
            if FIELD not in self.result.form:
                raise FormFromElsewhere()  # our forms begin with the token

    async def _save(self) -> None:
        """Save the fields once, before the first file or at the end; refuse a form that fails the CSRF check."""
        if self._saved:
            return
        self._saved = True
        form = self.result.form
        self._context.verify_form(form[FIELD])
        await self._context.require_session()
        if patch := draft_patch(form):
            await self._context.api.edit_draft(self._draft, **patch)
