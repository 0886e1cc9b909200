"""The command line as a whole: its commands, its help, and what comes out when it cannot be understood."""

import io
import os
import sys
from collections.abc import Callable, Sequence

import typer

from client.commands import access, approve, change, get, send, status
from client.commands.desk import PROGRAM, how_to_go_on
from client.commands.exits import MEANINGS, Code, Failure
from client.commands.screen import write_json
from client.commands.words import words

Command = Callable[..., None]
COMMANDS: dict[str, tuple[Command, str]] = {
    "sign-in": (
        access.sign_in,
        words(
            "Ouvrir une session : un message apporte un lien et une clé.",
            "Open a session: a mail brings a link and a key.",
        ),
    ),
    "sign-out": (access.sign_out, words("Terminer la session.", "End the session.")),
    "whoami": (
        access.whoami,
        words("Dire de qui est la session, et jusqu'à quand.", "Say whose session it is, and until when."),
    ),
    "send": (
        send.send,
        words(
            "Envoyer des fichiers ; la même commande reprend là où elle s'est arrêtée.",
            "Send files; the same command goes on where it stopped.",
        ),
    ),
    "get": (
        get.get,
        words(
            "Télécharger ce qu'un lien propose ; la même commande reprend, sans rien décompter de plus.",
            "Download what a link offers; the same command goes on, and spends nothing more.",
        ),
    ),
    "status": (status.status, words("Suivre un envoi, ou tous.", "Follow a transfer, or all.")),
    "approve": (
        approve.approve,
        words(
            "Valider un envoi, ou le refuser, après l'avoir lu.",
            "Approve a transfer, or refuse it, after reading it.",
        ),
    ),
    "extend": (
        change.extend,
        words("Prolonger un envoi, dans la limite permise.", "Extend a transfer, within the limit."),
    ),
    "revoke": (
        change.revoke,
        words("Révoquer un destinataire : son lien meurt aussitôt.", "Revoke a recipient: their link dies at once."),
    ),
    "resend": (
        change.resend,
        words(
            "Renvoyer à un destinataire le courriel avec son lien.", "Send a recipient the mail with their link again."
        ),
    ),
    "remind": (
        change.remind,
        words("Relancer ceux qui n'ont pas tout téléchargé.", "Remind those who have not downloaded everything."),
    ),
    "delete": (
        status.delete,
        words("Supprimer un envoi : tous ses liens meurent aussitôt.", "Delete a transfer: all its links die at once."),
    ),
}
MISTAKES = {
    "MissingParameter": "Il manque un argument ou une option",
    "NoSuchOption": "Option inconnue",
    "BadParameter": "Valeur refusée",
}


def app() -> typer.Typer:
    """All commands; the table of exit codes is at the end of the help."""
    whole = typer.Typer(
        name=PROGRAM,
        help=words("Mélanissimo : envoyer et recevoir de gros fichiers.", "Mélanissimo: send and receive large files."),
        epilog=_codes(),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, (command, help) in COMMANDS.items():
        whole.command(name, help=help, epilog=_codes())(command)
    return whole


def main(asked: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code. What no terminal can show is shown by its number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    given = list(sys.argv[1:] if asked is None else asked)
    try:
        code = app()(given, prog_name=PROGRAM, standalone_mode=False)
    except typer.TyperException as mistake:
        return _misunderstood(mistake, as_json="--json" in given)
    except (typer.Abort, KeyboardInterrupt):
        print(how_to_go_on(), file=sys.stderr)
        return Code.INTERRUPTED
    return code if isinstance(code, int) else Code.OK


def leave(code: int) -> None:
    """Ends the process; after an interruption at once, because a thread may be waiting for a line that hangs."""
    sys.stdout.flush()
    sys.stderr.flush()
    if code == Code.INTERRUPTED:
        os._exit(code)
    sys.exit(code)


def _misunderstood(mistake: typer.TyperException, as_json: bool) -> int:
    french = MISTAKES.get(type(mistake).__name__, "Commande incomprise")
    failure = Failure(Code.USAGE, words(f"{french} ({mistake.format_message()})", mistake.format_message()))
    print(failure.title, file=sys.stderr)
    print(words(f"Aide : {PROGRAM} --help", f"Help: {PROGRAM} --help"), file=sys.stderr)
    if as_json:
        write_json(failure.document())
    return failure.code


def _codes() -> str:
    said = [f"{int(code)} {meaning}" for code, meaning in MEANINGS.items()]
    return words("Codes de sortie : ", "Exit codes: ") + " · ".join(said)
