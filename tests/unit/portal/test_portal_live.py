"""Pages that are read again by their own scripts: without news, nothing is sent."""

import pytest

from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import SENT, TOKEN
from tests.unit.portal.visitor import Visitor, new_visitor

TRACKING, OFFER = f"/tracking/{SENT}", f"/download/{TOKEN}"


@pytest.mark.parametrize("path", [TRACKING, OFFER])
async def test_a_page_without_news_is_not_sent_again(visitor: Visitor, path: str) -> None:
    visitor.sign_in()
    page = await visitor.get(path)
    state = page.headers["etag"]
    assert state.replace('"', "&#34;") in page.text
    again = await visitor.get(path, **{"If-None-Match": state})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", state)


async def test_news_is_sent(visitor: Visitor, api: FakeApi) -> None:
    visitor.sign_in()
    before = {path: (await visitor.get(path)).headers["etag"] for path in (TRACKING, OFFER)}
    api.tracking.cards[SENT]["awaiting_approval"] = not api.tracking.cards[SENT]["awaiting_approval"]
    api.download.offers[TOKEN]["files"][0]["left"] -= 1
    for path, state in before.items():
        answer = await visitor.get(path, **{"If-None-Match": state})
        assert answer.status_code == 200
        assert answer.headers["etag"] != state


async def test_the_other_language_is_another_page(visitor: Visitor, api: FakeApi) -> None:
    state = (await visitor.get(OFFER)).headers["etag"]
    english = new_visitor(api, "en")
    assert (await english.get(OFFER, **{"If-None-Match": state})).status_code == 200
    await english.http.aclose()
