"""CSRF protection: a token per person and form, and the browser's `Sec-Fetch-Site` or `Origin` header."""

from starlette.requests import Request

from portal.sessions import browser_of
from services.kit.credentials import constant_time_equal, keyed_hash
from services.kit.refusals import Forbidden, Unauthenticated

FIELD = "csrf"
HEADER = "x-csrf-token"
SIGN_IN_PATHS = ["access"]
"""Where a session begins, by the first part of the path."""
TOKEN_PATHS = (["approve"], ["download"])
"""Pages whose address contains a secret token; they need no session and open none."""


class FormFromElsewhere(Forbidden):
    """This form was not sent from a page of this site. Open the page again."""

    title_fr = "Ce formulaire ne provient pas d'une page de ce site. Ouvrez de nouveau la page."


class SignedOut(Unauthenticated):
    """You are signed out. Sign in again in another tab, then continue here."""

    title_fr = "Vous êtes déconnecté. Reconnectez-vous dans un autre onglet, puis poursuivez ici."


class SessionChanged(Forbidden):
    """Another person is signed in now. Sign in as the person who opened this page, or open it again."""

    title_fr = (
        "Une autre personne est désormais connectée. Reconnectez-vous avec l'adresse d'origine, ou rouvrez la page."
    )


class CsrfProtection:
    """Makes and verifies the token of a form: a keyed hash of the person and of the path that the form posts to.

    The token is valid in every session of that person, so that a page still works after they sign in again in another
    tab. A page whose address contains a secret token needs no session: the secret in the path is what no other site
    can know. That is not enough where a session begins: the owner of another site knows the one-time link that was
    sent to them, and could sign a visitor in under their own name (login CSRF). A sign-in form is therefore bound to a
    random number in a cookie of the browser.
    """

    def __init__(self, pepper: str, own_origin: str) -> None:
        self._pepper = pepper
        self._own_origin = own_origin

    def token(self, request: Request, person: str, path: str) -> str:
        """Return the value of the hidden field of a form that posts to `path`."""
        first = path.split("/")[1:2]
        subject = browser_of(request) if first == SIGN_IN_PATHS else "" if first in TOKEN_PATHS else person
        return keyed_hash(self._pepper, "form", f"{subject} {path}")

    def verify(self, request: Request, person: str, given: str, purpose: str = "") -> None:
        """Refuse a request that another site made the browser send; `purpose` defaults to the path of the request.

        Raises `SignedOut` or `SessionChanged` where the page was made for a person who is no longer signed in.
        """
        path = purpose or request.url.path
        if not self._is_same_origin(request):
            raise FormFromElsewhere()
        if constant_time_equal(given, self.token(request, person, path)):
            return
        if not given or _needs_no_session(path):
            raise FormFromElsewhere()
        raise SessionChanged() if person else SignedOut()

    def _is_same_origin(self, request: Request) -> bool:
        """Without `Sec-Fetch-Site`, treat an opaque origin (`null`) as another site's: our pages do not hide theirs."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        return request.headers.get("origin", self._own_origin) == self._own_origin


def _needs_no_session(path: str) -> bool:
    """Whether the form that posts to this path is bound to no person."""
    return path.split("/")[1:2] in (SIGN_IN_PATHS, *TOKEN_PATHS)
