"""`sign-in`, `sign-out`, `whoami`: a session is opened with a mail, and kept in a private file."""

from client.answers import Challenge
from client.api import Api
from client.commands.desk import Desk, working
from client.commands.exits import Mistake
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
from client.commands.words import role, when, words
from client.links import read_link
from client.problem import Json, Problem

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
    """Prove an address and keep the session."""
    with working(server, as_json, attempts) as desk:
        api, ask = desk.api(), desk.screen.ask
        if link is None:
            if email is None:
                raise Mistake(words("Il manque votre adresse, ou --link.", "Your address is missing, or --link."))
            _have_link_mailed(desk, api, email, "image" if image else "question")
            link = ask(words("Lien reçu (ou son jeton) :", "Link received (or its token):"))
        token = read_link(link, "access").token
        named = (
            last_name or ask(words("Votre nom :", "Your last name:")),
            first_name or ask(words("Votre prénom :", "Your first name:")),
        )
        desk.sessions.forget(api.wire.base_url)
        desk.sessions.keep(api)
        _open(desk, api, token, key, named)
        _show(desk, api, api.current_session())


def sign_out(server: Server = None, as_json: AsJson = False, attempts: Attempts = ATTEMPTS) -> None:
    """End the session, here and everywhere."""
    with working(server, as_json, attempts) as desk:
        api = desk.api()
        found = desk.sessions.take_up(api)
        if found:
            try:
                api.close_session()
            except Problem as problem:
                if problem.status != 401:
                    raise
            desk.sessions.forget(api.wire.base_url)
        said = words("Session terminée.", "Signed out.") if found else words("Pas de session.", "There was no session.")
        desk.screen.result({"server": api.wire.base_url, "was_signed_in": bool(found)}, [("", said)])


def whoami(server: Server = None, as_json: AsJson = False, attempts: Attempts = ATTEMPTS) -> None:
    """Show whose session it is, and until when."""
    with working(server, as_json, attempts) as desk:
        api, _ = desk.signed_in()
        _show(desk, api, api.current_session())


def _have_link_mailed(desk: Desk, api: Api, email: str, kind: str) -> None:
    """The human check, with another one after a wrong answer."""
    for left in range(TRIES - 1, -1, -1):
        challenge = api.draw_challenge(kind)
        try:
            api.request_link(email, challenge.challenge, _answer(desk, api, challenge))
        except Problem as problem:
            if problem.slug != "challenge-failed" or not left:
                raise
            desk.screen.note(problem.title)
        else:
            break
    said = words("Un message est parti à", "A mail is on its way to"), email
    desk.screen.note(
        words(f"{said[0]} {said[1]}, avec un lien et une clé.", f"{said[0]} {said[1]}, with a link and a key.")
    )


def _answer(desk: Desk, api: Api, challenge: Challenge) -> str:
    if challenge.question:
        return desk.screen.ask(challenge.question)
    path = desk.state.write_bytes(IMAGE, api.picture(challenge))
    desk.screen.note(words(f"L'image est dans {path}", f"The picture is in {path}"))
    try:
        return desk.screen.ask(words("Que lit-on ?", "What does it say?"))
    finally:
        desk.state.remove(IMAGE)


def _open(desk: Desk, api: Api, token: str, key: str | None, named: tuple[str, str]) -> None:
    """With the key that was given, or asked for until it is right or the link is over."""
    asked = words("Clé reçue :", "Key received:")
    while True:
        try:
            api.open_session(token, key or desk.screen.ask(asked), *named)
        except Problem as problem:
            if problem.slug != "wrong-key" or key:
                raise
            desk.screen.note(f"{problem.title} ({problem.members.get('attempts_left')})")
        else:
            return


def _show(desk: Desk, api: Api, session: Json) -> None:
    who = f"{session['name']} <{session['email']}>, {role(session)}"
    entries = [(words("Session", "Session"), who), (words("Jusqu'au", "Until"), when(session["ends_at"]))]
    desk.screen.result({"server": api.wire.base_url, **session}, entries)
