"""Reading the mailbox as its owners would: the mails of an address, their links and the key in them."""

import email
import email.policy
import re
import threading
import time
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from typing import Any

import httpx

LINK = re.compile(r"https?://[^\s<>\"')\]]+")
KEY = re.compile(r"\b(?:[0-9A-HJKMNP-TV-Z]{5}-){5}[0-9A-HJKMNP-TV-Z]\b")
PAGE = 100


class NoLetter(Exception):
    """The mail did not come in time."""


@dataclass(frozen=True)
class Letter:
    """One mail as it was received."""

    id: int
    recipients: tuple[str, ...]
    source: str

    @cached_property
    def message(self) -> EmailMessage:
        found = email.message_from_string(self.source, policy=email.policy.default)
        assert isinstance(found, EmailMessage)  # noqa: S101 - the policy makes it one
        return found

    @property
    def subject(self) -> str:
        return str(self.message["subject"])

    @cached_property
    def text(self) -> str:
        """The part in plain text."""
        return self._part("plain")

    @cached_property
    def html(self) -> str:
        """The part in HTML."""
        return self._part("html")

    @cached_property
    def links(self) -> list[str]:
        """Every address in the text, in order, once."""
        return list(dict.fromkeys(link.rstrip(".,;") for link in LINK.findall(self.text)))

    @property
    def all_links(self) -> list[str]:
        """Also those that only the HTML has."""
        return list(dict.fromkeys([*self.links, *LINK.findall(self.html)]))

    @property
    def key(self) -> str | None:
        """The key to type, when there is one."""
        found = KEY.search(self.text)
        return found[0] if found else None

    def token(self, page: str) -> str:
        """What follows `/page/` in the first link to that page."""
        for link in self.links:
            if f"/{page}/" in link:
                return link.partition(f"/{page}/")[2]
        raise NoLetter(f"no link to /{page}/ in « {self.subject} »")

    def opens(self, page: str) -> bool:
        """True when one of its links leads to that page."""
        return any(f"/{page}/" in link for link in self.links)

    def _part(self, kind: str) -> str:
        body = self.message.get_body(preferencelist=(kind,))
        return str(body.get_content()) if body else ""


class Letters:
    """All mails of a mailbox server, fetched as they come; may be shared by threads."""

    def __init__(self, mailbox_url: str) -> None:
        self._http = httpx.Client(base_url=mailbox_url, timeout=60)
        self._lock = threading.Lock()
        self._known: dict[int, Letter] = {}

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def all(self) -> list[Letter]:
        """Every mail, the oldest first."""
        with self._lock:
            if not self._known:
                self._take_all()
            while answer := self._entry(max(self._known, default=0) + 1):
                self._take(answer)
            return [self._known[id] for id in sorted(self._known)]

    def to(self, address: str) -> list[Letter]:
        """The mails of one address, the oldest first."""
        return [letter for letter in self.all() if address in letter.recipients]

    def with_page(self, address: str, page: str) -> list[Letter]:
        """Those of them with a link to a page."""
        return [letter for letter in self.to(address) if letter.opens(page)]

    def holders(self, page: str) -> set[str]:
        """Everybody who has one of those."""
        return {address for letter in self.all() if letter.opens(page) for address in letter.recipients}

    def wait(self, address: str, page: str, seen: int = 0, seconds: float = 90.0) -> Letter:
        """The next mail to an address with a link to a page, after `seen` earlier ones."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.with_page(address, page)
            if len(found) > seen:
                return found[seen]
            time.sleep(0.03)
        raise NoLetter(f"no mail with a link to /{page}/ for {address} within {seconds:g} s")

    def _take_all(self) -> None:
        for page in range(1, 1000):
            entries = self._http.get("/api/messages/", params={"page": page}).raise_for_status().json()["data"]
            for entry in entries:
                self._take(entry)
            if len(entries) < PAGE:
                return

    def _entry(self, id: int) -> Any:
        """One mail by its number; numbers have no gaps."""
        answer = self._http.get(f"/api/messages/{id}.json")
        return None if answer.status_code == 404 else answer.raise_for_status().json()["data"]

    def _take(self, entry: Any) -> None:
        self._known[entry["id"]] = Letter(entry["id"], tuple(entry["recipients_envelope"]), entry["source"])
