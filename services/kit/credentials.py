"""Generate, derive, hash, seal and compare tokens and keys; each purpose has a key of its own."""

import hmac
import re
import secrets

from services.kit import url_safe

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEY_BITS = 128
KEY_CHARACTERS = 26
GROUP_CHARACTERS = 5
MAC_BYTES = 32
MAX_SEALED_LENGTH = 200


def new_token() -> str:
    """Return 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def new_key() -> str:
    """Return 128 random bits in Crockford base32, grouped for reading: `7ZK3M-…`, 26 characters and dashes."""
    number = secrets.randbits(KEY_BITS)
    digits = [CROCKFORD[(number >> (5 * place)) & 31] for place in reversed(range(KEY_CHARACTERS))]
    return "-".join("".join(digits[at : at + GROUP_CHARACTERS]) for at in range(0, KEY_CHARACTERS, GROUP_CHARACTERS))


def normalise_key(typed: str) -> str:
    """Return a typed or pasted key in upper case without spaces and dashes; O is 0, I and L are 1 (Crockford)."""
    return re.sub(r"[\s\-]+", "", typed.upper()).translate(str.maketrans("OIL", "011"))


def keyed_hash(pepper: str, purpose: str, secret: str) -> str:
    """Return the HMAC-SHA256 in hex, with a separate key per purpose, so that hashes of two purposes never match."""
    return _mac(_derive_key(pepper, purpose), secret.encode()).hex()


def derived_token(pepper: str, purpose: str, *parts: str) -> str:
    """Derive a token of 43 characters from `pepper` and the parts; the same parts give the same token."""
    return url_safe.encode(_mac(_derive_key(pepper, purpose), b"".join(map(_framed, parts))))


class Sealer:
    """Seals short messages for one purpose: everybody can read them, and only the holder of the pepper can make one.

    `context` is not part of the text; whoever unseals the message has to know it.
    """

    def __init__(self, pepper: str, purpose: str) -> None:
        self._key = _derive_key(pepper, purpose)

    def seal(self, message: bytes, context: str = "") -> str:
        """Return the message with its HMAC, as at most 200 URL-safe characters; `ValueError` if it is too long."""
        sealed = url_safe.encode(self._mac(message, context) + message)
        if len(sealed) > MAX_SEALED_LENGTH:
            raise ValueError("the message is too long to be sealed")
        return sealed

    def unseal(self, sealed: str, context: str = "") -> bytes | None:
        """Return the message; none for any text that `seal` does not return for this context."""
        if len(sealed) > MAX_SEALED_LENGTH:
            return None
        try:
            raw = url_safe.decode(sealed)
        except ValueError:
            return None
        message = raw[MAC_BYTES:]
        return message if hmac.compare_digest(raw[:MAC_BYTES], self._mac(message, context)) else None

    def _mac(self, message: bytes, context: str) -> bytes:
        return _mac(self._key, _framed(context) + message)


def constant_time_equal(one: str, other: str) -> bool:
    """Compare in a time that does not depend on where the strings differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def _derive_key(pepper: str, purpose: str) -> bytes:
    return _mac(pepper.encode(), purpose.encode())


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _framed(text: str) -> bytes:
    """Return the text after its length, so that where it ends is part of what is hashed."""
    encoded = text.encode()
    return len(encoded).to_bytes(4, "big") + encoded
