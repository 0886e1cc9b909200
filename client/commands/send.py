"""`send`: send files and folders; the same command resumes an interrupted send."""

import re
import sys
from contextlib import suppress
from pathlib import Path

import httpx

from client.api import Api
from client.commands.context import CommandContext, command_context
from client.commands.exit_codes import InvalidUsage
from client.commands.i18n import COLON, format_file_count, format_size, format_time, translate
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
from client.commands.progress_bars import ProgressView
from client.commands.terminal import Entry
from client.draft_fields import DraftFields
from client.errors import Problem
from client.resume_state import ResumeState
from client.schemas.upload import DraftRecipientSchema, DraftSchema, RecapSchema
from client.sending import PreparedDraft, SendOperation
from client.sources import BROKEN_LINK, EMPTY_FOLDER, LINKED_FOLDER, NOT_A_FILE, find_sources
from client.upload import PARALLEL

UNAUTHENTICATED = 401
SKIP_REASONS = {
    EMPTY_FOLDER: translate("dossier vide, non envoyé", "empty folder, not sent"),
    LINKED_FOLDER: translate("lien vers un dossier, non suivi, non envoyé", "link to a folder, not followed, not sent"),
    BROKEN_LINK: translate(
        "lien vers un fichier qui n'existe pas, non envoyé", "link to a file that does not exist, not sent"
    ),
    NOT_A_FILE: translate("ni fichier ni dossier, non envoyé", "neither a file nor a folder, not sent"),
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
    """Send files; run again, it sends only what is missing."""
    with command_context(server, as_json, attempts) as context:
        if language not in (None, "fr", "en"):
            raise InvalidUsage("--language: fr | en")
        if draft is not None and not UUID_FORM.fullmatch(draft):
            raise InvalidUsage(f"--draft: {draft}")
        message = sys.stdin.read() if text == "-" else text
        fields = DraftFields(tuple(to or ()), tuple(cc or ()), tuple(bcc or ()), subject, message, days, language)
        api, email = context.signed_in()
        resume_state = ResumeState(context.state, api.transport.base_url, email, fields, files)
        _SendCommand(context, api, resume_state, fields, files, draft).run(parallel)


class _SendCommand:
    """One send, and its resume record on this machine."""

    def __init__(
        self,
        context: CommandContext,
        api: Api,
        resume_state: ResumeState,
        fields: DraftFields,
        paths: list[Path],
        draft: str | None,
    ) -> None:
        self._context = context
        self._api = api
        self._resume_state = resume_state
        self._fields = fields
        chosen = find_sources(paths)
        self._files, self._skipped = chosen.files, chosen.skipped
        self._total_bytes = sum(file.size_bytes for file in self._files)
        found = draft or resume_state.draft()
        self._is_begun, self._is_elsewhere = found is not None, draft is not None
        self._draft = resume_state.save(found)
        self._shown: ProgressView | None = None

    def run(self, parallel: int) -> None:
        """Prepare, upload, submit, and show the recap."""
        operation = self._prepare()
        try:
            if operation is not None:
                with self._context.terminal.show_progress(
                    translate("Envoi", "Sending"), self._total_bytes
                ) as self._shown:
                    operation.upload(self._shown, parallel)
        except Problem as problem:
            self._discard_refused_draft(problem)
            raise
        recap = self._api.submit(self._draft)
        self._resume_state.clear()
        self._show_recap(recap)

    def _prepare(self) -> SendOperation | None:
        """Return the prepared send; None if it was submitted before. Create a new draft if the old one is gone."""
        operation = SendOperation(self._api, self._draft, self._fields, self._files)
        try:
            self._show_prepared(operation.prepare(is_all=not self._is_elsewhere))
        except Problem as problem:
            if problem.slug == "already-submitted":
                return None
            if problem.slug == "not-found" and self._is_begun and not self._is_elsewhere:
                self._is_begun, self._draft = False, self._resume_state.save()
                return self._prepare()
            self._discard_refused_draft(problem)
            raise
        return operation

    def _discard_refused_draft(self, problem: Problem) -> None:
        """Delete a new draft that was refused before its first byte: the next command will differ."""
        moved = self._shown is not None and self._shown.confirmed_bytes > 0
        if not (self._is_begun or moved or problem.is_transient or problem.status == UNAUTHENTICATED):
            self._resume_state.clear()
            with suppress(Problem, httpx.TransportError):  # it may not exist, and the first problem is the reason
                self._api.delete_draft(self._draft)

    def _show_prepared(self, prepared: PreparedDraft) -> None:
        terminal = self._context.terminal
        for one in self._skipped:
            terminal.note(f"{one.name}{COLON}{SKIP_REASONS[one.reason]}")
        if self._is_begun:
            terminal.note(translate("Reprise de l'envoi commencé.", "Resuming the unfinished send."))
        for name in prepared.dropped:
            terminal.note(
                translate(
                    f"« {name} » n'est plus sur ce poste : retiré de l'envoi.",
                    f"“{name}” is no longer on this machine: removed from the transfer.",
                )
            )
        terminal.show(self._draft_entries(prepared.view), to_stderr=True)

    def _draft_entries(self, view: DraftSchema) -> list[Entry]:
        return [
            (translate("Brouillon", "Draft"), self._draft),
            (translate("Objet", "Subject"), view.subject),
            *_recipient_entries(view.recipients),
            (
                translate("Fichiers", "Files"),
                f"{format_file_count(len(self._files))}, {format_size(self._total_bytes)}",
            ),
            (
                translate("Validité", "Validity"),
                translate(f"{view.validity_days} jours", f"{view.validity_days} days"),
            ),
        ]

    def _show_recap(self, recap: RecapSchema) -> None:
        shown = self._shown
        document = {
            **recap.document,
            "server": self._api.transport.base_url,
            "draft": self._draft,
            "resumed": self._is_begun,
            "sent_bytes": shown.confirmed_bytes if shown else 0,
            "resumed_bytes": shown.resumed_bytes if shown else 0,
            "skipped": [{"path": one.name, "reason": one.reason} for one in self._skipped],
            "changed": [{"path": name, "what": what} for name, what in shown.changes] if shown else [],
        }
        self._context.terminal.result(document, _recap_entries(recap))


def _recipient_entries(recipients: list[DraftRecipientSchema]) -> list[Entry]:
    found = []
    for role, title in (("agent", translate("Agents", "Agents")), ("external", translate("Externes", "External"))):
        addresses = [one.shown for one in recipients if one.role == role]
        if addresses:
            found.append((title, ", ".join(addresses)))
    return found


def _recap_entries(recap: RecapSchema) -> list[Entry]:
    waits = translate(
        "En attente de la validation d'un agent : les destinataires externes recevront ensuite leur lien.",
        "Waiting for an agent's approval: external recipients get their link after it.",
    )
    gone = translate(
        "Envoyé : chaque destinataire reçoit son lien par courriel.", "Sent: each recipient gets a link by mail."
    )
    entries: list[Entry] = [
        ("", waits if recap.needs_approval else gone),
        (translate("Envoi", "Transfer"), recap.transfer),
        (
            translate("Fichiers", "Files"),
            f"{format_file_count(len(recap.files))}, {format_size(recap.total_bytes)}",
        ),
        (translate("Disponible jusqu'au", "Available until"), format_time(recap.ends_at)),
    ]
    if recap.needs_approval:
        entries.append((translate("Peuvent valider", "May approve"), ", ".join(recap.approvers)))
    return entries
