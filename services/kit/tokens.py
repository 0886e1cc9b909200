"""Sign and verify session tokens: ES256 only, every claim required and checked."""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from jose import jwk, jws, jwt

from services.kit import url_safe

ALGORITHM = "ES256"
MAX_TOKEN_LENGTH = 2560
LEEWAY_SECONDS = 30
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
REQUIRED_CLAIMS = frozenset({"exp", "aud", "iat", "iss", "sub", "jti"})
DECODE_OPTIONS = {
    "verify_exp": False,
    "verify_iat": False,
}  # the library would read the machine's clock; see _check_life


class InvalidToken(Exception):
    """The token is not valid, or no longer."""


class TokenProfile(NamedTuple):
    """One kind of token; `max_life` limits its life, whatever its claims say."""

    issuer: str
    audience: str
    type: str
    max_life: timedelta


class Signer:
    """Signs claims with one private key, named by its thumbprint."""

    def __init__(self, private_key_pem: str, profile: TokenProfile) -> None:
        key = serialization.load_pem_private_key(private_key_pem.encode(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
            raise ValueError("the session key must be a P-256 private key in PEM")
        self._pem = private_key_pem
        self._profile = profile
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        parameters = {name: _text(value) for name, value in jwk.construct(public.decode(), ALGORITHM).to_dict().items()}
        members = {name: parameters[name] for name in ("crv", "kty", "x", "y")}
        digest = hashes.Hash(hashes.SHA256())
        digest.update(json.dumps(members, separators=(",", ":"), sort_keys=True).encode())
        self.kid = url_safe.encode(digest.finalize())
        self.public_jwk = {**members, "kid": self.kid, "use": "sig", "alg": ALGORITHM}

    def sign(self, *, subject: str, id: str, now: datetime, life: timedelta, claims: Mapping[str, Any]) -> str:
        """Return a token for `subject`, valid from `now` for `life`."""
        issued = int(now.timestamp())
        body = {
            **claims,
            "iss": self._profile.issuer,
            "aud": self._profile.audience,
            "sub": subject,
            "jti": id,
            "iat": issued,
            "exp": issued + int(life.total_seconds()),
        }
        headers = {"typ": self._profile.type, "kid": self.kid}
        # In UTF-8: with escapes, a long name in another script would exceed the maximum length.
        payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        token = str(jws.sign(payload, self._pem, headers=headers, algorithm=ALGORITHM))
        if len(token) > MAX_TOKEN_LENGTH:
            raise ValueError("these claims are too long for a token")
        return token


class Verifier:
    """Verifies tokens against configured public keys; `jwks` is a JSON Web Key Set."""

    def __init__(self, jwks: str, profile: TokenProfile) -> None:
        keys = json.loads(jwks)["keys"]
        if not keys or any(key.get("kty") != "EC" or key.get("crv") != "P-256" or "d" in key for key in keys):
            raise ValueError("the key set must hold public P-256 keys only")
        self._keys = {key["kid"]: jwk.construct({**key, "alg": ALGORITHM}, ALGORITHM) for key in keys}
        self._profile = profile

    def verify(self, token: str, now: datetime, grace: timedelta = timedelta(0)) -> dict[str, Any]:
        """Return the claims of a valid token; raises `InvalidToken` for any other, without a reason.

        `grace` is how long an expired token is still accepted.
        """
        try:
            return self._claims(token, now, grace)
        except Exception as error:
            # On hostile input the library raises other exceptions than its own.
            raise InvalidToken() from error

    def _claims(self, token: str, now: datetime, grace: timedelta) -> dict[str, Any]:
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii() or not TOKEN_PATTERN.fullmatch(token):
            raise InvalidToken()
        header, *_ = map(url_safe.decode, token.split("."))
        return self._verified(token, json.loads(header), now, grace)

    def _verified(self, token: str, header: Mapping[str, Any], now: datetime, grace: timedelta) -> dict[str, Any]:
        if set(header) != {"alg", "typ", "kid"} or header["typ"] != self._profile.type or header["alg"] != ALGORITHM:
            raise InvalidToken()
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys[header["kid"]],
            algorithms=["ES256"],
            audience=self._profile.audience,
            issuer=self._profile.issuer,
            options=DECODE_OPTIONS,
        )
        if not set(claims) >= REQUIRED_CLAIMS or claims["aud"] != self._profile.audience:
            raise InvalidToken()
        self._check_life(claims, now, grace)
        return claims

    def _check_life(self, claims: Mapping[str, Any], now: datetime, grace: timedelta) -> None:
        issued, expires = claims["iat"], claims["exp"]
        if type(issued) is not int or type(expires) is not int or type(claims["jti"]) is not str:
            raise InvalidToken()
        at = now.timestamp()
        if issued > at + LEEWAY_SECONDS or expires + LEEWAY_SECONDS + grace.total_seconds() < at:
            raise InvalidToken()
        if expires - issued > self._profile.max_life.total_seconds():
            raise InvalidToken()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
