"""`send`: files and folders to people; the same command goes on where it was cut off."""

import re
import sys
from contextlib import suppress
from pathlib import Path

import httpx

from client.api import Api
from client.commands.bars import Shown
from client.commands.desk import Desk, working
from client.commands.exits import Mistake
from client.commands.options import (
    ATTEMPTS,
    AsJson,
    Attempts,
    Bcc,
    Cc,
    Days,
    Draft,
    Files,
    Language,
    Parallel,
    Server,
    Subject,
    Text,
    To,
)
from client.commands.screen import Entry
from client.commands.words import COLON, size, when, words
from client.commands.words import files as so_many
from client.letter import Letter
from client.problem import Json, Problem
from client.sending import Prepared, Sending
from client.sources import BROKEN_LINK, EMPTY_FOLDER, LINKED_FOLDER, NOT_A_FILE, sources
from client.unfinished import Unfinished
from client.upload import PARALLEL

UNAUTHENTICATED = 401
LEFT_OUT = {
    EMPTY_FOLDER: words("dossier vide, non envoyé", "empty folder, not sent"),
    LINKED_FOLDER: words("lien vers un dossier, non suivi, non envoyé", "link to a folder, not followed, not sent"),
    BROKEN_LINK: words(
        "lien vers un fichier qui n'existe pas, non envoyé", "link to a file that does not exist, not sent"
    ),
    NOT_A_FILE: words("ni fichier ni dossier, non envoyé", "neither a file nor a folder, not sent"),
}
UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def send(
    files: Files,
    to: To = None,
    cc: Cc = None,
    bcc: Bcc = None,
    subject: Subject = None,
    text: Text = None,
    days: Days = None,
    language: Language = None,
    draft: Draft = None,
    parallel: Parallel = PARALLEL,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Send files; begun again, only what is missing is sent."""
    with working(server, as_json, attempts) as desk:
        if language not in (None, "fr", "en"):
            raise Mistake("--language: fr | en")
        if draft is not None and not UUID_FORM.fullmatch(draft):
            raise Mistake(f"--draft: {draft}")
        words_sent = sys.stdin.read() if text == "-" else text
        letter = Letter(tuple(to or ()), tuple(cc or ()), tuple(bcc or ()), subject, words_sent, days, language)
        api, email = desk.signed_in()
        unfinished = Unfinished(desk.state, api.wire.base_url, email, letter, files)
        _Errand(desk, api, unfinished, letter, files, draft).run(parallel)


class _Errand:
    """One send, and the note of it on this machine."""

    def __init__(
        self, desk: Desk, api: Api, unfinished: Unfinished, letter: Letter, paths: list[Path], draft: str | None
    ) -> None:
        self._desk = desk
        self._api = api
        self._unfinished = unfinished
        self._letter = letter
        chosen = sources(paths)
        self._files, self._left_out = chosen.files, chosen.left_out
        self._total_bytes = sum(file.size_bytes for file in self._files)
        found = draft or unfinished.draft()
        self._is_begun, self._is_elsewhere = found is not None, draft is not None
        self._draft = unfinished.note(found)
        self._shown: Shown | None = None

    def run(self, parallel: int) -> None:
        """From wherever it stands to its recap."""
        sending = self._taken_up()
        try:
            if sending is not None:
                with self._desk.screen.bytes_of(words("Envoi", "Sending"), self._total_bytes) as self._shown:
                    sending.upload(self._shown, parallel)
        except Problem as problem:
            self._leave_nothing_behind(problem)
            raise
        recap = self._api.submit(self._draft)
        self._unfinished.forget()
        self._tell(recap)

    def _taken_up(self) -> Sending | None:
        """The send, prepared; none when it has gone already. A draft that is no more is begun anew."""
        sending = Sending(self._api, self._draft, self._letter, self._files)
        try:
            self._say(sending.prepare(is_all=not self._is_elsewhere))
        except Problem as problem:
            if problem.slug == "already-submitted":
                return None
            if problem.slug == "not-found" and self._is_begun and not self._is_elsewhere:
                self._is_begun, self._draft = False, self._unfinished.note()
                return self._taken_up()
            self._leave_nothing_behind(problem)
            raise
        return sending

    def _leave_nothing_behind(self, problem: Problem) -> None:
        """A new draft that was refused before any byte is thrown away: another command will send something else."""
        moved = self._shown is not None and self._shown.moved_bytes > 0
        if not (self._is_begun or moved or problem.is_passing or problem.status == UNAUTHENTICATED):
            self._unfinished.forget()
            with suppress(Problem, httpx.TransportError):  # it may never have begun, and the reason is the first one
                self._api.drop_draft(self._draft)

    def _say(self, prepared: Prepared) -> None:
        screen = self._desk.screen
        for one in self._left_out:
            screen.note(f"{one.name}{COLON}{LEFT_OUT[one.why]}")
        if self._is_begun:
            screen.note(words("Reprise de l'envoi commencé.", "Going on with the send that was begun."))
        for name in prepared.dropped:
            screen.note(words(f"« {name} » n'est plus ici : retiré.", f"“{name}” is not here any more: taken out."))
        screen.show(self._before(prepared.view), aside=True)

    def _before(self, view: Json) -> list[Entry]:
        return [
            (words("Brouillon", "Draft"), self._draft),
            (words("Objet", "Subject"), str(view["subject"])),
            *_people(view["recipients"]),
            (words("Fichiers", "Files"), f"{so_many(len(self._files))}, {size(self._total_bytes)}"),
            (words("Validité", "Validity"), words(f"{view['validity_days']} jours", f"{view['validity_days']} days")),
        ]

    def _tell(self, recap: Json) -> None:
        shown = self._shown
        document = {
            **recap,
            "server": self._api.wire.base_url,
            "draft": self._draft,
            "resumed": self._is_begun,
            "moved_bytes": shown.moved_bytes if shown else 0,
            "found_bytes": shown.found_bytes if shown else 0,
            "left_out": [{"path": one.name, "why": one.why} for one in self._left_out],
            "changed": [{"path": name, "what": what} for name, what in shown.changes] if shown else [],
        }
        self._desk.screen.result(document, _after(recap))


def _people(recipients: list[Json]) -> list[Entry]:
    found = []
    for role, title in (("agent", words("Agents", "Agents")), ("external", words("Externes", "External"))):
        addresses = [str(one.get("shown", one["address"])) for one in recipients if one["role"] == role]
        if addresses:
            found.append((title, ", ".join(addresses)))
    return found


def _after(recap: Json) -> list[Entry]:
    waits = words(
        "En attente de l'accord d'un agent : les externes n'auront leur lien qu'ensuite.",
        "Waiting for an agent's approval: external people get their link only then.",
    )
    gone = words("Parti : chacun reçoit son lien par courriel.", "Gone: everybody is mailed a link.")
    entries: list[Entry] = [
        ("", waits if recap["needs_approval"] else gone),
        (words("Envoi", "Transfer"), recap["transfer"]),
        (words("Fichiers", "Files"), f"{so_many(len(recap['files']))}, {size(recap['total_bytes'])}"),
        (words("Disponible jusqu'au", "Available until"), when(recap["ends_at"])),
    ]
    if recap["needs_approval"]:
        entries.append((words("Peuvent valider", "May approve"), ", ".join(recap["approvers"])))
    return entries
