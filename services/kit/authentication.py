"""Authenticate requests by session token; revoked sessions are refused."""

from collections import OrderedDict
from datetime import timedelta
from typing import NamedTuple, Protocol

from fastapi import Request

from services.kit.clock import monotonic_seconds, utc_now
from services.kit.mongo import ExpiringDocuments
from services.kit.refusals import Unauthenticated
from services.kit.tokens import InvalidToken, TokenProfile, Verifier

CACHE_SECONDS = 2.0
MAX_CACHED = 1_000
SESSION_TOKEN = TokenProfile("melanissimo/auth", "melanissimo", "session+jwt", timedelta(minutes=30))


class SessionExpired(Unauthenticated):
    """Your session has expired. Sign in again; your draft is kept."""

    title_fr = "Votre session a expiré ; reconnectez-vous, votre brouillon est conservé."


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


class Authenticator(Protocol):
    """Authenticates the requests of an API."""

    async def authenticate(self, request: Request) -> Caller:
        """Return the caller; raises `Unauthenticated` or `SessionExpired`."""


class TokenAuthenticator:
    """Verifies tokens with public keys; `revoked` holds the sessions that auth revoked early.

    A verified token is cached for two seconds, so a revocation that another replica received takes effect after that.
    """

    def __init__(self, verifier: Verifier, revoked: ExpiringDocuments) -> None:
        self._verifier = verifier
        self._revoked = revoked
        self._recently_verified: OrderedDict[str, tuple[Caller, float]] = OrderedDict()

    async def authenticate(self, request: Request) -> Caller:
        """Return the caller named by `Authorization: Bearer …`."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated()
        caller, until = self._recently_verified.get(token, (None, 0.0))
        if caller is None or monotonic_seconds() >= until:
            caller = await self._verify(token)
            self._cache(token, caller)
        return caller

    async def revoke(self, session: str) -> None:
        """Refuse this session from now on; stored longer than its last token can live."""
        await self._revoked.mark(session, seconds=2 * int(SESSION_TOKEN.max_life.total_seconds()))
        for token in [token for token, (caller, _) in self._recently_verified.items() if caller.session == session]:
            del self._recently_verified[token]

    async def _verify(self, token: str) -> Caller:
        try:
            claims = self._verifier.verify(token, utc_now())
        except InvalidToken:
            raise SessionExpired() from None
        if await self._revoked.get(claims["jti"]) is not None:
            raise SessionExpired()
        mail_to = claims.get("mail_to", "")
        return Caller(claims["sub"], claims["name"], claims["role"], claims["jti"], claims["language"], mail_to)

    def _cache(self, token: str, caller: Caller) -> None:
        self._recently_verified[token] = caller, monotonic_seconds() + CACHE_SECONDS
        self._recently_verified.move_to_end(token)
        if len(self._recently_verified) > MAX_CACHED:
            self._recently_verified.popitem(last=False)
