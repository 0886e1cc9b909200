"""`extend`, `revoke`, `resend` and `remind`: what a sender can change about a sent transfer."""

import uuid

from client.commands.context import command_context
from client.commands.i18n import format_time, printable, translate
from client.commands.options import ATTEMPTS, AsJson, Attempts, MoreDays, OneRecipient, Recipient, Server, Transfer, Yes


def extend(
    transfer: Transfer, days: MoreDays, server: Server = None, as_json: AsJson = False, attempts: Attempts = ATTEMPTS
) -> None:
    """Keep a transfer for longer."""
    with command_context(server, as_json, attempts) as context:
        api, _ = context.signed_in()
        found = api.extend(transfer, days)
        context.terminal.result(
            found.document, [(translate("Disponible jusqu'au", "Available until"), format_time(found.ends_at))]
        )


def revoke(
    transfer: Transfer,
    recipient: Recipient,
    yes: Yes = False,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Revoke one recipient's link."""
    with command_context(server, as_json, attempts) as context:
        api, _ = context.signed_in()
        context.require_confirmation(
            translate(f"Révoquer {printable(recipient)} ?", f"Revoke {printable(recipient)}?"), yes
        )
        api.revoke(transfer, recipient)
        said = translate(
            "Révoqué : ce destinataire ne peut plus rien télécharger.",
            "Revoked: this recipient can download nothing more.",
        )
        context.terminal.result({"revoked": recipient}, [("", said)])


def resend(
    transfer: Transfer,
    recipient: Recipient,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Send the mail with the link again."""
    with command_context(server, as_json, attempts) as context:
        api, _ = context.signed_in()
        found = api.resend(transfer, str(uuid.uuid4()), recipient)
        context.terminal.result(
            found.document, [("", translate("Le courriel est renvoyé.", "The mail is being sent again."))]
        )


def remind(
    transfer: Transfer,
    recipient: OneRecipient = None,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Remind the recipients who have not downloaded everything, or one of them."""
    with command_context(server, as_json, attempts) as context:
        api, _ = context.signed_in()
        found = api.remind(transfer, str(uuid.uuid4()), recipient)
        reminded = ", ".join(printable(one) for one in found.reminded)
        context.terminal.result(found.document, [(translate("Rappel envoyé à", "Reminder sent to"), reminded)])
