"""Whose session is this? Its tokens are made and verified here, against the one document that says if it stands."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fastapi import Request

from services.auth.domain import Admission, Session, Terms, standing
from services.auth.store import Admissions
from services.kit.authentication import SESSION_TOKEN, SessionExpired
from services.kit.clock import utc_now
from services.kit.refusals import NotFound, Unauthenticated
from services.kit.tokens import InvalidToken, Signer, Verifier


class Token(NamedTuple):
    """A token and when it ends."""

    token: str
    expires_at: datetime


class Bearer(NamedTuple):
    """The person behind a request, whose session stands at `now` by the database's clock."""

    admission: Admission
    session: Session
    now: datetime


class Sessions:
    """Signs with the private key, verifies with the public one, and asks the database whether the session stands.

    `person_of` names the person of an address in the claim `person`: the same in each of their sessions, and nothing
    that anybody else can compute, so that a page can be bound to a person instead of a session.
    """

    def __init__(
        self,
        signer: Signer,
        admissions: Admissions,
        terms: Terms,
        person_of: Callable[[str], str],
        retired_jwks: str | None = None,
    ) -> None:
        retired: list[Any] = json.loads(retired_jwks)["keys"] if retired_jwks else []
        self.jwks = {"keys": [signer.public_jwk, *retired]}
        self._signer = signer
        self._verifier = Verifier(json.dumps(self.jwks), SESSION_TOKEN)
        self._admissions = admissions
        self._terms = terms
        self._person_of = person_of

    def token_of(self, admission: Admission, now: datetime) -> Token:
        """A token for a standing session, `now` by the database: short, and never past the end of the session."""
        session = standing(admission, now)
        if session is None:
            raise SessionExpired()
        issued_at = utc_now().replace(microsecond=0)
        life = min(self._terms.token_life, session.ends_at - now)
        person = self._person_of(admission.address)
        claims = {"name": session.name, "role": session.role, "language": admission.language, "person": person}
        if admission.mail_to:
            claims["mail_to"] = admission.mail_to
        token = self._signer.sign(subject=admission.address, id=admission.id, now=issued_at, life=life, claims=claims)
        return Token(token, issued_at + timedelta(seconds=int(life.total_seconds())))

    def _named_by(self, request: Request, late: timedelta = timedelta(0)) -> str:
        """The id of the session whose genuine token the request bears, standing or not; the token may be so late."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated()
        try:
            return str(self._verifier.verify(token, utc_now(), late)["jti"])
        except InvalidToken:
            raise SessionExpired() from None

    def ended_by(self, request: Request) -> str:
        """The id of the session to end; its token may have ended before."""
        return self._named_by(request, self._terms.session_life)

    async def renewed_by(self, request: Request) -> Bearer:
        """Who bears a token of a standing session, one that has ended since it was last used, too."""
        return await self._bearer(self._named_by(request, self._terms.session_life))

    async def of(self, request: Request) -> Bearer:
        """Who bears the token of a standing session; a revoked one is refused at once."""
        return await self._bearer(self._named_by(request))

    async def _bearer(self, id: str) -> Bearer:
        try:
            admission, now = await self._admissions.read(id)
        except NotFound:
            raise SessionExpired() from None
        session = standing(admission, now)
        if session is None:
            raise SessionExpired()
        return Bearer(admission, session, now)
