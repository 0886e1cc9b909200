"""`status` and `delete`: show transfers, and withdraw one."""

from collections.abc import Callable

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
            document = {"transfers": api.sent_transfers(), "drafts": api.drafts()}
            context.terminal.result(document, _all(document))
        else:
            document = card(api, transfer)
            context.terminal.result(document, _one(document))


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
        context.terminal.result(api.sent_transfer(transfer), [("", said)])


def card(api: Api, transfer: str) -> Json:
    """Return what each service knows of a transfer; None where a service does not know it (yet)."""
    return {
        "transfer": api.sent_transfer(transfer),
        "decision": _known(lambda: api.decision(transfer)),
        "tracking": _known(lambda: api.tracking(transfer)),
    }


def _known(ask: Callable[[], Json]) -> Json | None:
    try:
        return ask()
    except Problem as problem:
        if problem.status != 404:
            raise
        return None


def _all(document: Json) -> list[Entry]:
    sent = [entry for one in document["transfers"] for entry in _line(one)]
    drafts = [
        ("", f"{one['draft']}  {translate('brouillon', 'draft')}  {one['subject']}") for one in document["drafts"]
    ]
    return [*sent, *drafts] or [("", translate("Aucun envoi.", "No transfers."))]


def _line(sent: Json) -> list[Entry]:
    state = OUTCOMES.get(sent["outcome"], sent["outcome"]) if sent["outcome"] else translate("en cours", "open")
    columns = [
        sent["transfer"],
        format_time(sent["submitted_at"]),
        state,
        format_size(sent["total_bytes"]),
        printable(sent["subject"]),
    ]
    return [("", "  ".join(columns))]


def _one(document: Json) -> list[Entry]:
    sent, decision, tracking = document["transfer"], document["decision"], document["tracking"]
    entries = [*_line(sent), (translate("Disponible jusqu'au", "Available until"), format_time(sent["ends_at"]))]
    entries.append(
        (translate("Fichiers", "Files"), f"{format_file_count(len(sent['files']))}, {format_size(sent['total_bytes'])}")
    )
    if decision:
        entries += _decision(decision)
    for one in tracking["recipients"] if tracking else []:
        entries += _recipient(one, len(tracking["files"]))
    return entries


def _decision(decision: Json) -> list[Entry]:
    decided = decision["decided"]
    if decided:
        said = DECISIONS.get(decided["outcome"], decided["outcome"])
        reason = f"{COLON}{decided['reason']}" if decided.get("reason") else ""
        return [
            (
                translate("Décision", "Decision"),
                f"{said} {decided['by']['address']}, {format_time(decided['at'])}{reason}",
            )
        ]
    if decision["state"] != "waiting":
        return []
    approvers = ", ".join(decision["approvers"])
    until = translate(
        f"attendue avant le {format_time(decision['decide_by'])}", f"due by {format_time(decision['decide_by'])}"
    )
    return [(translate("Décision", "Decision"), f"{until} ({approvers})")]


def _recipient(one: Json, files: int) -> list[Entry]:
    """Return one recipient's mails, first visit, and number of downloaded files."""
    mail_states = ", ".join(
        " ".join(MAILS.get(mail[name], mail[name]) for name in ("kind", "state")) for mail in one["mails"]
    )
    opened = format_time(one["opened_at"])
    has = one["files_downloaded"]
    gone = f"  {translate('révoqué', 'revoked')}" if one.get("revoked_at") else ""
    mails, seen, got = (
        translate("courriels", "mails"),
        translate("ouvert", "opened"),
        translate("téléchargés", "downloaded"),
    )
    who = f"{one['address']} ({role_label(one)})"
    facts = f"{mails}{COLON}{mail_states}  {seen}{COLON}{opened}  {got}{COLON}{has}/{files}"
    return [("", f"{who}  {facts}{gone}")]
