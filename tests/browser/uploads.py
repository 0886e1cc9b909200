"""An upload in a browser: its page, the parts that leave it, and parts that are held back."""

import re
import uuid
from collections.abc import Callable
from itertools import count
from typing import Any

from playwright.sync_api import BrowserContext, Page, Request, Response, expect

from tests.browser.people import BrowserUser

MIB = 2**20
PART = re.compile(r"/parts/[^/]+/(\d+)/")


def begin(user: BrowserUser, **fields: Any) -> tuple[Page, str]:
    """Create a draft; return its page with the uploader ready, and its id."""
    draft = str(uuid.uuid4())
    user.api.create_draft(draft)
    if fields:
        user.api.edit_draft(draft, **fields)
    return open_draft(user.context, draft), draft


def open_draft(context: BrowserContext, draft: str) -> Page:
    page = context.new_page()
    page.goto(f"/drafts/{draft}")
    expect(page.locator('[data-island="uploader"]')).to_have_attribute("data-ready", "yes")
    return page


def parts_sent(page: Page) -> list[int]:
    """Return a list that receives the numbers of the parts sent from now on."""
    numbers: list[int] = []

    def note(request: Request) -> None:
        if found := PART.search(request.url):
            numbers.append(int(found[1]))

    page.on("request", note)
    return numbers


def number_of_parts(wanted: int) -> Callable[[Request], bool]:
    """Return a predicate that is true once so many parts have been answered."""
    answered: list[str] = []

    def enough(request: Request) -> bool:
        if PART.search(request.url):
            answered.append(request.url)
        return len(answered) >= wanted

    return enough


def let_leave(page: Page, parts: int) -> None:
    """Let only so many parts leave this page; hold back all others."""
    left = count()
    page.route(PART, lambda route: route.continue_() if next(left) < parts else None)


def parts_taken_in(page: Page) -> list[int]:
    """Return a list that receives the numbers of the parts stored from now on."""
    numbers: list[int] = []

    def note(response: Response) -> None:
        if response.ok and (found := PART.search(response.url)):
            numbers.append(int(found[1]))

    page.on("response", note)
    return numbers
