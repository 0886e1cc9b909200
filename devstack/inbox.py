"""Reads the mails of the development mail server: by address, with their links and keys."""

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


class MailNotReceived(Exception):
    """The mail did not arrive in time."""


@dataclass(frozen=True)
class ReceivedMail:
    """One received mail."""

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
        """The plain-text part."""
        return self._part("plain")

    @cached_property
    def html(self) -> str:
        """The HTML part."""
        return self._part("html")

    @cached_property
    def links(self) -> list[str]:
        """The links in the text, in order, each once."""
        return list(dict.fromkeys(link.rstrip(".,;") for link in LINK.findall(self.text)))

    @property
    def all_links(self) -> list[str]:
        """The links in the text and in the HTML."""
        return list(dict.fromkeys([*self.links, *LINK.findall(self.html)]))

    @property
    def key(self) -> str | None:
        """The key for signing in, if there is one."""
        found = KEY.search(self.text)
        return found[0] if found else None

    def token(self, page: str) -> str:
        """Return what follows `/page/` in the first link to that page."""
        for link in self.links:
            if f"/{page}/" in link:
                return link.partition(f"/{page}/")[2]
        raise MailNotReceived(f"no link to /{page}/ in « {self.subject} »")

    def links_to(self, page: str) -> bool:
        """Return whether one of its links leads to that page."""
        return any(f"/{page}/" in link for link in self.links)

    def _part(self, kind: str) -> str:
        body = self.message.get_body(preferencelist=(kind,))
        return str(body.get_content()) if body else ""


class Inbox:
    """All mails of a mail server, fetched as they arrive; safe to share between threads."""

    def __init__(self, mailbox_url: str) -> None:
        self._http = httpx.Client(base_url=mailbox_url, timeout=60)
        self._lock = threading.Lock()
        self._known: dict[int, ReceivedMail] = {}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def all(self) -> list[ReceivedMail]:
        """Return every mail, the oldest first."""
        with self._lock:
            if not self._known:
                self._fetch_all()
            while answer := self._entry(max(self._known, default=0) + 1):
                self._store(answer)
            return [self._known[id] for id in sorted(self._known)]

    def to(self, address: str) -> list[ReceivedMail]:
        """Return the mails to one address, the oldest first."""
        return [mail for mail in self.all() if address in mail.recipients]

    def with_page(self, address: str, page: str) -> list[ReceivedMail]:
        """Return the mails to one address that link to a page."""
        return [mail for mail in self.to(address) if mail.links_to(page)]

    def addresses_with(self, page: str) -> set[str]:
        """Return all addresses that received a link to a page."""
        return {address for mail in self.all() if mail.links_to(page) for address in mail.recipients}

    def wait(self, address: str, page: str, seen: int = 0, seconds: float = 90.0) -> ReceivedMail:
        """Wait for the next mail to an address with a link to a page, after `seen` earlier ones."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.with_page(address, page)
            if len(found) > seen:
                return found[seen]
            time.sleep(0.03)
        raise MailNotReceived(f"no mail with a link to /{page}/ for {address} within {seconds:g} s")

    def _fetch_all(self) -> None:
        for page in range(1, 1000):
            entries = self._http.get("/api/messages/", params={"page": page}).raise_for_status().json()["data"]
            for entry in entries:
                self._store(entry)
            if len(entries) < PAGE:
                return

    def _entry(self, id: int) -> Any:
        """Return one mail by its number, or None; numbers have no gaps."""
        answer = self._http.get(f"/api/messages/{id}.json")
        return None if answer.status_code == 404 else answer.raise_for_status().json()["data"]

    def _store(self, entry: Any) -> None:
        self._known[entry["id"]] = ReceivedMail(entry["id"], tuple(entry["recipients_envelope"]), entry["source"])
