"""One command at work: which server, whose session, what is shown, and how it ends."""

import os
import shlex
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from client.api import Api
from client.commands.exit_codes import Declined, ExitCode, Failure, InvalidUsage, NotSignedIn, failure_of
from client.commands.i18n import COLON, LANGUAGE, translate
from client.commands.terminal import Terminal
from client.links import ParsedLink, parse_link, parse_server_url
from client.retry import RetryPolicy
from client.session_store import SessionStore
from client.state_folder import StateFolder

PROGRAM = "melanissimo"


class CommandContext:
    """What a command is given."""

    def __init__(self, terminal: Terminal, server: str | None, attempts: int) -> None:
        self.terminal = terminal
        self.state = StateFolder.for_user(os.environ)
        self.sessions = SessionStore(self.state)
        self._server_option = server
        self._retry = RetryPolicy(attempts=attempts, sleep=terminal.pause)
        self._apis: list[Api] = []

    def close(self) -> None:
        """Closes the connections."""
        for api in self._apis:
            api.transport.close()

    def server(self, link_server: str | None = None) -> str:
        """The service's address: what was said, that of a link, that of the environment, the only one known."""
        found = (
            self._server_option or link_server or os.environ.get("MELANISSIMO_SERVER") or self.sessions.only_server()
        )
        if not found:
            raise InvalidUsage(
                translate(
                    "Quel service ? Dites --server URL, ou MELANISSIMO_SERVER dans l'environnement.",
                    "Which service? Say --server URL, or MELANISSIMO_SERVER in the environment.",
                )
            )
        return parse_server_url(found)

    def api_for_link(self, text: str, page: str) -> tuple[Api, str]:
        """A client without a session for the server of a link, and the link's token."""
        link: ParsedLink = parse_link(text, page)
        return self.api(link.server), link.token

    def require_confirmation(self, question: str, yes: bool) -> None:
        """Goes no further without a yes, on the command line or to this question."""
        if not yes and not self.terminal.confirms(question):
            raise Declined

    def api(self, link_server: str | None = None) -> Api:
        """A client without a session: what a link allows needs none, and no other server is to see it."""
        self._apis.append(Api(self.server(link_server), LANGUAGE, self._retry))
        return self._apis[-1]

    def signed_in(self) -> tuple[Api, str]:
        """A client with the session that is kept, renewed first; and whose it is."""
        api = self.api()
        session = self.sessions.restore(api)
        if session is None:
            raise NotSignedIn(_sign_in("EMAIL"))
        try:
            api.renew_session()
        except Exception as error:
            failure = failure_of(error)
            if failure and failure.code is ExitCode.NOT_SIGNED_IN:
                raise NotSignedIn(_sign_in(session["email"])) from None
            raise
        return api, str(session["email"])


@contextmanager
def command_context(server: str | None, as_json: bool, attempts: int) -> Iterator[CommandContext]:
    """Whatever happens inside ends with the documented exit code, and with words."""
    terminal = Terminal(as_json)
    context = CommandContext(terminal, server, attempts)
    try:
        yield context
    except (Exception, KeyboardInterrupt) as error:
        failure = failure_of(error)
        if failure is None:
            traceback.print_exc()
            failure = Failure(ExitCode.UNEXPECTED, f"{type(error).__name__}: {error}")
        terminal.fail(failure)
        if isinstance(error, KeyboardInterrupt):
            terminal.note(resume_hint())
        else:
            context.close()
        raise typer.Exit(failure.code) from None
    context.close()


def resume_hint() -> str:
    """What to type after an interruption; a command that a terminal could not show as it is, is not shown."""
    command = shlex.join([PROGRAM, *sys.argv[1:]])
    shown = f"{COLON.rstrip()}\n  {command}" if command.isprintable() else "."
    return translate(
        f"Pour continuer, relancez la même commande{shown}",
        f"To go on, run the same command again{shown}",
    )


def _sign_in(email: str) -> str:
    shown = f"{PROGRAM} sign-in {shlex.quote(email)}"
    return translate(f"Il faut une session : {shown}", f"A session is needed: {shown}")
