"""How a command ends: its exit code, and the words for it."""

import errno
import os
from dataclasses import dataclass, field, replace
from enum import IntEnum

import httpx

from client.commands.i18n import COLON, printable, translate
from client.errors import (
    DownloadCorrupted,
    FileChanged,
    Json,
    Problem,
    ResponseFault,
    TargetExists,
    UnexpectedResponse,
    UploadedContentDiffers,
)
from client.file_lock import FileLocked
from client.links import InvalidLink, InvalidServerUrl
from client.safe_paths import OutsideTargetFolder
from client.sources import UnsendablePath


class ExitCode(IntEnum):
    """Documented in `--help` and in docs/client.md."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    REFUSED = 3
    NOT_SIGNED_IN = 4
    UNAVAILABLE = 5
    CONTENT_MISMATCH = 6
    FILE_ERROR = 7
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.OK: translate("tout est fait", "all of it is done"),
    ExitCode.UNEXPECTED: translate("réponse ou panne imprévue", "an answer or a fault that nobody foresaw"),
    ExitCode.USAGE: translate("commande mal formée", "the command is not well formed"),
    ExitCode.REFUSED: translate("refusé par une règle, dite", "refused by a rule, which is said"),
    ExitCode.NOT_SIGNED_IN: translate("pas de session ouverte, ou terminée", "no session, or it has ended"),
    ExitCode.UNAVAILABLE: translate(
        "réseau ou service indisponible malgré les reprises", "no network or no service, after all attempts"
    ),
    ExitCode.CONTENT_MISMATCH: translate("les octets ne sont pas ceux attendus", "the bytes are not the expected ones"),
    ExitCode.FILE_ERROR: translate(
        "un fichier d'ici ne peut être lu ou écrit", "a file here cannot be read or written"
    ),
    ExitCode.INTERRUPTED: translate(
        "arrêté par vous ; la même commande reprend", "stopped by you; the same command goes on"
    ),
}

FILE_ERROR: dict[type[OSError], str] = {
    TargetExists: translate("un autre fichier est là ; il n'est pas écrasé", "another file is there; it is left alone"),
    FileLocked: translate("un autre processus s'en occupe", "another process is at it"),
    OutsideTargetFolder: translate("mène hors du dossier choisi", "leads out of the chosen folder"),
    PermissionError: translate("droits insuffisants", "permission denied"),
    FileNotFoundError: translate("introuvable", "not found"),
    FileExistsError: translate("existe déjà", "exists already"),
    IsADirectoryError: translate("est un dossier", "is a folder"),
    NotADirectoryError: translate("n'est pas un dossier", "is not a folder"),
    UnsendablePath: translate("ni fichier ni dossier que l'on puisse nommer", "no file or folder that can be named"),
}


NO_SPACE = translate("plus de place sur le disque", "no space left on the disk")
NOT_THE_SERVICE = translate(
    "Quelque chose sur le chemin (proxy, portail) a répondu à la place du service",
    "Something on the way (proxy, portal) answered instead of the service",
)
FAULTS = {
    ResponseFault.NOT_AN_OBJECT: translate("sans document JSON", "without a JSON document"),
    ResponseFault.INVALID_MEMBER: translate(
        "« {} » manque ou est d'un autre type", "“{}” is missing or of another type"
    ),
    ResponseFault.TOO_LONG: translate("réponse trop longue", "the answer is too long"),
    ResponseFault.NO_DATE: translate("sans date", "without a date"),
    ResponseFault.NOT_AN_IMAGE: translate("sans image", "without an image"),
    ResponseFault.UNEXPECTED_BYTES: translate("sans les octets demandés", "without the bytes that were asked for"),
    ResponseFault.UNEXPECTED_BODY: translate("avec un contenu inattendu", "with a body that was not expected"),
}


class InvalidUsage(Exception):
    """The command cannot be understood."""


class NotSignedIn(Exception):
    """This needs a session."""


class PartialFailure(Exception):
    """Some of it was done, and why the rest was not."""

    def __init__(self, failure: "Failure", done: Json) -> None:
        self.failure = replace(failure, done=done)
        super().__init__(failure.title)


class Declined(Exception):
    """The person was asked, and did not say yes."""


@dataclass(frozen=True)
class Failure:
    """Why a command did not do what was asked: what the service added, and what was done all the same."""

    code: ExitCode
    title: str
    kind: str = "about:blank"
    members: Json = field(default_factory=dict)
    done: Json = field(default_factory=dict)

    def document(self) -> Json:
        """As `--json` shows it."""
        said = {"code": int(self.code), "type": self.kind, "title": self.title, **self.members}
        return {"error": said, **self.done}


def failure_of(error: BaseException) -> Failure | None:  # noqa: C901 - one flat case for each kind of exception
    """What an exception means to a person; none for a mistake of this program."""
    match error:
        case PartialFailure():
            return error.failure
        case Problem():
            return _from_problem(error)
        case InvalidUsage() | InvalidLink() | InvalidServerUrl():
            return Failure(ExitCode.USAGE, _usage_message(error))
        case NotSignedIn():
            return Failure(ExitCode.NOT_SIGNED_IN, str(error))
        case httpx.HTTPError() | httpx.InvalidURL():
            title = translate("Le service ne répond pas", "The service does not answer")
            return Failure(ExitCode.UNAVAILABLE, f"{title} ({type(error).__name__}: {error}).")
        case UnexpectedResponse():
            fault = FAULTS[error.fault].format(error.place)
            return Failure(
                ExitCode.UNAVAILABLE, printable(f"{NOT_THE_SERVICE} ({error.host}{COLON}{error.received}, {fault}).")
            )
        case FileChanged() | UploadedContentDiffers():
            title = translate(
                "Ce fichier a été modifié pendant l'envoi ; relancez la commande",
                "This file was changed while it was being sent; run the command again",
            )
            return Failure(ExitCode.CONTENT_MISMATCH, f"{title}{COLON}{printable(str(error))}")
        case DownloadCorrupted():
            title = translate("Ce qui est arrivé n'est pas ce qui a été envoyé", "What arrived is not what was sent")
            return Failure(ExitCode.CONTENT_MISMATCH, f"{title}{COLON}{printable(str(error))}")
        case UnicodeError():
            return Failure(ExitCode.USAGE, translate("Ce texte n'est pas en UTF-8.", "This text is not UTF-8."))
        case OSError():
            return _from_os_error(error)
        case KeyboardInterrupt():
            return Failure(ExitCode.INTERRUPTED, translate("Interrompu.", "Interrupted."))
        case Declined():
            return Failure(ExitCode.INTERRUPTED, translate("Rien n'a été fait.", "Nothing was done."))
    return None


def _from_os_error(error: OSError) -> Failure:
    said = NO_SPACE if error.errno == errno.ENOSPC else FILE_ERROR.get(type(error), error.strerror or str(error))
    where = f"{printable(os.fsdecode(error.filename))}{COLON}" if error.filename else ""
    return Failure(ExitCode.FILE_ERROR, where + said)


def _from_problem(problem: Problem) -> Failure:
    if not problem.is_from_service:
        return Failure(ExitCode.UNAVAILABLE, printable(_not_from_service(problem)))
    if problem.status == 401:
        code = ExitCode.NOT_SIGNED_IN
    elif problem.is_transient and problem.status != 429:
        code = ExitCode.UNAVAILABLE
    else:
        code = ExitCode.REFUSED
    title = problem.title or translate(f"Réponse {problem.status}", f"Answer {problem.status}")
    members = {name: value for name, value in problem.members.items() if name not in ("type", "title", "code")}
    of_file = f"{problem.file}{COLON}" if problem.file else ""
    return Failure(
        code, printable(of_file + title), problem.type, members | ({"path": problem.file} if of_file else {})
    )


def _not_from_service(problem: Problem) -> str:
    if not problem.redirected_to:
        return f"{NOT_THE_SERVICE} ({problem.host}{COLON}{problem.received})."
    host, to = problem.host, problem.redirected_to
    return translate(
        f"{host} redirige vers {to} : utilisez cette adresse (--server {to}).",
        f"{host} redirects to {to}: use that address (--server {to}).",
    )


def _usage_message(error: Exception) -> str:
    if isinstance(error, InvalidLink):
        return translate(
            "Ce n'est ni l'adresse d'une telle page ni un jeton : ", "Neither such a page nor a token: "
        ) + str(error)
    if isinstance(error, InvalidServerUrl):
        return f"{translate('Pas une adresse https', 'Not an https address')}{COLON}{printable(str(error))}"
    return str(error)
