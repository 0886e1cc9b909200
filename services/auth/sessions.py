"""Whose session is this? Its tokens are made and verified here, against the one document that says if it stands."""

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fastapi import Request

from services.auth.domain import Admission, Session, standing
from services.auth.store import Admissions
from services.kit.callers import SESSION, SessionExpired
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
    """Signs with the private key, verifies with the public one, and asks the database whether the session stands."""

    def __init__(
        self, signer: Signer, admissions: Admissions, token_life: timedelta, retired_jwks: str | None = None
    ) -> None:
        retired: list[Any] = json.loads(retired_jwks)["keys"] if retired_jwks else []
        self.jwks = {"keys": [signer.public_jwk, *retired]}
        self._signer = signer
        self._verifier = Verifier(json.dumps(self.jwks), SESSION)
        self._admissions = admissions
        self._token_life = token_life

    def token_of(self, admission: Admission, now: datetime) -> Token:
        """A token for a standing session, `now` by the database: short, and never past the end of the session."""
        session = standing(admission, now)
        if session is None:
            raise SessionExpired()
        issued_at = utc_now().replace(microsecond=0)
        life = min(self._token_life, session.ends_at - now)
        claims = {"name": session.name, "role": session.role, "language": admission.language}
        if admission.mail_to:
            claims["mail_to"] = admission.mail_to
        token = self._signer.sign(subject=admission.address, id=admission.id, now=issued_at, life=life, claims=claims)
        return Token(token, issued_at + timedelta(seconds=int(life.total_seconds())))

    def named_by(self, request: Request) -> str:
        """The id of the session whose genuine token the request bears, standing or not."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated()
        try:
            return str(self._verifier.verify(token, utc_now())["jti"])
        except InvalidToken:
            raise SessionExpired() from None

    async def of(self, request: Request) -> Bearer:
        """Who bears the token of a standing session; a revoked one is refused at once."""
        try:
            admission, now = await self._admissions.read(self.named_by(request))
        except NotFound:
            raise SessionExpired() from None
        session = standing(admission, now)
        if session is None:
            raise SessionExpired()
        return Bearer(admission, session, now)
