"""How is a secret made, hashed and compared?"""

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
    """256 random bits, URL-safe, 43 characters."""
    return secrets.token_urlsafe(32)


def new_key() -> str:
    """128 random bits in Crockford base32, in groups for the eye: `7ZK3M-…`, 26 characters and dashes."""
    number = secrets.randbits(KEY_BITS)
    digits = [CROCKFORD[(number >> (5 * place)) & 31] for place in reversed(range(KEY_CHARACTERS))]
    return "-".join("".join(digits[at : at + GROUP_CHARACTERS]) for at in range(0, KEY_CHARACTERS, GROUP_CHARACTERS))


def normalise_key(typed: str) -> str:
    """What a person typed or pasted, without case, spaces and dashes; O is 0, I and L are 1 (Crockford)."""
    return re.sub(r"[\s\-]+", "", typed.upper()).translate(str.maketrans("OIL", "011"))


def keyed_hash(pepper: str, purpose: str, secret: str) -> str:
    """HMAC-SHA256 in hex; a separate key per purpose, so that a hash of one kind never answers for another."""
    key = hmac.digest(pepper.encode(), purpose.encode(), "sha256")
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()


def derived_token(pepper: str, purpose: str, *parts: str) -> str:
    """A token that only the holder of `pepper` can make, the same one each time for the same parts; 43 characters."""
    key = hmac.digest(pepper.encode(), purpose.encode(), "sha256")
    message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return base64.urlsafe_b64encode(hmac.digest(key, message, "sha256")).rstrip(b"=").decode()


def constant_time_equal(one: str, other: str) -> bool:
    """Equality in a time that says nothing of where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
