"""Creates the P-256 key pair of session tokens: the private key for `auth`, the public key for verifiers."""

import base64
import hashlib
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def signing_key() -> str:
    """Return a new private key, PEM (PKCS #8)."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


def public_keys(private_pem: str) -> str:
    """Return the JWKS of a private key; the key id is its thumbprint (RFC 7638)."""
    private = serialization.load_pem_private_key(private_pem.encode(), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError("sessions are signed with an elliptic curve key")
    point = private.public_key().public_numbers()
    key = {"crv": "P-256", "kty": "EC", "x": _number(point.x), "y": _number(point.y)}
    thumbprint = hashlib.sha256(json.dumps(key, sort_keys=True, separators=(",", ":")).encode()).digest()
    return json.dumps({"keys": [key | {"kid": _text(thumbprint), "alg": "ES256", "use": "sig"}]})


def _number(value: int) -> str:
    return _text(value.to_bytes(32, "big"))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
