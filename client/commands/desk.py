"""One command at work: which server, whose session, what is shown, and how it ends."""

import os
import shlex
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from client.api import Api
from client.commands.exits import Code, Failure, Mistake, NotSignedIn, SaidNo, failure_of
from client.commands.screen import Screen
from client.commands.words import COLON, LANGUAGE, words
from client.links import Link, read_link, read_server
from client.patience import Patience
from client.sessions import Sessions
from client.state import State

PROGRAM = "melanissimo"


class Desk:
    """What a command is given."""

    def __init__(self, screen: Screen, server: str | None, attempts: int) -> None:
        self.screen = screen
        self.state = State.of_user(os.environ)
        self.sessions = Sessions(self.state)
        self._said = server
        self._patience = Patience(attempts=attempts, sleep=screen.pause)
        self._apis: list[Api] = []

    def close(self) -> None:
        """Closes the connections."""
        for api in self._apis:
            api.wire.close()

    def server(self, of_link: str | None = None) -> str:
        """The service's address: what was said, that of a link, that of the environment, the only one known."""
        found = self._said or of_link or os.environ.get("MELANISSIMO_SERVER") or self.sessions.only_server()
        if not found:
            raise Mistake(
                words(
                    "Quel service ? Dites --server URL, ou MELANISSIMO_SERVER dans l'environnement.",
                    "Which service? Say --server URL, or MELANISSIMO_SERVER in the environment.",
                )
            )
        return read_server(found)

    def link(self, text: str, page: str) -> tuple[Api, str]:
        """A client without a session for the server of a link, and the link's token."""
        link: Link = read_link(text, page)
        return self.api(link.server), link.token

    def must_agree(self, question: str, yes: bool) -> None:
        """Goes no further without a yes, on the command line or to this question."""
        if not yes and not self.screen.agrees(question):
            raise SaidNo

    def api(self, of_link: str | None = None) -> Api:
        """A client without a session: what a link allows needs none, and no other server is to see it."""
        self._apis.append(Api(self.server(of_link), LANGUAGE, self._patience))
        return self._apis[-1]

    def signed_in(self) -> tuple[Api, str]:
        """A client with the session that is kept, renewed first; and whose it is."""
        api = self.api()
        session = self.sessions.take_up(api)
        if session is None:
            raise NotSignedIn(_sign_in("EMAIL"))
        try:
            api.renew_session()
        except Exception as error:
            failure = failure_of(error)
            if failure and failure.code is Code.NOT_SIGNED_IN:
                raise NotSignedIn(_sign_in(session["email"])) from None
            raise
        return api, str(session["email"])


@contextmanager
def working(server: str | None, as_json: bool, attempts: int) -> Iterator[Desk]:
    """Whatever happens inside ends with the documented exit code, and with words."""
    screen = Screen(as_json)
    desk = Desk(screen, server, attempts)
    try:
        yield desk
    except (Exception, KeyboardInterrupt) as error:
        failure = failure_of(error)
        if failure is None:
            traceback.print_exc()
            failure = Failure(Code.UNEXPECTED, f"{type(error).__name__}: {error}")
        screen.fail(failure)
        if isinstance(error, KeyboardInterrupt):
            screen.note(how_to_go_on())
        else:
            desk.close()
        raise typer.Exit(failure.code) from None
    desk.close()


def how_to_go_on() -> str:
    """What to type after an interruption; a command that a terminal could not show as it is, is not shown."""
    again = shlex.join([PROGRAM, *sys.argv[1:]])
    command = f"{COLON.rstrip()}\n  {again}" if again.isprintable() else "."
    return words(
        f"Pour continuer, relancez la même commande{command}",
        f"To go on, run the same command again{command}",
    )


def _sign_in(email: str) -> str:
    command = f"{PROGRAM} sign-in {shlex.quote(email)}"
    return words(f"Il faut une session : {command}", f"A session is needed: {command}")
