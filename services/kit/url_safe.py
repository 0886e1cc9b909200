"""Base64 for URLs, without padding (RFC 4648, section 5)."""

import base64


def encode(raw: bytes) -> str:
    """Return the bytes as text."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes; raises `ValueError` for any text that `encode` does not return."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if encode(raw) != text:
        raise ValueError("not the encoding of any bytes")
    return raw
