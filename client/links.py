"""Parse pasted text: the URL of a page with its token, a token alone, or the URL of a server."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

TOKEN = re.compile(r"[A-Za-z0-9_-]{8,512}")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class InvalidLink(ValueError):
    """This is neither the URL of such a page nor a token."""


class InvalidServerUrl(ValueError):
    """Secrets may not be sent to this URL: it is neither https, nor http on this machine."""


@dataclass(frozen=True)
class ParsedLink:
    """A token, and its server if the whole URL was given."""

    token: str
    server: str | None


def parse_link(text: str, page: str) -> ParsedLink:
    """Parse `https://server/<page>/<token>` or a token; the rest of the URL is ignored."""
    stripped = text.strip().strip("<>")
    before, found, rest = stripped.partition(f"/{page}/")
    token = re.split(r"[/?#]", rest)[0] if found else stripped
    if not TOKEN.fullmatch(token):
        raise InvalidLink(text)
    return ParsedLink(token, parse_server_url(before) if found else None)


def parse_server_url(text: str) -> str:
    """Return the URL of a server without a slash at its end."""
    stripped = text.strip().rstrip("/")
    try:
        address = urlsplit(stripped)
        host = address.hostname
        _ = address.port
    except ValueError:
        raise InvalidServerUrl(text) from None
    is_safe = address.scheme == "https" or (address.scheme == "http" and host in LOOPBACK)
    if not (is_safe and host) or address.username is not None or address.query or address.fragment:
        raise InvalidServerUrl(text)
    return stripped
