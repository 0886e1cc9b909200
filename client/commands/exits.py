"""How a command ends: its exit code, and the words for it."""

import errno
import os
from dataclasses import dataclass, field, replace
from enum import IntEnum

import httpx

from client.alone import BusyElsewhere
from client.commands.words import COLON, plain, words
from client.links import NotALink, NotAServer
from client.names import OutsideTheFolder
from client.problem import (
    BytesDiffer,
    ContentDiffers,
    Fault,
    FileChanged,
    Json,
    Problem,
    StandsInTheWay,
    UnexpectedAnswer,
)
from client.sources import NothingToRead


class Code(IntEnum):
    """Documented in `--help` and in docs/client.md."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    REFUSED = 3
    NOT_SIGNED_IN = 4
    UNAVAILABLE = 5
    BYTES_DIFFER = 6
    DISK = 7
    INTERRUPTED = 130


MEANINGS = {
    Code.OK: words("tout est fait", "all of it is done"),
    Code.UNEXPECTED: words("réponse ou panne imprévue", "an answer or a fault that nobody foresaw"),
    Code.USAGE: words("commande mal formée", "the command is not well formed"),
    Code.REFUSED: words("refusé par une règle, dite", "refused by a rule, which is said"),
    Code.NOT_SIGNED_IN: words("pas de session ouverte, ou terminée", "no session, or it has ended"),
    Code.UNAVAILABLE: words(
        "réseau ou service indisponible malgré les reprises", "no network or no service, after all attempts"
    ),
    Code.BYTES_DIFFER: words("les octets ne sont pas ceux attendus", "the bytes are not the expected ones"),
    Code.DISK: words("un fichier d'ici ne peut être lu ou écrit", "a file here cannot be read or written"),
    Code.INTERRUPTED: words("arrêté par vous ; la même commande reprend", "stopped by you; the same command goes on"),
}

DISK: dict[type[OSError], str] = {
    StandsInTheWay: words("un autre fichier est là ; il n'est pas écrasé", "another file is there; it is left alone"),
    BusyElsewhere: words("un autre processus s'en occupe", "another process is at it"),
    OutsideTheFolder: words("mène hors du dossier choisi", "leads out of the chosen folder"),
    PermissionError: words("droits insuffisants", "permission denied"),
    FileNotFoundError: words("introuvable", "not found"),
    FileExistsError: words("existe déjà", "exists already"),
    IsADirectoryError: words("est un dossier", "is a folder"),
    NotADirectoryError: words("n'est pas un dossier", "is not a folder"),
    NothingToRead: words("ni fichier ni dossier que l'on puisse nommer", "no file or folder that can be named"),
}


NO_SPACE = words("plus de place sur le disque", "no space left on the disk")
NOT_THE_SERVICE = words(
    "Quelque chose sur le chemin (proxy, portail) a répondu à la place du service",
    "Something on the way (proxy, portal) answered instead of the service",
)
FAULTS = {
    Fault.NO_OBJECT: words("sans document JSON", "without a JSON document"),
    Fault.MEMBER: words("« {} » manque ou est d'un autre type", "“{}” is missing or of another type"),
    Fault.TOO_LONG: words("réponse trop longue", "the answer is too long"),
    Fault.NO_DATE: words("sans date", "without a date"),
    Fault.NO_IMAGE: words("sans image", "without an image"),
    Fault.OTHER_BYTES: words("sans les octets demandés", "without the bytes that were asked for"),
    Fault.BODY: words("avec un contenu inattendu", "with a body that was not expected"),
}


class Mistake(Exception):
    """The command cannot be understood."""


class NotSignedIn(Exception):
    """This needs a session."""


class Partly(Exception):
    """Some of it was done, and why the rest was not."""

    def __init__(self, failure: "Failure", done: Json) -> None:
        self.failure = replace(failure, done=done)
        super().__init__(failure.title)


class SaidNo(Exception):
    """The person was asked, and did not say yes."""


@dataclass(frozen=True)
class Failure:
    """Why a command did not do what was asked: what the service added, and what was done all the same."""

    code: Code
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
        case Partly():
            return error.failure
        case Problem():
            return _of_problem(error)
        case Mistake() | NotALink() | NotAServer():
            return Failure(Code.USAGE, _mistake(error))
        case NotSignedIn():
            return Failure(Code.NOT_SIGNED_IN, str(error))
        case httpx.HTTPError() | httpx.InvalidURL():
            title = words("Le service ne répond pas", "The service does not answer")
            return Failure(Code.UNAVAILABLE, f"{title} ({type(error).__name__}: {error}).")
        case UnexpectedAnswer():
            fault = FAULTS[error.fault].format(error.place)
            return Failure(Code.UNAVAILABLE, plain(f"{NOT_THE_SERVICE} ({error.host}{COLON}{error.came}, {fault})."))
        case FileChanged() | ContentDiffers():
            title = words(
                "Ce fichier a été modifié pendant l'envoi ; relancez la commande",
                "This file was changed while it was being sent; run the command again",
            )
            return Failure(Code.BYTES_DIFFER, f"{title}{COLON}{plain(str(error))}")
        case BytesDiffer():
            title = words("Ce qui est arrivé n'est pas ce qui a été envoyé", "What arrived is not what was sent")
            return Failure(Code.BYTES_DIFFER, f"{title}{COLON}{plain(str(error))}")
        case UnicodeError():
            return Failure(Code.USAGE, words("Ce texte n'est pas en UTF-8.", "This text is not UTF-8."))
        case OSError():
            return _of_disk(error)
        case KeyboardInterrupt():
            return Failure(Code.INTERRUPTED, words("Interrompu.", "Interrupted."))
        case SaidNo():
            return Failure(Code.INTERRUPTED, words("Rien n'a été fait.", "Nothing was done."))
    return None


def _of_disk(error: OSError) -> Failure:
    said = NO_SPACE if error.errno == errno.ENOSPC else DISK.get(type(error), error.strerror or str(error))
    where = f"{plain(os.fsdecode(error.filename))}{COLON}" if error.filename else ""
    return Failure(Code.DISK, where + said)


def _of_problem(problem: Problem) -> Failure:
    if not problem.is_ours:
        return Failure(Code.UNAVAILABLE, plain(_not_ours(problem)))
    if problem.status == 401:
        code = Code.NOT_SIGNED_IN
    elif problem.is_passing and problem.status != 429:
        code = Code.UNAVAILABLE
    else:
        code = Code.REFUSED
    title = problem.title or words(f"Réponse {problem.status}", f"Answer {problem.status}")
    members = {name: value for name, value in problem.members.items() if name not in ("type", "title", "code")}
    of_file = f"{problem.file}{COLON}" if problem.file else ""
    return Failure(code, plain(of_file + title), problem.type, members | ({"path": problem.file} if of_file else {}))


def _not_ours(problem: Problem) -> str:
    if not problem.moved_to:
        return f"{NOT_THE_SERVICE} ({problem.host}{COLON}{problem.came})."
    host, to = problem.host, problem.moved_to
    return words(
        f"{host} redirige vers {to} : utilisez cette adresse (--server {to}).",
        f"{host} redirects to {to}: use that address (--server {to}).",
    )


def _mistake(error: Exception) -> str:
    if isinstance(error, NotALink):
        return words(
            "Ce n'est ni l'adresse d'une telle page ni un jeton : ", "Neither such a page nor a token: "
        ) + str(error)
    if isinstance(error, NotAServer):
        return f"{words('Pas une adresse https', 'Not an https address')}{COLON}{plain(str(error))}"
    return str(error)
