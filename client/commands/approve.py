"""`approve`: what an agent vouches for is shown, then decided."""

from client.commands.desk import working
from client.commands.options import ATTEMPTS, AsJson, Attempts, Link, Reason, Server, Yes
from client.commands.screen import Entry
from client.commands.words import COLON, plain, role, size, when, words
from client.problem import Json

WAITING = "waiting"
APPROVAL = words("Valider cet envoi en votre nom ?", "Approve this transfer in your name?")
REFUSAL = words("Refuser cet envoi en votre nom ?", "Refuse this transfer in your name?")
FIELDS = {"to": words("À", "To"), "cc": words("Copie", "Copy"), "bcc": words("Copie cachée", "Hidden copy")}


def approve(
    url: Link,
    refuse: Reason = None,
    yes: Yes = False,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Approve a transfer, or refuse it; shows first what is to be decided."""
    with working(server, as_json, attempts) as desk:
        api, token = desk.link(url, "approve")
        card = api.to_decide(token)
        desk.screen.show(_shown(card), aside=True)
        if card["state"] == WAITING:
            desk.must_agree(APPROVAL if refuse is None else REFUSAL, yes)
        digest = card["snapshot"].get("digest") or ""
        after = api.approve(token, digest) if refuse is None else api.refuse(token, digest, refuse)
        desk.screen.result(after, _decided(after))


def _shown(card: Json) -> list[Entry]:
    """All that the digest of a decision is about."""
    snapshot = card["snapshot"]
    sender = snapshot["sender"]
    declared = words("nom déclaré", "declared name")
    return [
        (words("De", "From"), f"{sender['address']} ({declared}{COLON}{sender['declared_name']})"),
        *[
            (FIELDS.get(one["field"], one["field"]), f"{one['address']} ({role(one)})")
            for one in snapshot["recipients"]
        ],
        (words("Objet", "Subject"), snapshot["subject"]),
        ("", snapshot["text"]),
        *[("", f"{plain(file['path'])}  {size(file['size_bytes'])}  {file['sha256']}") for file in snapshot["files"]],
        (words("À décider avant le", "Decide before"), when(card["decide_by"])),
        (words("Disponible jusqu'au", "Available until"), when(snapshot["ends_at"])),
    ]


def _decided(card: Json) -> list[Entry]:
    decided = card["decided"]
    if decided and decided["outcome"] == "refused":
        return [("", words("Refusé : l'expéditeur en est averti.", "Refused: the sender is told."))]
    return [("", words("Validé : les destinataires externes reçoivent leur lien.", "Approved: everybody gets a link."))]
