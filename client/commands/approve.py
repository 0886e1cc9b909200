"""`approve`: show the transfer that an agent is asked to approve, then approve or refuse it."""

from client.commands.context import command_context
from client.commands.i18n import COLON, format_size, format_time, printable, role_label, translate
from client.commands.options import ATTEMPTS, AsJson, Attempts, Link, Reason, Server, Yes
from client.commands.terminal import Entry
from client.schemas.propagation import DecisionSchema

WAITING = "waiting"
APPROVAL = translate("Valider cet envoi en votre nom ?", "Approve this transfer in your name?")
REFUSAL = translate("Refuser cet envoi en votre nom ?", "Refuse this transfer in your name?")
FIELDS = {"to": translate("À", "To"), "cc": translate("Copie", "Copy"), "bcc": translate("Copie cachée", "Hidden copy")}


def approve(
    url: Link,
    refuse: Reason = None,
    yes: Yes = False,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Show a transfer, then approve or refuse it."""
    with command_context(server, as_json, attempts) as context:
        api, token = context.api_for_link(url, "approve")
        card = api.approval_request(token)
        context.terminal.show(_shown(card), to_stderr=True)
        if card.state == WAITING:
            context.require_confirmation(APPROVAL if refuse is None else REFUSAL, yes)
        digest = card.snapshot.digest
        after = api.approve(token, digest) if refuse is None else api.refuse(token, digest, refuse)
        context.terminal.result(after.document, _decided(after))


def _shown(card: DecisionSchema) -> list[Entry]:
    """Return everything that the digest of a decision covers."""
    snapshot = card.snapshot
    sender = snapshot.sender
    declared = translate("nom déclaré", "declared name")
    return [
        (translate("De", "From"), f"{sender.address} ({declared}{COLON}{sender.declared_name})"),
        *[(FIELDS.get(one.field, one.field), f"{one.address} ({role_label(one.role)})") for one in snapshot.recipients],
        (translate("Objet", "Subject"), snapshot.subject),
        ("", snapshot.text),
        *[("", f"{printable(file.path)}  {format_size(file.size_bytes)}  {file.sha256}") for file in snapshot.files],
        (translate("À décider avant le", "Decide before"), format_time(card.decide_by)),
        (translate("Disponible jusqu'au", "Available until"), format_time(snapshot.ends_at)),
    ]


def _decided(card: DecisionSchema) -> list[Entry]:
    decided = card.decided
    if decided and decided.outcome == "refused":
        return [("", translate("Refusé : l'expéditeur en est informé.", "Refused: the sender is informed."))]
    return [
        (
            "",
            translate(
                "Validé : les destinataires externes reçoivent leur lien.",
                "Approved: the external recipients get their link.",
            ),
        )
    ]
