"""The context of one command: its server, its session, its output, and its exit code."""

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
    """What every command needs."""

    def __init__(self, terminal: Terminal, server: str | None, attempts: int) -> None:
        self.terminal = terminal
        self.state = StateFolder.for_user(os.environ)
        self.sessions = SessionStore(self.state)
        self._server_option = server
        self._retry = RetryPolicy(attempts=attempts, sleep=terminal.pause)
        self._apis: list[Api] = []

    def close(self) -> None:
        """Close the connections."""
        for api in self._apis:
            api.transport.close()

    def server(self, link_server: str | None = None) -> str:
        """Return the server's URL: from the option, the link, the environment, or the only stored session."""
        found = (
            self._server_option or link_server or os.environ.get("MELANISSIMO_SERVER") or self.sessions.only_server()
        )
        if not found:
            raise InvalidUsage(
                translate(
                    "Service non précisé : indiquez --server URL, ou la variable d'environnement MELANISSIMO_SERVER.",
                    "No service given: use --server URL, or the environment variable MELANISSIMO_SERVER.",
                )
            )
        return parse_server_url(found)

    def api_for_link(self, text: str, page: str) -> tuple[Api, str]:
        """Return a client without a session for the server of a link, and the link's token."""
        link: ParsedLink = parse_link(text, page)
        return self.api(link.server), link.token

    def require_confirmation(self, question: str, yes: bool) -> None:
        """Raise `Declined` without a yes, from `--yes` or as the answer to the question."""
        if not yes and not self.terminal.confirms(question):
            raise Declined

    def api(self, link_server: str | None = None) -> Api:
        """Return a client without a session: a link needs none, and another server must not see one."""
        self._apis.append(Api(self.server(link_server), LANGUAGE, self._retry))
        return self._apis[-1]

    def signed_in(self) -> tuple[Api, str]:
        """Return a client with the stored session, which is renewed first, and the address of its owner."""
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
    """Run the body of a command; end every failure with its documented exit code and a message."""
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
    """Return the command to type after an interruption, unless a terminal could not display it unchanged."""
    command = shlex.join([PROGRAM, *sys.argv[1:]])
    shown = f"{COLON.rstrip()}\n  {command}" if command.isprintable() else "."
    return translate(
        f"Pour continuer, relancez la même commande{shown}",
        f"To resume, run the same command again{shown}",
    )


def _sign_in(email: str) -> str:
    shown = f"{PROGRAM} sign-in {shlex.quote(email)}"
    return translate(
        f"Vous n'êtes pas connecté. Ouvrez une session : {shown}", f"You are not signed in. Sign in: {shown}"
    )
