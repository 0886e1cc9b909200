"""An upload in a browser: its page, the parts that leave it, parts that wait to be cut."""

import re
import uuid
from collections.abc import Callable
from itertools import count
from typing import Any

from playwright.sync_api import BrowserContext, Page, Request, Response, expect

from tests.browser.seats import Seated

MIB = 2**20
PART = re.compile(r"/parts/[^/]+/(\d+)/")


def begin(somebody: Seated, **fields: Any) -> tuple[Page, str]:
    """A draft, and its page with the uploader at work."""
    draft = str(uuid.uuid4())
    somebody.api.begin_draft(draft)
    if fields:
        somebody.api.edit_draft(draft, **fields)
    return open_draft(somebody.context, draft), draft


def open_draft(context: BrowserContext, draft: str) -> Page:
    page = context.new_page()
    page.goto(f"/drafts/{draft}")
    expect(page.locator('[data-island="uploader"]')).to_have_attribute("data-ready", "yes")
    return page


def parts_sent(page: Page) -> list[int]:
    """The numbers of the parts that leave from now on."""
    numbers: list[int] = []

    def note(request: Request) -> None:
        if found := PART.search(request.url):
            numbers.append(int(found[1]))

    page.on("request", note)
    return numbers


def number_of_parts(wanted: int) -> Callable[[Request], bool]:
    """Return true when so many parts have been answered."""
    answered: list[str] = []

    def enough(request: Request) -> bool:
        if PART.search(request.url):
            answered.append(request.url)
        return len(answered) >= wanted

    return enough


def let_leave(page: Page, parts: int) -> None:
    """Only so many parts leave this page; all others wait for as long as it is open."""
    left = count()
    page.route(PART, lambda route: route.continue_() if next(left) < parts else None)


def parts_taken_in(page: Page) -> list[int]:
    """The numbers of the parts that are taken in from now on."""
    numbers: list[int] = []

    def note(response: Response) -> None:
        if response.ok and (found := PART.search(response.url)):
            numbers.append(int(found[1]))

    page.on("response", note)
    return numbers
