"""The arguments and options of the commands, with their help."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from client.commands.i18n import translate

ATTEMPTS = 10
UNDECODED = re.compile("[\ud800-\udfff]")


def utf8(value: Any) -> Any:
    """Return the value; refuse text that is not UTF-8. A path may be any bytes: file names are checked later."""
    for word in value if isinstance(value, list) else [value]:
        if isinstance(word, str) and UNDECODED.search(word):
            shown = UNDECODED.sub("\N{REPLACEMENT CHARACTER}", word)
            raise typer.BadParameter(translate(f"« {shown} » n'est pas en UTF-8", f"“{shown}” is not UTF-8"))
    return value


def option(name: str, french: str, english: str, **more: Any) -> Any:
    """Declare an option with help in the user's language."""
    return typer.Option(name, help=translate(french, english), callback=utf8, **more)


def argument(name: str, french: str, english: str, **more: Any) -> Any:
    """Declare an argument with help in the user's language."""
    return typer.Argument(metavar=name, help=translate(french, english), callback=utf8, **more)


# --- every command ---

Server = Annotated[
    str | None,
    option(
        "--server",
        "le service ; sinon MELANISSIMO_SERVER, sinon celui de l'adresse donnée ou de la seule session ouverte",
        "the service; else MELANISSIMO_SERVER, else that of the address given or of the only open session",
        metavar="URL",
    ),
]
AsJson = Annotated[
    bool, option("--json", "un seul document JSON sur la sortie standard", "one JSON document on standard output")
]
Attempts = Annotated[
    int,
    option(
        "--attempts",
        "nombre de tentatives, de plus en plus espacées",
        "number of attempts, with growing pauses",
        metavar="N",
        min=1,
    ),
]
Yes = Annotated[bool, option("--yes", "ne pas demander confirmation", "do not ask for confirmation")]

# --- sign-in ---

Email = Annotated[
    str | None, argument("[EMAIL]", "votre adresse ; inutile avec --link", "your address; not needed with --link")
]
Image = Annotated[
    bool, option("--image", "une image à lire au lieu d'une question", "an image to read instead of a question")
]
MailedLink = Annotated[
    str | None, option("--link", "le lien reçu par courriel", "the link in the mail", metavar="URL|TOKEN")
]
MailedKey = Annotated[str | None, option("--key", "la clé reçue par courriel", "the key in the mail")]
LastName = Annotated[str | None, option("--last-name", "votre nom", "your last name")]
FirstName = Annotated[str | None, option("--first-name", "votre prénom", "your first name")]

# --- sending ---

Files = Annotated[
    list[Path],
    argument(
        "FILE…",
        "fichiers, et dossiers qui gardent leur arborescence",
        "files, and folders, which keep their tree",
        exists=True,
        readable=True,
    ),
]
To = Annotated[list[str] | None, option("--to", "destinataire ; répétable", "recipient; repeatable", metavar="EMAIL")]
Cc = Annotated[list[str] | None, option("--cc", "en copie ; répétable", "copy; repeatable", metavar="EMAIL")]
Bcc = Annotated[
    list[str] | None, option("--bcc", "en copie cachée ; répétable", "hidden copy; repeatable", metavar="EMAIL")
]
Subject = Annotated[str | None, option("--subject", "l'objet", "the subject")]
Text = Annotated[
    str | None,
    option(
        "--text", "le message ; « - » le lit sur l'entrée standard", "the message; “-” reads it from standard input"
    ),
]
Days = Annotated[int | None, option("--days", "durée de validité en jours", "validity in days", metavar="N")]
Language = Annotated[
    str | None, option("--language", "la langue des courriels", "the language of the mails", metavar="fr|en")
]
Draft = Annotated[
    str | None,
    option(
        "--draft",
        "reprendre ce brouillon commencé sur un autre poste",
        "resume this draft from another machine",
        metavar="ID",
    ),
]
Parallel = Annotated[
    int, option("--parallel", "parties envoyées à la fois", "parts sent at once", metavar="N", min=1, max=16)
]

# --- receiving ---

Link = Annotated[str, argument("URL", "l'adresse reçue, ou son jeton", "the address received, or its token")]
Into = Annotated[
    Path, option("--into", "le dossier où écrire", "the folder to write to", metavar="DIR", file_okay=False)
]
Wanted = Annotated[
    list[str] | None,
    option("--file", "ce fichier seulement ; répétable", "this file only; repeatable", metavar="PATH"),
]
Archive = Annotated[bool, option("--archive", "tout en une archive ZIP", "everything as one ZIP archive")]

# --- tracking, approval ---

Transfer = Annotated[str, argument("TRANSFER", "l'identifiant de l'envoi", "the id of the transfer")]
MaybeTransfer = Annotated[str | None, argument("[TRANSFER]", "l'identifiant de l'envoi", "the id of the transfer")]
Recipient = Annotated[str, argument("EMAIL", "l'adresse du destinataire", "the recipient's address")]
OneRecipient = Annotated[str | None, argument("[EMAIL]", "ce destinataire seulement", "this recipient only")]
MoreDays = Annotated[
    int, argument("DAYS", "durée en jours, comptée depuis l'envoi", "days, counted from the submission", min=1)
]
All = Annotated[bool, option("--all", "tous les envois et brouillons", "all transfers and drafts")]
Reason = Annotated[
    str | None,
    option("--refuse", "refuser, avec ce motif", "refuse, for this reason", metavar="REASON"),
]
