"""Authenticate requests by session token; revoked sessions are refused."""

from datetime import timedelta
from typing import NamedTuple, Self

from cachetools import TTLCache
from fastapi import Request

from services.kit.clock import monotonic_seconds, utc_now
from services.kit.mongo import Database, ExpiringDocuments
from services.kit.refusals import Unauthenticated
from services.kit.settings import SessionSettings
from services.kit.tokens import InvalidToken, TokenProfile, Verifier

CACHE_SECONDS = 2.0
MAX_CACHED = 1_000
SESSION_TOKEN = TokenProfile("melanissimo/auth", "melanissimo", "session+jwt", timedelta(minutes=30))


class SessionExpired(Unauthenticated):
    """Your session has expired. Sign in again; your draft is kept."""

    title_fr = "Votre session a expiré ; reconnectez-vous, votre brouillon est conservé."


SESSION_REFUSALS = (Unauthenticated, SessionExpired)


class Caller(NamedTuple):
    """The person of a session: `address` is in normal form, `role` was decided when the session was opened.

    `mail_to` is the address for delivery; empty if it equals `address`.
    """

    address: str
    name: str
    role: str
    session: str
    language: str
    mail_to: str = ""


def bearer_token(request: Request) -> str:
    """Return the token of `Authorization: Bearer …`; raises `Unauthenticated` if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated()
    return token


class TokenAuthenticator:
    """Verifies tokens with public keys; `revoked` holds the sessions that auth revoked early.

    A verified token is cached for two seconds, so a revocation that another replica received takes effect after that.
    """

    def __init__(self, verifier: Verifier, revoked: ExpiringDocuments) -> None:
        self._verifier = verifier
        self._revoked = revoked
        self._recently_verified: TTLCache[str, Caller] = TTLCache(MAX_CACHED, CACHE_SECONDS, monotonic_seconds)

    @classmethod
    def open(cls, settings: SessionSettings, database: Database) -> Self:
        """Return the authenticator of a service."""
        verifier = Verifier(settings.session_jwks.get_secret_value(), SESSION_TOKEN)
        return cls(verifier, database.expiring_documents("revoked_sessions", expire_at="until"))

    async def authenticate(self, request: Request) -> Caller:
        """Return the caller of a request; raises `Unauthenticated` or `SessionExpired`."""
        token = bearer_token(request)
        caller = self._recently_verified.get(token)
        if caller is None:
            caller = self._recently_verified[token] = await self._verify(token)
        return caller

    async def revoke(self, session: str) -> None:
        """Refuse this session from now on; stored longer than its last token can live."""
        await self._revoked.mark(session, seconds=2 * int(SESSION_TOKEN.max_life.total_seconds()))
        self._recently_verified.clear()

    async def _verify(self, token: str) -> Caller:
        try:
            claims = self._verifier.verify(token, utc_now())
        except InvalidToken:
            raise SessionExpired() from None
        if await self._revoked.get(claims["jti"]) is not None:
            raise SessionExpired()
        mail_to = claims.get("mail_to", "")
        return Caller(claims["sub"], claims["name"], claims["role"], claims["jti"], claims["language"], mail_to)
