"""A draft's page that stays open keeps saving while another tab edits the draft or ends the session."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from devstack.people import ApiUser
from portal.sessions import COOKIE
from tests.e2e.scenario import Scenario

EMPTY = {"to": "", "cc": "", "bcc": "", "subject": "", "text": "", "validity_days": "7"}


class OpenPage:
    """A draft's page in the session that its writer had when it was opened."""

    def __init__(self, scenario: Scenario, writer: ApiUser, draft: str) -> None:
        self.writer = writer
        self._gate = scenario.stack.gateway_url
        self._path = f"/drafts/{draft}"
        self._html = self._ask("GET", self._path).text

    def autosave(self, text: str) -> httpx.Response:
        said = {"X-CSRF-Token": _found(r'data-csrf="([^"]+)"', self._html)}
        return self._ask("PATCH", f"/api-proxy{self._path}", headers=said, json={"text": text})

    def save(self, **fields: str) -> httpx.Response:
        """The form as it was opened, which does not say what it was made from."""
        csrf = _found(r'name="csrf" value="([^"]+)"', self._html.partition('id="draft"')[2])
        files = {name: (None, value) for name, value in {"csrf": csrf, **EMPTY, **fields}.items()}
        return self._ask("POST", f"{self._path}?then=recap", files=files)

    def _ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> httpx.Response:
        cookie = {"Cookie": f"{COOKIE}={self.writer.api.transport.token}", "Sec-Fetch-Site": "same-origin"}
        return httpx.request(method, self._gate + path, headers={**cookie, **(headers or {})}, timeout=60, **more)


@pytest.fixture
def writer(scenario: Scenario) -> ApiUser:
    return scenario.agent("dominique", signed_in=True)


def test_it_saves_after_the_sender_signed_in_again_in_another_tab(scenario: Scenario, writer: ApiUser) -> None:
    draft = scenario.draft(writer, ["a@ministere.example"])
    page = OpenPage(scenario, writer, draft)
    writer.api.close_session()
    over = page.autosave("typed after the end")
    assert (over.status_code, over.headers["content-type"]) == (401, "application/problem+json")
    assert over.json()["type"] == "/problems/session-expired"
    writer.sign_in()
    assert page.autosave("typed afterwards").status_code == 200
    assert writer.api.draft(draft).text == "typed afterwards"


def test_it_is_refused_when_another_person_signed_in(scenario: Scenario, writer: ApiUser) -> None:
    page = OpenPage(scenario, writer, scenario.draft(writer, ["a@ministere.example"]))
    page.writer = scenario.agent("claude", signed_in=True)
    refused = page.autosave("typed afterwards")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/session-changed")


def test_its_form_overwrites_nothing_that_was_written_elsewhere(scenario: Scenario, writer: ApiUser) -> None:
    draft = scenario.draft(writer, [], subject="")
    writer.api.edit_draft(draft, text="")
    page = OpenPage(scenario, writer, draft)
    writer.api.edit_draft(draft, to=["a@ministere.example"], subject="Plans", text="Le vrai message")
    before = writer.api.draft(draft)
    assert page.save().status_code == 303
    assert writer.api.draft(draft).document == before.document
    both = page.save(text="Un autre message")
    assert both.status_code == 422
    assert "Le vrai message" in both.text
    assert writer.api.draft(draft).document == before.document


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, pattern
    return found[1]
