"""`status` and `delete`: what became of what was sent, and its end."""

from collections.abc import Callable

from client.api import Api
from client.commands.desk import working
from client.commands.exits import Mistake
from client.commands.options import ATTEMPTS, All, AsJson, Attempts, MaybeTransfer, Server, Transfer, Yes
from client.commands.screen import Entry
from client.commands.words import COLON, MAILS, plain, role, size, when, words
from client.commands.words import files as so_many
from client.problem import Json, Problem

OUTCOMES = {
    "withdrawn": words("supprimé", "deleted"),
    "refused": words("refusé", "refused"),
    "lapsed": words("sans décision à temps", "nobody decided in time"),
    "expired": words("terminé", "expired"),
}
DECISIONS = {"approved": words("validé par", "approved by"), "refused": words("refusé par", "refused by")}


def status(
    transfer: MaybeTransfer = None,
    is_all: All = False,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Show what became of a transfer, or of all."""
    with working(server, as_json, attempts) as desk:
        if is_all == (transfer is not None):
            raise Mistake(words("Un identifiant d'envoi, ou --all.", "The id of a transfer, or --all."))
        api, _ = desk.signed_in()
        if transfer is None:
            document = {"transfers": api.sent_transfers(), "drafts": api.drafts()}
            desk.screen.result(document, _all(document))
        else:
            document = card(api, transfer)
            desk.screen.result(document, _one(document))


def delete(
    transfer: Transfer,
    yes: Yes = False,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Delete a transfer: every link dies at once, the bytes go."""
    with working(server, as_json, attempts) as desk:
        api, _ = desk.signed_in()
        found = api.sent_transfer(transfer)
        desk.screen.show(_line(found), aside=True)
        desk.must_agree(words("Supprimer cet envoi ?", "Delete this transfer?"), yes)
        api.withdraw(transfer)
        said = words(
            "Supprimé : plus aucun lien ne mène aux fichiers.", "Deleted: no link leads to the files any more."
        )
        desk.screen.result(api.sent_transfer(transfer), [("", said)])


def card(api: Api, transfer: str) -> Json:
    """What each service knows of a transfer; none where one does not know it (yet)."""
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
    drafts = [("", f"{one['draft']}  {words('brouillon', 'draft')}  {one['subject']}") for one in document["drafts"]]
    return [*sent, *drafts] or [("", words("Rien n'a été envoyé.", "Nothing was sent."))]


def _line(sent: Json) -> list[Entry]:
    state = OUTCOMES.get(sent["outcome"], sent["outcome"]) if sent["outcome"] else words("en cours", "open")
    told = [sent["transfer"], when(sent["submitted_at"]), state, size(sent["total_bytes"]), plain(sent["subject"])]
    return [("", "  ".join(told))]


def _one(document: Json) -> list[Entry]:
    sent, decision, tracking = document["transfer"], document["decision"], document["tracking"]
    entries = [*_line(sent), (words("Disponible jusqu'au", "Available until"), when(sent["ends_at"]))]
    entries.append((words("Fichiers", "Files"), f"{so_many(len(sent['files']))}, {size(sent['total_bytes'])}"))
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
        return [(words("Décision", "Decision"), f"{said} {decided['by']['address']}, {when(decided['at'])}{reason}")]
    if decision["state"] != "waiting":
        return []
    approvers = ", ".join(decision["approvers"])
    until = words(f"attendue avant le {when(decision['decide_by'])}", f"awaited until {when(decision['decide_by'])}")
    return [(words("Décision", "Decision"), f"{until} ({approvers})")]


def _recipient(one: Json, files: int) -> list[Entry]:
    """Whether they were told, have looked, and how many of the files they have."""
    told = ", ".join(" ".join(MAILS.get(mail[name], mail[name]) for name in ("kind", "state")) for mail in one["mails"])
    opened = when(one["opened_at"])
    has = one["files_downloaded"]
    gone = f"  {words('révoqué', 'revoked')}" if one.get("revoked_at") else ""
    mails, seen, got = words("courriels", "mails"), words("ouvert", "opened"), words("téléchargés", "downloaded")
    who = f"{one['address']} ({role(one)})"
    facts = f"{mails}{COLON}{told}  {seen}{COLON}{opened}  {got}{COLON}{has}/{files}"
    return [("", f"{who}  {facts}{gone}")]
