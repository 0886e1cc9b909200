"""Generate, hash and compare one-time tokens and keys."""

import base64
import hashlib
import hmac
import re
import secrets

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEY_BITS = 128
KEY_CHARACTERS = 26
GROUP_CHARACTERS = 5


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
    key = hmac.digest(pepper.encode(), purpose.encode(), "sha256")
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()


def derived_token(pepper: str, purpose: str, *parts: str) -> str:
    """Derive a token of 43 characters from `pepper` and the parts; the same parts give the same token."""
    key = hmac.digest(pepper.encode(), purpose.encode(), "sha256")
    message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")).rstrip(b"=").decode()


def constant_time_equal(one: str, other: str) -> bool:
    """Compare in a time that does not depend on where the strings differ."""
    return hmac.compare_digest(one.encode(), other.encode())
