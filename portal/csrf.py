"""Did this form come from one of our own pages? A token for person and form, and what the browser says of itself."""

from starlette.requests import Request

from portal.sessions import browser_of
from services.kit.credentials import constant_time_equal, keyed_hash
from services.kit.refusals import Forbidden, Unauthenticated

FIELD = "csrf"
HEADER = "x-csrf-token"
SIGNING_IN = ["access"]
"""Where a session begins, by the first part of the path."""
OPEN = (["approve"], ["download"])
"""Where one comes without a session and opens none."""


class FormFromElsewhere(Forbidden):
    """This form did not come from a page of this site; open the page again."""

    title_fr = "Ce formulaire ne vient pas d'une page de ce site ; rouvrez la page."


class SignedOut(Unauthenticated):
    """You are signed out; sign in again in another tab, then go on here."""

    title_fr = "Vous êtes déconnecté ; reconnectez-vous dans un autre onglet, puis continuez ici."


class SessionChanged(Forbidden):
    """The session has changed: this page belongs to somebody else; sign in as that person, or open the page again."""

    title_fr = (
        "La session a changé : cette page est à une autre personne ; reconnectez-vous comme elle, ou rouvrez la page."
    )


class Csrf:
    """The token of a form is a keyed hash of the person and of the path it posts to.

    It is good in every session of that person, so that a page goes on after they signed in again in another tab.
    A page whose address holds a secret of its own needs no session, and a session that begins or ends elsewhere does
    not matter to it; there the secret in the path is what nobody else can know. Where a session begins that is not
    enough: another site knows the link that was sent to its own owner, and could sign a visitor in under that name. A
    form there is bound to a random number in a cookie of the browser.
    """

    def __init__(self, pepper: str, own_origin: str) -> None:
        self._pepper = pepper
        self._own_origin = own_origin

    def token(self, request: Request, person: str, path: str) -> str:
        """What the hidden field of the form that posts to `path` holds."""
        first = path.split("/")[1:2]
        bound = browser_of(request) if first == SIGNING_IN else "" if first in OPEN else person
        return keyed_hash(self._pepper, "form", f"{bound} {path}")

    def verify(self, request: Request, person: str, given: str, purpose: str = "") -> None:
        """Refuse what another site made the browser send; without a purpose the form is for the path it came to.

        A page that was made for a person says so when there is no session any more, or one of somebody else.
        """
        path = purpose or request.url.path
        if not self._from_here(request):
            raise FormFromElsewhere()
        if constant_time_equal(given, self.token(request, person, path)):
            return
        if not given or _is_open(path):
            raise FormFromElsewhere()
        raise SessionChanged() if person else SignedOut()

    def _from_here(self, request: Request) -> bool:
        """Where there is no newer header, a hidden origin (`null`) is another site's: our pages do not hide theirs."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        return request.headers.get("origin", self._own_origin) == self._own_origin


def _is_open(path: str) -> bool:
    """The form that posts there belongs to no person."""
    return path.split("/")[1:2] in (SIGNING_IN, *OPEN)
