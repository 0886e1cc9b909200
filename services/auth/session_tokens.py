"""Issues the tokens of sessions and authenticates requests against the stored session."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fastapi import Request

from services.auth.domain import Session, SignIn, SignInPolicy, active_session
from services.auth.store import SignIns
from services.kit.authentication import SESSION_TOKEN, SessionExpired, bearer_token
from services.kit.clock import utc_now
from services.kit.refusals import NotFound
from services.kit.tokens import InvalidToken, Signer, Verifier


class SessionToken(NamedTuple):
    """A signed token and its expiry."""

    token: str
    expires_at: datetime


class AuthenticatedSession(NamedTuple):
    """The active session of a request; `now` is the database's time at which it was active."""

    sign_in: SignIn
    session: Session
    now: datetime


class SessionTokens:
    """Signs tokens with the private key, verifies them with the public keys, and checks the session in the database.

    `person_id_of` derives the claim `person` from an address. It is the same in all sessions of a person and nobody
    else can compute it, so that a page can be bound to a person instead of a session.
    """

    def __init__(
        self,
        signer: Signer,
        sign_ins: SignIns,
        policy: SignInPolicy,
        person_id_of: Callable[[str], str],
        retired_jwks: str | None = None,
    ) -> None:
        retired: list[Any] = json.loads(retired_jwks)["keys"] if retired_jwks else []
        self.jwks = {"keys": [signer.public_jwk, *retired]}
        self._signer = signer
        self._verifier = Verifier(json.dumps(self.jwks), SESSION_TOKEN)
        self._sign_ins = sign_ins
        self._policy = policy
        self._person_id_of = person_id_of

    def issue(self, sign_in: SignIn, now: datetime) -> SessionToken:
        """Return a short-lived token that never outlives its session; `now` is the database's time.

        Raise `SessionExpired` unless the session is active.
        """
        session = active_session(sign_in, now)
        if session is None:
            raise SessionExpired()
        issued_at = utc_now().replace(microsecond=0)
        life = min(self._policy.token_lifetime, session.ends_at - now)
        person = self._person_id_of(sign_in.address)
        claims = {"name": session.name, "role": session.role, "language": sign_in.language, "person": person}
        if sign_in.mail_to:
            claims["mail_to"] = sign_in.mail_to
        token = self._signer.sign(subject=sign_in.address, id=sign_in.id, now=issued_at, life=life, claims=claims)
        return SessionToken(token, issued_at + timedelta(seconds=int(life.total_seconds())))

    def session_id_to_revoke(self, request: Request) -> str:
        """Return the id of the session to end; its token may have expired."""
        return self._session_id(request, self._policy.session_lifetime)

    async def authenticate_for_renewal(self, request: Request) -> AuthenticatedSession:
        """Return the active session of a request whose token may have expired; refuse any other."""
        return await self._active(self._session_id(request, self._policy.session_lifetime))

    async def authenticate(self, request: Request) -> AuthenticatedSession:
        """Return the active session of a request with a valid token; refuse a revoked session at once."""
        return await self._active(self._session_id(request))

    def _session_id(self, request: Request, grace: timedelta = timedelta(0)) -> str:
        """Return the session id in the request's bearer token, which may have expired by up to `grace`.

        The session itself is not looked up.
        """
        try:
            return str(self._verifier.verify(bearer_token(request), utc_now(), grace)["jti"])
        except InvalidToken:
            raise SessionExpired() from None

    async def _active(self, id: str) -> AuthenticatedSession:
        try:
            sign_in, now = await self._sign_ins.read(id)
        except NotFound:
            raise SessionExpired() from None
        session = active_session(sign_in, now)
        if session is None:
            raise SessionExpired()
        return AuthenticatedSession(sign_in, session, now)
