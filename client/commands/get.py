"""`get`: what a link offers; begun again, it goes on inside the same download."""

from collections.abc import Sequence
from pathlib import Path

from client.answers import Offer, OfferedFile
from client.commands.desk import Desk, working
from client.commands.exits import Mistake, Partly, failure_of
from client.commands.options import ATTEMPTS, Archive, AsJson, Attempts, Into, Link, Server, Wanted
from client.commands.screen import Entry
from client.commands.words import files as so_many
from client.commands.words import plain, size, when, words
from client.fetching import Fetched, Fetching
from client.problem import Json


def get(
    url: Link,
    into: Into = Path(),
    file: Wanted = None,
    archive: Archive = False,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Download the files of a link, each verified; begun again, only what is missing comes."""
    with working(server, as_json, attempts) as desk:
        api, token = desk.link(url, "download")
        offer = api.offer(token)
        wanted = _chosen(offer, file)
        _introduce(desk, offer)
        api.note_opened(token)
        total = sum(one.size_bytes for one in wanted)
        with desk.screen.bytes_of(words("Téléchargement", "Download"), total) as shown:
            fetching = Fetching(api, token, into, shown)
            if archive:
                _tell_of_archive(desk, offer, wanted, fetching.fetch_archive(offer, wanted))
            else:
                _tell(desk, offer, fetching.fetch_all(offer, wanted))


def _chosen(offer: Offer, names: Sequence[str] | None) -> list[OfferedFile]:
    """The files that were asked for by path, or by name where only one has it."""
    if not names:
        return list(offer.files)
    chosen = []
    for name in names:
        by_path = [file for file in offer.files if file.path == name]
        by_name = [file for file in offer.files if file.path.rpartition("/")[2] == name]
        found = by_path or by_name
        if len(found) != 1:
            offered = ", ".join(plain(file.path) for file in offer.files)
            raise Mistake(words(f"« {name} » : pas un de ceux-ci : {offered}", f"“{name}”: not one of: {offered}"))
        chosen += found
    return chosen


def _introduce(desk: Desk, offer: Offer) -> None:
    card = offer.card
    sender = card["sender"]
    total = sum(file.size_bytes for file in offer.files)
    entries: list[Entry] = [
        (words("De", "From"), f"{sender.get('name') or ''} <{sender['address']}>"),
        (words("Objet", "Subject"), card["subject"]),
        ("", card["text"]),
        (words("Fichiers", "Files"), f"{so_many(len(offer.files))}, {size(total)}"),
        (words("Disponible jusqu'au", "Available until"), when(card["ends_at"])),
    ]
    desk.screen.show([entry for entry in entries if entry[1]], aside=True)


def _tell_of_archive(desk: Desk, offer: Offer, wanted: Sequence[OfferedFile], target: Path) -> None:
    document = {
        "transfer": offer.card["transfer"],
        "subject": offer.card["subject"],
        "archive": {"saved_as": str(target), "size_bytes": target.stat().st_size},
        "files": [{"file": one.file, "path": one.path, "sha256": one.sha256} for one in wanted],
    }
    verified = words("chaque fichier vérifié", "each file verified")
    desk.screen.result(document, [("", f"{target}  ({so_many(len(wanted))}, {verified})")])


def _tell(desk: Desk, offer: Offer, found: list[Fetched]) -> None:
    """Every file with what became of it; the first failure is the command's."""
    failures = [one.failure for one in found if one.failure]
    document = {
        "transfer": offer.card["transfer"],
        "subject": offer.card["subject"],
        "files": [_document(one) for one in found],
    }
    entries = [entry for one in found for entry in _entries(one)]
    if not failures:
        desk.screen.result(document, entries)
        return
    desk.screen.show(entries, aside=True)
    failure = failure_of(failures[0])
    if failure is None:
        raise failures[0]
    raise Partly(failure, document)


def _document(one: Fetched) -> Json:
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


def _entries(one: Fetched) -> list[Entry]:
    if one.failure:
        failure = failure_of(one.failure)
        return [(plain(one.offered.path), failure.title if failure else str(one.failure))]
    before = "" if one.is_new else words(" (déjà là)", " (was there already)")
    return [("", f"{one.target}  {one.offered.sha256}{before}")]
