"""`extend`, `revoke`, `resend` and `remind`: what a sender may still change."""

import uuid

from client.commands.desk import working
from client.commands.options import ATTEMPTS, AsJson, Attempts, MoreDays, OneRecipient, Recipient, Server, Transfer, Yes
from client.commands.words import plain, when, words


def extend(
    transfer: Transfer, days: MoreDays, server: Server = None, as_json: AsJson = False, attempts: Attempts = ATTEMPTS
) -> None:
    """Keep a transfer for longer."""
    with working(server, as_json, attempts) as desk:
        api, _ = desk.signed_in()
        found = api.extend(transfer, days)
        desk.screen.result(found, [(words("Disponible jusqu'au", "Available until"), when(found["ends_at"]))])


def revoke(
    transfer: Transfer,
    recipient: Recipient,
    yes: Yes = False,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Take one recipient's right back."""
    with working(server, as_json, attempts) as desk:
        api, _ = desk.signed_in()
        desk.must_agree(words(f"Révoquer {plain(recipient)} ?", f"Revoke {plain(recipient)}?"), yes)
        api.revoke(transfer, recipient)
        said = words("Révoqué : plus rien ne lui est remis.", "Revoked: nothing is handed out to them any more.")
        desk.screen.result({"revoked": recipient}, [("", said)])


def resend(
    transfer: Transfer,
    recipient: Recipient,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Have the mail with the link sent again."""
    with working(server, as_json, attempts) as desk:
        api, _ = desk.signed_in()
        found = api.resend(transfer, str(uuid.uuid4()), recipient)
        desk.screen.result(found, [("", words("Le courriel est reparti.", "The mail is on its way again."))])


def remind(
    transfer: Transfer,
    recipient: OneRecipient = None,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Remind those who have not downloaded everything, or one of them."""
    with working(server, as_json, attempts) as desk:
        api, _ = desk.signed_in()
        found = api.remind(transfer, str(uuid.uuid4()), recipient)
        reminded = ", ".join(plain(one) for one in found["reminded"])
        desk.screen.result(found, [(words("Rappel envoyé à", "Reminder sent to"), reminded)])
