"""The command line application: its commands, its help, and its usage messages."""

import io
import os
import sys
from collections.abc import Callable, Sequence

import typer

from client.commands import approve, get, send, session, status, transfer_actions
from client.commands.context import PROGRAM, resume_hint
from client.commands.exit_codes import MEANINGS, ExitCode, Failure
from client.commands.i18n import translate
from client.commands.terminal import write_json

Command = Callable[..., None]
COMMANDS: dict[str, tuple[Command, str]] = {
    "sign-in": (
        session.sign_in,
        translate(
            "Ouvrir une session : un courriel apporte un lien et une clé.",
            "Sign in: a mail brings a link and a key.",
        ),
    ),
    "sign-out": (session.sign_out, translate("Terminer la session.", "End the session.")),
    "whoami": (
        session.whoami,
        translate("Afficher le titulaire de la session et la date de fin.", "Show who is signed in, and until when."),
    ),
    "send": (
        send.send,
        translate(
            "Envoyer des fichiers ; la même commande reprend là où elle s'est arrêtée.",
            "Send files; the same command resumes where it stopped.",
        ),
    ),
    "get": (
        get.get,
        translate(
            "Télécharger les fichiers d'un lien ; la même commande reprend, sans compter un téléchargement de plus.",
            "Download the files of a link; the same command resumes, and counts no further download.",
        ),
    ),
    "status": (status.status, translate("Suivre un envoi, ou tous.", "Show a transfer, or all.")),
    "approve": (
        approve.approve,
        translate(
            "Valider un envoi, ou le refuser, après l'avoir lu.",
            "Approve a transfer, or refuse it, after reading it.",
        ),
    ),
    "extend": (
        transfer_actions.extend,
        translate("Prolonger un envoi, dans la limite autorisée.", "Extend a transfer, up to the limit."),
    ),
    "revoke": (
        transfer_actions.revoke,
        translate(
            "Révoquer un destinataire : son lien est désactivé aussitôt.",
            "Revoke a recipient: their link stops working at once.",
        ),
    ),
    "resend": (
        transfer_actions.resend,
        translate(
            "Renvoyer à un destinataire le courriel avec son lien.", "Send a recipient the mail with their link again."
        ),
    ),
    "remind": (
        transfer_actions.remind,
        translate("Relancer ceux qui n'ont pas tout téléchargé.", "Remind those who have not downloaded everything."),
    ),
    "delete": (
        status.delete,
        translate(
            "Supprimer un envoi : tous ses liens sont désactivés aussitôt.",
            "Delete a transfer: all its links stop working at once.",
        ),
    ),
}
USAGE_MESSAGES = {
    "MissingParameter": "Il manque un argument ou une option",
    "NoSuchOption": "Option inconnue",
    "BadParameter": "Valeur incorrecte",
}


def create_app() -> typer.Typer:
    """Create the application; the help ends with the table of exit codes."""
    whole = typer.Typer(
        name=PROGRAM,
        help=translate(
            "Mélanissimo : envoyer et recevoir de gros fichiers.", "Mélanissimo: send and receive large files."
        ),
        epilog=_exit_code_table(),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name, (command, help) in COMMANDS.items():
        whole.command(name, help=help, epilog=_exit_code_table())(command)
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; characters that stdout cannot encode are escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = create_app()(arguments, prog_name=PROGRAM, standalone_mode=False)
    except typer.TyperException as error:
        return _usage_failure(error, as_json="--json" in arguments)
    except (typer.Abort, KeyboardInterrupt):
        print(resume_hint(), file=sys.stderr)
        return ExitCode.INTERRUPTED
    return code if isinstance(code, int) else ExitCode.OK


def exit_process(code: int) -> None:
    """End the process; at once after an interruption, because a thread may be waiting for a hanging connection."""
    sys.stdout.flush()
    sys.stderr.flush()
    if code == ExitCode.INTERRUPTED:
        os._exit(code)
    sys.exit(code)


def _usage_failure(error: typer.TyperException, as_json: bool) -> int:
    french = USAGE_MESSAGES.get(type(error).__name__, "Commande incorrecte")
    failure = Failure(ExitCode.USAGE, translate(f"{french} ({error.format_message()})", error.format_message()))
    print(failure.title, file=sys.stderr)
    print(translate(f"Aide : {PROGRAM} --help", f"Help: {PROGRAM} --help"), file=sys.stderr)
    if as_json:
        write_json(failure.document())
    return failure.code


def _exit_code_table() -> str:
    rows = [f"{int(code)} {meaning}" for code, meaning in MEANINGS.items()]
    return translate("Codes de sortie : ", "Exit codes: ") + " · ".join(rows)
