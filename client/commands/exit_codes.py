"""The exit code of a command, and the message for each failure."""

import errno
import os
from dataclasses import dataclass, field, replace
from enum import IntEnum

import httpx

from client.commands.i18n import COLON, printable, translate
from client.errors import (
    DownloadCorrupted,
    FileChanged,
    InvalidBody,
    InvalidPath,
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
    ExitCode.OK: translate("succès", "success"),
    ExitCode.UNEXPECTED: translate("erreur imprévue", "unexpected error"),
    ExitCode.USAGE: translate("commande incorrecte", "invalid command"),
    ExitCode.REFUSED: translate("refusé par une règle, indiquée", "refused by a rule, which is named"),
    ExitCode.NOT_SIGNED_IN: translate("session absente ou expirée", "not signed in, or the session has expired"),
    ExitCode.UNAVAILABLE: translate(
        "réseau ou service indisponible après toutes les tentatives",
        "network or service unavailable after all attempts",
    ),
    ExitCode.CONTENT_MISMATCH: translate(
        "le contenu n'est pas celui attendu", "the contents are not the expected ones"
    ),
    ExitCode.FILE_ERROR: translate(
        "un fichier local ne peut être lu ou écrit", "a local file cannot be read or written"
    ),
    ExitCode.INTERRUPTED: translate("interrompu ; la même commande reprend", "interrupted; the same command resumes"),
}

FILE_ERROR: dict[type[OSError], str] = {
    TargetExists: translate(
        "un autre fichier porte déjà ce nom ; il n'est pas écrasé", "another file has this name; it is not overwritten"
    ),
    FileLocked: translate("utilisé par un autre processus", "in use by another process"),
    OutsideTargetFolder: translate("mène hors du dossier choisi", "leads out of the chosen folder"),
    PermissionError: translate("droits insuffisants", "permission denied"),
    FileNotFoundError: translate("introuvable", "not found"),
    FileExistsError: translate("existe déjà", "already exists"),
    IsADirectoryError: translate("est un dossier", "is a folder"),
    NotADirectoryError: translate("n'est pas un dossier", "is not a folder"),
    UnsendablePath: translate(
        "ni un fichier ni un dossier, ou son nom n'est pas du texte",
        "neither a file nor a folder, or its name is not valid text",
    ),
}


NO_SPACE = translate("espace insuffisant sur le disque", "no space left on the disk")
NOT_THE_SERVICE = translate(
    "Un intermédiaire (proxy, portail d'accès) a répondu à la place du service",
    "An intermediary (proxy, captive portal) responded instead of the service",
)
FAULTS = {
    ResponseFault.NOT_AN_OBJECT: translate("pas de document JSON", "no JSON document"),
    ResponseFault.INVALID_MEMBER: translate(
        "« {} » absent ou d'un type inattendu", "“{}” is missing or of an unexpected type"
    ),
    ResponseFault.TOO_LONG: translate("réponse trop longue", "the response is too long"),
    ResponseFault.NO_DATE: translate("pas de date", "no date"),
    ResponseFault.NOT_AN_IMAGE: translate("pas d'image", "no image"),
    ResponseFault.UNEXPECTED_BYTES: translate("pas les octets demandés", "not the requested bytes"),
    ResponseFault.UNEXPECTED_BODY: translate("contenu inattendu", "unexpected contents"),
}


class InvalidUsage(Exception):
    """The command line is invalid."""


class NotSignedIn(Exception):
    """The command needs a session."""


class PartialFailure(Exception):
    """Some of the work was done; holds the failure and the results."""

    def __init__(self, failure: "Failure", done: Json) -> None:
        self.failure = replace(failure, done=done)
        super().__init__(failure.title)


class Declined(Exception):
    """The person did not confirm."""


@dataclass(frozen=True)
class Failure:
    """Why a command failed: its exit code, the members of the problem, and the results until then."""

    code: ExitCode
    title: str
    kind: str = "about:blank"
    members: Json = field(default_factory=dict)
    done: Json = field(default_factory=dict)

    def document(self) -> Json:
        """Return the JSON of `--json`."""
        said = {"code": int(self.code), "type": self.kind, "title": self.title, **self.members}
        return {"error": said, **self.done}


def failure_of(error: BaseException) -> Failure | None:  # noqa: C901 - one flat case for each kind of exception
    """Return the failure that an exception means to a person; None for a bug of this program."""
    match error:
        case PartialFailure():
            return error.failure
        case Problem():
            return _from_problem(error)
        case InvalidUsage() | InvalidLink() | InvalidServerUrl() | InvalidPath():
            return Failure(ExitCode.USAGE, _usage_message(error))
        case NotSignedIn():
            return Failure(ExitCode.NOT_SIGNED_IN, str(error))
        case httpx.HTTPError() | httpx.InvalidURL():
            title = translate("Le service ne répond pas", "The service does not respond")
            return Failure(ExitCode.UNAVAILABLE, f"{title} ({type(error).__name__}: {error}).")
        case UnexpectedResponse():
            fault = FAULTS[error.fault].format(error.member)
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
            title = translate(
                "Le contenu reçu n'est pas celui qui a été envoyé",
                "The received contents are not the ones that were sent",
            )
            return Failure(ExitCode.CONTENT_MISMATCH, f"{title}{COLON}{printable(str(error))}")
        case UnicodeError() | InvalidBody():
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
    title = problem.title or translate(f"Réponse {problem.status}", f"Response {problem.status}")
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
    if isinstance(error, InvalidPath):
        return translate("Identifiant incorrect.", "Invalid id.")
    if isinstance(error, InvalidLink):
        return translate(
            "Ce n'est ni l'adresse d'une telle page ni un jeton : ", "Neither such a page nor a token: "
        ) + str(error)
    if isinstance(error, InvalidServerUrl):
        return f"{translate('Pas une adresse https', 'Not an https address')}{COLON}{printable(str(error))}"
    return str(error)
