"""A draft's form as it comes in: its fields are saved first, then its file goes on in parts while it still arrives."""

import hashlib
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request

from portal.csrf import FIELD
from portal.errors import told
from portal.forms import Form
from portal.gateway import Refused
from portal.multipart import Begun, Data, Ended, Event, boundary_of, events
from portal.passing import Passing
from portal.visits import Visit
from services.kit.refusals import ContentTooLarge, Refusal

FIELDS_BYTES = 400 * 1024
"""A message of 10,000 letters and three lists of 100 addresses, in whatever script."""
MOST_FIELDS = 50
LENGTH = re.compile(r"[0-9]{1,18}")
DAYS = re.compile(r"[0-9]{1,4}")
ADDRESSED = ("to", "cc", "bcc")
TYPED = (*ADDRESSED, "subject", "text", "validity_days")


@dataclass
class Received:
    """What came: the fields, and the first refusal; what comes after a refusal is read and dropped."""

    form: Form = field(default_factory=Form)
    refused: Refused | None = None
    file_began: bool = False


async def receive(visit: Visit, draft: str, request: Request) -> Received:
    """Read the whole form, save its fields once they are there, then pass its file on."""
    boundary = boundary_of(request.headers.get("content-type", ""))
    length = request.headers.get("content-length", "")
    coming = events(request.stream(), boundary, int(length) if LENGTH.fullmatch(length) else None)
    receiving = _Receiving(visit, draft)
    try:
        await receiving.take(coming)
    except (Refused, Refusal) as refusal:
        receiving.refuse(refusal)
        await receiving.let_go()
        async for _ in coming:
            pass
    finally:
        await receiving.let_go()
    return receiving.received


def typed(form: Form) -> dict[str, str]:
    """The fields that were changed in the page; the others may hold less than the draft does now."""
    return {name: form[name] for name in TYPED if name in form and _digest(form[name]) != made_from(form, name)}


def made_from(form: Form, name: str) -> str:
    """The digest of a field as the page was made; of an empty field where the form does not say it."""
    return form[f"was_{name}"] or _digest("")


def changes(form: Form) -> dict[str, Any]:
    """What was changed in the page, as the service takes it, and what it was made from."""
    fields: dict[str, Any] = dict(typed(form))
    fields |= {name: [fields[name]] for name in ADDRESSED if name in fields}
    if "validity_days" in fields:
        days = fields.pop("validity_days")
        fields |= {"validity_days": int(days)} if DAYS.fullmatch(days) else {}
    return {**fields, "was": {name: made_from(form, name) for name in fields}} if fields else {}


def _digest(text: str) -> str:
    """As the service digests a field; browsers send lines that end in CR LF."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


class _Receiving:
    """The state of one form on its way in."""

    def __init__(self, visit: Visit, draft: str) -> None:
        self.received = Received()
        self._visit = visit
        self._draft = draft
        self._saved = False
        self._field = ""
        self._value = bytearray()
        self._room = FIELDS_BYTES
        self._passing: Passing | None = None

    async def take(self, coming: AsyncIterator[Event]) -> None:
        """All of it."""
        async for event in coming:
            if isinstance(event, Begun):
                await self._begin(event)
            elif isinstance(event, Data):
                await self._add(event)
            else:
                await self._end(event)
        await self._save()

    def refuse(self, refusal: Refused | Refusal) -> None:
        """Remember why the rest is dropped."""
        self.received.refused = refusal if isinstance(refusal, Refused) else told(self._visit, refusal)

    async def let_go(self) -> None:
        """Give back what a file took that did not arrive."""
        passing, self._passing = self._passing, None
        if passing is not None:
            await passing.let_go(give_up=True)

    async def _begin(self, part: Begun) -> None:
        if len(self.received.form) >= MOST_FIELDS:
            raise ContentTooLarge(limit_bytes=FIELDS_BYTES)
        self._field, self._value = part.name, bytearray()
        if part.filename:
            await self._save()
            self.received.file_began = True
            self._passing = Passing(self._visit, self._draft, str(uuid.uuid4()), part.filename)

    async def _add(self, data: Data) -> None:
        if self._passing is not None:
            await self._passing.add(data.content, data.left_after)
            return
        self._room -= len(data.content)
        if self._room < 0:
            raise ContentTooLarge(limit_bytes=FIELDS_BYTES)
        self._value += data.content

    async def _end(self, _: Ended) -> None:
        if self._passing is not None:
            passing, self._passing = self._passing, None
            try:
                await passing.finish()
            except BaseException:
                self._passing = passing
                raise
        elif self._field:
            self.received.form[self._field] = self._value.decode("utf-8", "replace")

    async def _save(self) -> None:
        """Once, before the first file or at the end; what does not come from a page of ours saves nothing."""
        if self._saved:
            return
        self._saved = True
        form = self.received.form
        self._visit.verify_form(form[FIELD])
        await self._visit.keep_session()
        if changed := changes(form):
            await self._visit.ask.edit_draft(self._draft, changed)
