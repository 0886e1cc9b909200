"""Did this form come from one of our own pages? A token for session and form, and what the browser says of itself."""

from starlette.requests import Request

from portal.sessions import browser_of
from services.kit.refusals import Forbidden
from services.kit.secrets import keyed_hash, same

FIELD = "csrf"
HEADER = "x-csrf-token"
SIGNING_IN = ["access"]
"""Where a session begins, by the first part of the path."""
OPEN = (["approve"], ["download"])
"""Where one comes without a session and opens none."""


class FormFromElsewhere(Forbidden):
    """This form did not come from a page of this site, or its session has changed; open the page again."""

    french = "Ce formulaire ne vient pas d'une page de ce site, ou la session a changé ; rouvrez la page."


class Csrf:
    """The token of a form is a keyed hash of the session and of the path it posts to.

    A page whose address holds a secret of its own needs no session, and a session that begins or ends elsewhere does
    not matter to it; there the secret in the path is what nobody else can know. Where a session begins that is not
    enough: another site knows the link that was sent to its own owner, and could sign a visitor in under that name. A
    form there is bound to a random number in a cookie of the browser.
    """

    def __init__(self, pepper: str, own_origin: str) -> None:
        self._pepper = pepper
        self._own_origin = own_origin

    def token(self, request: Request, session: str, path: str) -> str:
        """What the hidden field of the form that posts to `path` holds."""
        first = path.split("/")[1:2]
        bound = browser_of(request) if first == SIGNING_IN else "" if first in OPEN else session
        return keyed_hash(self._pepper, "form", f"{bound} {path}")

    def verify(self, request: Request, session: str, given: str, purpose: str = "") -> None:
        """Refuse what another site made the browser send; without a purpose the form is for the path it came to."""
        expected = self.token(request, session, purpose or request.url.path)
        if not self._from_here(request) or not same(given, expected):
            raise FormFromElsewhere()

    def _from_here(self, request: Request) -> bool:
        """Where there is no newer header, a hidden origin (`null`) is another site's: our pages do not hide theirs."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        return request.headers.get("origin", self._own_origin) == self._own_origin
