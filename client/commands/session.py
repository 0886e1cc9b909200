"""`sign-in`, `sign-out`, `whoami`: open a session with a mailed link and key, and store it in a private file."""

from client.api import Api
from client.commands.context import CommandContext, command_context
from client.commands.exit_codes import InvalidUsage
from client.commands.i18n import format_time, role_label, translate
from client.commands.options import (
    ATTEMPTS,
    AsJson,
    Attempts,
    Email,
    FirstName,
    Image,
    LastName,
    MailedKey,
    MailedLink,
    Server,
)
from client.errors import Problem
from client.links import parse_link
from client.schemas.auth import ChallengeSchema, CurrentSessionSchema

TRIES = 3
IMAGE = "human-check.png"


def sign_in(
    email: Email = None,
    image: Image = False,
    link: MailedLink = None,
    key: MailedKey = None,
    last_name: LastName = None,
    first_name: FirstName = None,
    server: Server = None,
    as_json: AsJson = False,
    attempts: Attempts = ATTEMPTS,
) -> None:
    """Prove an address and store the session."""
    with command_context(server, as_json, attempts) as context:
        api, ask = context.api(), context.terminal.ask
        if link is None:
            if email is None:
                raise InvalidUsage(translate("Indiquez votre adresse, ou --link.", "Give your address, or --link."))
            _have_link_mailed(context, api, email, "image" if image else "question")
            link = ask(translate("Lien reçu par courriel (ou son jeton) :", "Link from the mail (or its token):"))
        token = parse_link(link, "access").token
        named = (
            last_name or ask(translate("Votre nom :", "Your last name:")),
            first_name or ask(translate("Votre prénom :", "Your first name:")),
        )
        context.sessions.forget(api.transport.base_url)
        context.sessions.store_sessions_of(api)
        _open(context, api, token, key, named)
        _show_session(context, api, api.current_session())


def sign_out(server: Server = None, as_json: AsJson = False, attempts: Attempts = ATTEMPTS) -> None:
    """End the session, here and on the service."""
    with command_context(server, as_json, attempts) as context:
        api = context.api()
        found = context.sessions.restore(api)
        if found:
            try:
                api.close_session()
            except Problem as problem:
                if problem.status != 401:
                    raise
            context.sessions.forget(api.transport.base_url)
        said = (
            translate("Session terminée.", "Signed out.")
            if found
            else translate("Aucune session n'était ouverte.", "You were not signed in.")
        )
        context.terminal.result({"server": api.transport.base_url, "was_signed_in": bool(found)}, [("", said)])


def whoami(server: Server = None, as_json: AsJson = False, attempts: Attempts = ATTEMPTS) -> None:
    """Show who is signed in, and until when."""
    with command_context(server, as_json, attempts) as context:
        api, _ = context.signed_in()
        _show_session(context, api, api.current_session())


def _have_link_mailed(context: CommandContext, api: Api, email: str, kind: str) -> None:
    """Pass a challenge to have the link mailed; draw another one after a wrong answer."""
    for left in range(TRIES - 1, -1, -1):
        challenge = api.create_challenge(kind)
        try:
            api.request_link(email, challenge.challenge, _answer(context, api, challenge))
        except Problem as problem:
            if problem.slug != "challenge-failed" or not left:
                raise
            context.terminal.note(problem.title)
        else:
            break
    context.terminal.note(
        translate(
            f"Un courriel contenant un lien et une clé est envoyé à {email}.",
            f"A mail with a link and a key is on its way to {email}.",
        )
    )


def _answer(context: CommandContext, api: Api, challenge: ChallengeSchema) -> str:
    if challenge.question:
        return context.terminal.ask(challenge.question)
    path = context.state.write_bytes(IMAGE, api.challenge_image(challenge))
    context.terminal.note(translate(f"L'image est enregistrée dans {path}", f"The image is in {path}"))
    try:
        return context.terminal.ask(translate("Quel texte contient-elle ?", "What text does it show?"))
    finally:
        context.state.remove(IMAGE)


def _open(context: CommandContext, api: Api, token: str, key: str | None, named: tuple[str, str]) -> None:
    """Open the session with the given key, or ask for the key until it is right or the link is used up."""
    asked = translate("Clé reçue par courriel :", "Key from the mail:")
    while True:
        try:
            api.open_session(token, key or context.terminal.ask(asked), *named)
        except Problem as problem:
            if problem.slug != "wrong-key" or key:
                raise
            context.terminal.note(f"{problem.title} ({problem.members.get('attempts_left')})")
        else:
            return


def _show_session(context: CommandContext, api: Api, session: CurrentSessionSchema) -> None:
    who = f"{session.name} <{session.email}>, {role_label(session.role)}"
    entries = [
        (translate("Session", "Session"), who),
        (translate("Valable jusqu'au", "Valid until"), format_time(session.ends_at)),
    ]
    context.terminal.result({"server": api.transport.base_url, **session.document}, entries)
