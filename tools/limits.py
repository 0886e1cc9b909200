"""Lists the limits of the product for `docs/limits.md`, with values from the settings and from the code."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

import portal.multipart
import portal.settings
import services.auth.settings
import services.download.settings
import services.upload.settings
from services.download.api.link_schemas import MAX_FILES
from services.download.api.tracking_schemas import FIRST_FILES, LATEST_ARCHIVES
from services.download.domain.coverage import MAX_REPEATS
from services.download.domain.download import MAX_RANGES
from services.download.domain.link import MAX_STEPS
from services.download.domain.mails import REMINDED_EVERY, RESENT_A_DAY, RESENT_EVERY
from services.download.domain.quota import MAX_LOADS
from services.kit.addresses import MAX_LENGTH, MAX_LOCAL_LENGTH
from services.kit.json_depth import MAX_DEPTH
from services.kit.pagination import MAX_BYTES, MAX_ITEMS
from services.kit.service import JSON_BYTES
from services.upload.app import MAX_BODY_BYTES
from services.upload.domain.lifecycle import MAX_SECOND_REMOVALS

SETTINGS: dict[str, type[BaseModel]] = {
    "auth": services.auth.settings.Settings,
    "upload": services.upload.settings.Settings,
    "download": services.download.settings.Settings,
    "portal": portal.settings.Settings,
}
GATEWAY = Path(__file__).resolve().parent.parent / "deploy" / "gateway" / "defaults.env"

VERSION = "one document, written over the version that was read"
NUMBER = "a number that is part of the write, unique in the database"
COUNTER = "a counter that is added to and read in one operation"
MEMBERS = "a list of what was counted, added to and read in one operation"
REQUEST = "looked at in the request alone"
PROCESS = "counted in each process"
SHARED = "counted in the gateway"
COUNTS = (VERSION, NUMBER, COUNTER, MEMBERS)
"""The kinds of limits that concurrent requests could exceed, over all instances."""

UPLOAD = "tests/integration/upload/test_upload_limits.py"
LINKS = "tests/integration/auth/test_auth_links.py"
SESSIONS = "tests/integration/auth/test_auth_sessions.py"
TOGETHER = "tests/integration/test_limits_at_once.py::test_a_hundred_at_once_never_pass_a_limit"
FITTING = f"{UPLOAD}::test_a_hundred_files_announced_at_once_are_as_many_as_fit"
LEASES = (
    "tests/integration/download/test_download_exactly_three.py"
    "::test_two_hundred_simultaneous_starts_over_three_instances_give_three_leases"
)
ATTEMPTS = f"{SESSIONS}::test_five_hundred_wrong_keys_at_once_are_five_attempts"


class Limit(NamedTuple):
    """A limit: what, its value, where it is set, how it is enforced, and its test with 100 or more requests at once.

    `test` is empty for limits that concurrent requests cannot exceed.
    """

    what: str
    value: str
    where: str
    held: str
    test: str = ""


def limits() -> Iterator[Limit]:
    """Yield all limits, by service."""
    yield from _auth()
    yield from _upload()
    yield from _download()
    yield from _everywhere()


def _auth() -> Iterator[Limit]:
    mails = f"{LINKS}::test_two_hundred_requests_at_once_over_two_instances_send_three_mails"
    yield _set("auth", "links_per_mailbox", "links to one person an hour", VERSION, mails)
    yield _set("auth", "links_per_mailbox_per_day", "links to one person a day", VERSION, TOGETHER)
    yield _set("auth", "links_per_network", "links for one network an hour", COUNTER, TOGETHER)
    yield _set("auth", "links_per_domain", "links to one mail domain an hour", COUNTER, TOGETHER)
    yield _set("auth", "links_total", "links in all an hour", COUNTER, TOGETHER)
    yield _set("auth", "challenges_per_network", "human checks for one network an hour", COUNTER, TOGETHER)
    yield _set("auth", "recordings_per_network", "human checks read aloud for one network an hour", COUNTER, TOGETHER)
    yield _set("auth", "key_attempts", "wrong keys for one link", VERSION, ATTEMPTS)
    once = f"{SESSIONS}::test_a_thousand_at_once_open_one_session"
    yield Limit("sessions that one link opens", "1", "fixed", VERSION, once)


def _upload() -> Iterator[Limit]:
    drafts = f"{UPLOAD}::test_a_hundred_drafts_begun_at_once_are_as_many_as_are_allowed"
    yield _set("upload", "max_drafts", "drafts of one address", NUMBER, drafts)
    yield _set("upload", "max_files", "files of one transfer", VERSION, FITTING)
    yield _set("upload", "max_transfer_bytes_agent", "bytes of an agent's transfer", VERSION, FITTING)
    yield _set("upload", "max_transfer_bytes_external", "bytes of anybody else's transfer", VERSION, FITTING)
    people = f"{UPLOAD}::test_a_hundred_lists_of_recipients_written_at_once_leave_one_that_is_allowed"
    yield _set("upload", "max_recipients", "recipients of one transfer", VERSION, people)
    days = f"{UPLOAD}::test_a_hundred_drafts_sent_at_once_are_as_many_as_a_day_allows"
    yield _set("upload", "transfers_per_day_agent", "transfers that an agent sends in a day", MEMBERS, days)
    yield _set("upload", "transfers_per_day_external", "transfers that anybody else sends in a day", MEMBERS, days)
    yield _set("upload", "subject_characters", "characters of a subject", REQUEST)
    yield _set("upload", "text_characters", "characters of a message", REQUEST)
    yield _set("upload", "name_characters", "characters of a file's name (and 240 bytes)", REQUEST)
    yield _set("upload", "path_characters", "characters of a file's path", REQUEST)
    yield _set("upload", "folder_depth", "folders above a file", REQUEST)
    yield _set("upload", "concurrent_verifications", "transfers read back at once by one process", PROCESS)
    waiting = "removed files of one draft whose bytes are still there, before no file is added (429)"
    yield Limit(waiting, "as many as files", "`MAX_FILES` (upload)", VERSION, TOGETHER)
    late = "removed files of one draft that are looked for once more"
    yield Limit(late, _plain(MAX_SECOND_REMOVALS), "fixed", VERSION, TOGETHER)


def _download() -> Iterator[Limit]:
    yield _set("download", "downloads_per_file", "downloads of one file through one link", VERSION, LEASES)
    yield _set("download", "running_downloads", "downloads that one process hands out at once", PROCESS)
    yield _set("download", "running_downloads_per_link", "the same through one link", PROCESS)
    yield _set("download", "running_downloads_per_network_percent", "hundredths of them for one network", PROCESS)
    yield _set("download", "parts_in_memory_mib", "MiB of files in the memory of one process", PROCESS)
    yield Limit("files asked for in one archive", _plain(MAX_FILES), "fixed", REQUEST)
    yield Limit(
        "times that a file is sent, and 1 GiB, before it is suspended", _plain(MAX_LOADS), "fixed", VERSION, TOGETHER
    )
    yield Limit(
        "times that a small file is handed out in one download", _plain(MAX_REPEATS), "fixed", VERSION, TOGETHER
    )
    yield Limit("steps of the coverage of one link", _plain(MAX_STEPS), "fixed", VERSION, TOGETHER)
    yield Limit("ranges of one download", _plain(MAX_RANGES), "fixed", VERSION, TOGETHER)
    minutes, hours = RESENT_EVERY.total_seconds() / 60, REMINDED_EVERY.total_seconds() / 3600
    yield Limit("mails with one link, sent again", f"1 in {minutes:.0f} minutes", "fixed", VERSION, TOGETHER)
    yield Limit("the same in a day", _plain(RESENT_A_DAY), "fixed", VERSION, TOGETHER)
    yield Limit("reminders of one link", f"1 in {hours:.0f} hours", "fixed", VERSION, TOGETHER)
    yield Limit("files of a recipient in the view of a sender; a list has all", _plain(FIRST_FILES), "fixed", REQUEST)
    yield Limit("attempts at archives in the same view", _plain(LATEST_ARCHIVES), "fixed", REQUEST)


def _everywhere() -> Iterator[Limit]:
    yield Limit("items of one page of a list", _plain(MAX_ITEMS), "fixed", REQUEST)
    yield Limit("bytes of one page of a list", _plain(MAX_BYTES), "fixed", REQUEST)
    yield Limit("bytes of a JSON body", _plain(JSON_BYTES), "fixed", REQUEST)
    yield Limit("bytes of a JSON body of the upload service", _plain(MAX_BODY_BYTES), "fixed", REQUEST)
    yield Limit("levels of a JSON body", _plain(MAX_DEPTH), "fixed", REQUEST)
    yield Limit("characters of a mail address", f"{MAX_LENGTH}, {MAX_LOCAL_LENGTH} before the @", "fixed", REQUEST)
    yield Limit("parts of the form of a draft", _plain(portal.multipart.MAX_PARTS), "fixed", REQUEST)
    yield _set("portal", "form_file_bytes", "bytes of a file sent by a form without scripts", REQUEST)
    yield _set("portal", "form_files_at_once", "such files that one portal takes at once", PROCESS)
    known = dict(line.split("=", 1) for line in GATEWAY.read_text().splitlines() if "=" in line)
    yield _gateway(known, "GATEWAY_API_RATE", "API requests of one network")
    yield _gateway(known, "GATEWAY_API_BURST", "API requests of one network above that rate")
    yield _gateway(known, "GATEWAY_API_CONNECTIONS", "API requests of one network at once")
    yield _gateway(known, "GATEWAY_PART_CONNECTIONS", "parts that one network sends at once")
    yield _gateway(known, "GATEWAY_FILE_CONNECTIONS", "downloads of one network at once")
    yield _gateway(known, "GATEWAY_PART_MAX_BYTES", "bytes of one part")


def _set(service: str, name: str, what: str, held: str, test: str = "") -> Limit:
    return Limit(
        what, _plain(SETTINGS[service].model_fields[name].default), f"`{name.upper()}` ({service})", held, test
    )


def _gateway(known: dict[str, str], name: str, what: str) -> Limit:
    return Limit(what, known[name], f"`{name}` (gateway)", SHARED)


def _plain(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def page() -> str:
    """Return the page: the table, and what bounds responses other than lists."""
    lines = [
        "# Limits",
        "",
        "Every limit, its value unless an operator sets another one, how it is held when several ask at once, and the",
        "test that shows it. A list is answered in pages; a longer one has a `next_cursor`.",
        "",
        "| what | at most | set by | held by | shown by |",
        "|---|---|---|---|---|",
        *(f"| {one.what} | {one.value} | {one.where} | {one.held} | {_shown_by(one)} |" for one in limits()),
        "",
        "A draft, a transfer, a decision and a link are each answered whole: their size is bounded by the files of one",
        "transfer, each of which takes at most about 4 KiB. The view of a sender is bounded by the same, and by the",
        "recipients with the first files of each. `tests/integration/lists` asks for each, as large as it may be.",
    ]
    return "\n".join(lines) + "\n"


def _shown_by(limit: Limit) -> str:
    return f"`{limit.test.rpartition('::')[2]}`" if limit.test else ""
