"""`status` and `delete`: show transfers, and withdraw one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from client.api import Api
from client.commands.context import command_context
from client.commands.exit_codes import InvalidUsage
from client.commands.i18n import (
    COLON,
    MAILS,
    format_file_count,
    format_size,
    format_time,
    printable,
    role_label,
    translate,
)
from client.commands.options import ATTEMPTS, All, AsJson, Attempts, MaybeTransfer, Server, Transfer, Yes
from client.commands.terminal import Entry
from client.errors import Json, Problem
from client.request import Result
from client.schemas.download import TrackedRecipientSchema, TrackingSchema
from client.schemas.propagation import DecisionSchema
from client.schemas.upload import DraftSummarySchema, TransferSchema, TransferSummarySchema

OUTCOMES = {
    "withdrawn": translate("supprimé", "deleted"),
    "quarantined": translate("mis en quarantaine", "quarantined"),
    "refused": translate("refusé", "refused"),
    "lapsed": translate("sans décision dans le délai", "not decided in time"),
    "expired": translate("expiré", "expired"),
}
DECISIONS = {"approved": translate("validé par", "approved by"), "refused": translate("refusé par", "refused by")}


def status(
    transfer: MaybeTransfer = None,
    is_all: All = False,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Show a transfer, or all."""
    with command_context(server, as_json, attempts) as context:
        if is_all == (transfer is not None):
            raise InvalidUsage(
                translate("Indiquez l'identifiant d'un envoi, ou --all.", "Give the id of a transfer, or --all.")
            )
        api, _ = context.signed_in()
        if transfer is None:
            sent, drafts = api.whole_list(api.sent_transfers), api.whole_list(api.drafts)
            document = {
                "transfers": [one.document for one in sent],
                "drafts": [one.document for one in drafts],
            }
            context.terminal.result(document, _all(sent, drafts))
        else:
            shown = TransferView.read(api, transfer)
            context.terminal.result(shown.document(), _one(shown))


def delete(
    transfer: Transfer,
    yes: Yes = False,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Withdraw a transfer: its links stop working at once, and its files are deleted."""
    with command_context(server, as_json, attempts) as context:
        api, _ = context.signed_in()
        found = api.sent_transfer(transfer)
        context.terminal.show(_line(found), to_stderr=True)
        context.require_confirmation(translate("Supprimer cet envoi ?", "Delete this transfer?"), yes)
        api.withdraw(transfer)
        said = translate(
            "Supprimé : les fichiers ne peuvent plus être téléchargés.",
            "Deleted: the files can no longer be downloaded.",
        )
        context.terminal.result(api.sent_transfer(transfer).document, [("", said)])


@dataclass(frozen=True)
class TransferView:
    """What each service knows of a transfer; None where a service does not know it (yet)."""

    transfer: TransferSchema
    decision: DecisionSchema | None
    tracking: TrackingSchema | None

    @classmethod
    def read(cls, api: Api, transfer: str) -> Self:
        """Ask each service."""
        return cls(
            api.sent_transfer(transfer),
            _known(lambda: api.decision(transfer)),
            _known(lambda: api.tracking(transfer)),
        )

    def document(self) -> Json:
        """Return the JSON of `--json`."""
        found = {"transfer": self.transfer, "decision": self.decision, "tracking": self.tracking}
        return {name: one and one.document for name, one in found.items()}


def _known(ask: Callable[[], Result]) -> Result | None:
    try:
        return ask()
    except Problem as problem:
        if problem.status != 404:
            raise
        return None


def _all(transfers: Sequence[TransferSummarySchema], drafts: Sequence[DraftSummarySchema]) -> list[Entry]:
    sent = [entry for one in transfers for entry in _line(one)]
    begun = [("", f"{one.id}  {translate('brouillon', 'draft')}  {one.subject}") for one in drafts]
    return [*sent, *begun] or [("", translate("Aucun envoi.", "No transfers."))]


def _line(sent: TransferSchema | TransferSummarySchema) -> list[Entry]:
    state = OUTCOMES.get(sent.outcome, sent.outcome) if sent.outcome else translate("en cours", "open")
    columns = [
        sent.id,
        format_time(sent.submitted_at),
        state,
        format_size(sent.total_bytes),
        printable(sent.subject),
    ]
    return [("", "  ".join(columns))]


def _one(shown: TransferView) -> list[Entry]:
    sent, decision, tracking = shown.transfer, shown.decision, shown.tracking
    entries = [*_line(sent), (translate("Disponible jusqu'au", "Available until"), format_time(sent.ends_at))]
    entries.append(
        (translate("Fichiers", "Files"), f"{format_file_count(len(sent.files))}, {format_size(sent.total_bytes)}")
    )
    if decision:
        entries += _decision(decision)
    if tracking:
        entries += [entry for one in tracking.recipients for entry in _recipient(one, len(tracking.files))]
    return entries


def _decision(decision: DecisionSchema) -> list[Entry]:
    decided = decision.decided
    if decided:
        said = DECISIONS.get(decided.outcome, decided.outcome)
        reason = f"{COLON}{decided.reason}" if decided.reason else ""
        return [
            (
                translate("Décision", "Decision"),
                f"{said} {decided.by.address}, {format_time(decided.at)}{reason}",
            )
        ]
    if decision.state != "waiting":
        return []
    approvers = ", ".join(decision.approvers)
    until = translate(
        f"attendue avant le {format_time(decision.decide_by)}", f"due by {format_time(decision.decide_by)}"
    )
    return [(translate("Décision", "Decision"), f"{until} ({approvers})")]


def _recipient(one: TrackedRecipientSchema, files: int) -> list[Entry]:
    """Return one recipient's mails, first visit, and number of downloaded files."""
    mail_states = ", ".join(" ".join(MAILS.get(word, word) for word in (mail.kind, mail.state)) for mail in one.mails)
    opened = format_time(one.opened_at)
    has = one.files_downloaded
    gone = f"  {translate('révoqué', 'revoked')}" if one.revoked_at else ""
    mails, seen, got = (
        translate("courriels", "mails"),
        translate("ouvert", "opened"),
        translate("téléchargés", "downloaded"),
    )
    who = f"{one.address} ({role_label(one.role)})"
    facts = f"{mails}{COLON}{mail_states}  {seen}{COLON}{opened}  {got}{COLON}{has}/{files}"
    return [("", f"{who}  {facts}{gone}")]
