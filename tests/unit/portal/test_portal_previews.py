"""Samples of every mail are shown to whoever develops, safely framed; in production there is nothing at all."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from services.notify import previews
from tests.fakes.api.app import FakeApi
from tests.unit.portal.visitor import Visitor, new_visitor

ADDRESSES = ("/previews", "/previews/link.fr", "/previews/link.fr/html")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As the build leaves it."""
    made = tmp_path_factory.mktemp("previews")
    previews.write(made)
    return made


@pytest.fixture
async def developer(api: FakeApi, folder: Path) -> AsyncIterator[Visitor]:
    somebody = new_visitor(api, portal_development=True, previews_dir=folder)
    yield somebody
    await somebody.http.aclose()


async def test_every_kind_of_mail_is_there_in_both_languages(developer: Visitor) -> None:
    listed = set(re.findall(r'href="/previews/([^"]+)"', (await developer.get("/previews")).text))
    assert listed == {f"{face}.{language}" for face in previews.variants() for language in ("fr", "en")}


async def test_a_mail_is_shown_as_html_and_as_text(developer: Visitor, folder: Path) -> None:
    for name in (f"{face}.{language}" for face in previews.variants() for language in ("fr", "en")):
        page = await developer.get(f"/previews/{name}")
        assert page.status_code == 200
        assert (folder / f"{name}.txt").read_text(encoding="utf-8").strip() in unescape(page.text)
        (source, *_) = re.findall(r'<iframe src="([^"]+)" title="[^"]+" sandbox ', page.text)
        assert (await developer.get(source)).text == (folder / f"{name}.html").read_text(encoding="utf-8")


async def test_a_mail_is_framed_by_this_page_alone_and_runs_nothing(developer: Visitor) -> None:
    page = await developer.get("/previews/link.fr")
    assert page.headers["content-security-policy"].endswith("base-uri 'none'; frame-src 'self'")
    policy = (await developer.get("/previews/link.fr/html")).headers["content-security-policy"].split("; ")
    assert policy[:3] == ["default-src 'none'", "style-src 'unsafe-inline'", "sandbox"]
    assert "frame-ancestors 'self'" in policy
    assert "form-action 'none'" in policy
    assert "script-src" not in str(policy)


async def test_nothing_but_samples_is_read(developer: Visitor, folder: Path) -> None:
    (folder / "secret.txt").write_text("secret")
    (folder / "half.fr.txt").write_text("half")
    for name in ("index", "secret", "half.fr", "..%2Flink.fr", "%2Fetc%2Fpasswd", "link.de"):
        for path in (f"/previews/{name}", f"/previews/{name}/html"):
            answer = await developer.get(path)
            assert answer.status_code == 404, path


async def test_in_production_there_is_nothing(api: FakeApi, folder: Path) -> None:
    for settings in ({}, {"previews_dir": folder}, {"portal_development": True}):
        visitor = new_visitor(api, **settings)
        for path in ADDRESSES:
            assert (await visitor.get(path)).status_code == 404, settings
        await visitor.http.aclose()
