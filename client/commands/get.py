"""`get`: download the files of a link; run again, it resumes the same downloads."""

from collections.abc import Sequence
from pathlib import Path

from client.commands.context import CommandContext, command_context
from client.commands.exit_codes import InvalidUsage, PartialFailure, failure_of
from client.commands.i18n import format_file_count, format_size, format_time, printable, translate
from client.commands.options import ATTEMPTS, Archive, AsJson, Attempts, Into, Link, Server, Wanted
from client.commands.terminal import Entry
from client.errors import Json
from client.folder_download import FetchedFile, FolderDownload
from client.schemas.download import LinkFileSchema, LinkSchema


def get(
    url: Link,
    into: Into = Path(),
    file: Wanted = None,
    archive: Archive = False,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Download the files of a link and verify each; run again, it downloads only what is missing."""
    with command_context(server, as_json, attempts) as context:
        api, token = context.api_for_link(url, "download")
        offer = api.offer(token)
        wanted = _chosen(offer, file)
        _show_offer(context, offer)
        api.mark_opened(token)
        total = sum(one.size_bytes for one in wanted)
        with context.terminal.show_progress(translate("Téléchargement", "Download"), total) as shown:
            fetching = FolderDownload(api, token, into, shown)
            if archive:
                _show_archive(context, offer, wanted, fetching.fetch_archive(offer, wanted))
            else:
                _show_results(context, offer, fetching.fetch_all(offer, wanted))


def _chosen(offer: LinkSchema, names: Sequence[str] | None) -> list[LinkFileSchema]:
    """Return the files that were asked for by path, or by a name that only one of them has."""
    if not names:
        return list(offer.files)
    chosen = []
    for name in names:
        by_path = [file for file in offer.files if file.path == name]
        by_name = [file for file in offer.files if file.path.rpartition("/")[2] == name]
        found = by_path or by_name
        if len(found) != 1:
            offered = ", ".join(printable(file.path) for file in offer.files)
            raise InvalidUsage(
                translate(
                    f"« {name} » ne désigne pas un seul de ces fichiers : {offered}",
                    f"“{name}” does not name exactly one of these files: {offered}",
                )
            )
        chosen += found
    return chosen


def _show_offer(context: CommandContext, offer: LinkSchema) -> None:
    total = sum(file.size_bytes for file in offer.files)
    entries: list[Entry] = [
        (translate("De", "From"), f"{offer.sender.name} <{offer.sender.address}>"),
        (translate("Objet", "Subject"), offer.subject),
        ("", offer.text),
        (translate("Fichiers", "Files"), f"{format_file_count(len(offer.files))}, {format_size(total)}"),
        (translate("Disponible jusqu'au", "Available until"), format_time(offer.ends_at)),
    ]
    context.terminal.show([entry for entry in entries if entry[1]], to_stderr=True)


def _show_archive(context: CommandContext, offer: LinkSchema, wanted: Sequence[LinkFileSchema], target: Path) -> None:
    document = {
        "transfer": offer.transfer,
        "subject": offer.subject,
        "archive": {"saved_as": str(target), "size_bytes": target.stat().st_size},
        "files": [{"file": one.file, "path": one.path, "sha256": one.sha256} for one in wanted],
    }
    verified = translate("chaque fichier vérifié", "each file verified")
    context.terminal.result(document, [("", f"{target}  ({format_file_count(len(wanted))}, {verified})")])


def _show_results(context: CommandContext, offer: LinkSchema, found: list[FetchedFile]) -> None:
    """Show every file with its result; the first failure sets the exit code."""
    failures = [one.failure for one in found if one.failure]
    document = {
        "transfer": offer.transfer,
        "subject": offer.subject,
        "files": [_document(one) for one in found],
    }
    entries = [entry for one in found for entry in _entries(one)]
    if not failures:
        context.terminal.result(document, entries)
        return
    context.terminal.show(entries, to_stderr=True)
    failure = failure_of(failures[0])
    if failure is None:
        raise failures[0]
    raise PartialFailure(failure, document)


def _document(one: FetchedFile) -> Json:
    failure = failure_of(one.failure) if one.failure else None
    return {
        "file": one.offered.file,
        "path": one.offered.path,
        "saved_as": None if one.failure else str(one.target),
        "size_bytes": one.offered.size_bytes,
        "sha256": one.offered.sha256,
        "outcome": "failed" if one.failure else "fetched" if one.is_new else "already-there",
        **(failure.document() if failure else {}),
    }


def _entries(one: FetchedFile) -> list[Entry]:
    if one.failure:
        failure = failure_of(one.failure)
        return [(printable(one.offered.path), failure.title if failure else str(one.failure))]
    before = "" if one.is_new else translate(" (déjà présent)", " (already there)")
    return [("", f"{one.target}  {one.offered.sha256}{before}")]
