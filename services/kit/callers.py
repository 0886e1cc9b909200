"""Who is asking? The bearer's session token, verified here, and refused once its session was revoked."""

from datetime import timedelta
from typing import NamedTuple, Protocol

from fastapi import Request

from services.kit.clock import utc_now
from services.kit.mongo import Records
from services.kit.refusals import Unauthenticated
from services.kit.tokens import InvalidToken, Purpose, Verifier

SESSION = Purpose("melanissimo/auth", "melanissimo", "session+jwt", timedelta(minutes=30))


class SessionExpired(Unauthenticated):
    """The session has ended; open a new one, nothing of the draft is lost."""

    french = "La session est terminée ; ouvrez-en une nouvelle, rien du brouillon n'est perdu."


class Caller(NamedTuple):
    """The person behind a session: `address` in normal form, `role` as it was decided when the session was opened."""

    address: str
    name: str
    role: str
    session: str
    language: str


class Callers(Protocol):
    """What an API needs to know who is asking."""

    async def of(self, request: Request) -> Caller:
        """The caller; `Unauthenticated` or `SessionExpired` otherwise."""


class Sessions:
    """Verifies tokens with public keys alone; `revoked` holds the sessions that ended early, heard from their owner."""

    def __init__(self, verifier: Verifier, revoked: Records) -> None:
        self._verifier = verifier
        self._revoked = revoked

    async def of(self, request: Request) -> Caller:
        """The caller behind `Authorization: Bearer …`."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated()
        try:
            claims = self._verifier.verify(token, utc_now())
        except InvalidToken:
            raise SessionExpired() from None
        if await self._revoked.get(claims["jti"]) is not None:
            raise SessionExpired()
        return Caller(claims["sub"], claims["name"], claims["role"], claims["jti"], claims["language"])

    async def revoke(self, session: str) -> None:
        """Refuse this session from now on; remembered for as long as its last token could live."""
        await self._revoked.remember(session, seconds=2 * int(SESSION.longest.total_seconds()))
