"""Sample senders, drafts and files for the tests of the upload rules."""

import hashlib
import uuid
import zlib
from datetime import UTC, datetime, timedelta

from services.contracts.values import Part
from services.kit.addresses import Domains
from services.upload.domain.draft_edits import DraftEdit, apply_edit, parse_edit
from services.upload.domain.files import Announcement, announce, assemble, mark_complete
from services.upload.domain.limits import ByRole, Limits, Retention
from services.upload.domain.transfer import Sender, Transfer, new_draft

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AGENTS = Domains(["ministere.example", ".gouv.example"])
LIMITS = Limits(
    total_bytes=ByRole(agent=20_000_000_000, external=1_000_000_000),
    files=1_000,
    recipients=100,
    drafts=50,
    transfers_per_day=ByRole(agent=1_000, external=100),
    refused_extensions=frozenset({"exe", "bat", "js"}),
    subject_characters=200,
    text_characters=10_000,
    name_characters=120,
    path_characters=1_000,
    folders=20,
    shortest_validity_days=3,
    longest_validity_days=14,
    usual_validity_days=7,
)
RETENTION = Retention(drafts=14 * DAY, late_bytes=2 * HOUR, overdue=2 * DAY, evidence=10 * DAY, history=365 * DAY)
EXTERNAL = Sender(address="camille@ville.example", name="Camille Martin", role="external")
AGENT = Sender(address="dominique@ministere.example", name="Dominique Bernard", role="agent")


def draft(sender: Sender = EXTERNAL) -> Transfer:
    """Return an empty draft."""
    return new_draft(str(uuid.uuid4()), sender, "fr", 7, NOW)


def ready(sender: Sender = EXTERNAL, to: str = "agent@ministere.example", files: int = 1) -> Transfer:
    """Return a draft that can be submitted."""
    state = apply_edit(draft(sender), parse_edit(DraftEdit(to=[to], subject="Relevés"), LIMITS), LIMITS, NOW)
    for number in range(files):
        state = with_complete_file(state, f"relevé {number}.csv", f"contents {number}".encode())
    return state


def with_announced_file(state: Transfer, path: str, size_bytes: int, file: str | None = None) -> tuple[Transfer, str]:
    """Return the draft with one more announced file, and the id of the file."""
    id = file or str(uuid.uuid4())
    asked = Announcement(path=path, size_bytes=size_bytes)
    upload_id = "u" if size_bytes > LIMITS.smallest_part_bytes else None
    return announce(state, id, asked, f"{state.id}/{uuid.uuid4().hex}", upload_id, LIMITS, NOW), id


def with_complete_file(state: Transfer, path: str, content: bytes) -> Transfer:
    """Return the draft with one more complete file of one part."""
    state, id = with_announced_file(state, path, len(content))
    digest = hashlib.sha256(content).hexdigest()
    part = Part(size_bytes=len(content), sha256=digest, crc32=zlib.crc32(content))
    return mark_complete(state, id, assemble(state.file(id), digest, {1: part}), NOW)
