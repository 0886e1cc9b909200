"""What holds for every page: its language, its frame, its policy, its weight, and that nothing comes from elsewhere."""

import gzip
import re
from itertools import pairwise

import httpx
import pytest

from portal.problem_help import HELP_BY_SLUG
from services.kit.refusals import Gone
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import DRAFT, SENT, TOKEN
from tests.fakes.api.description import not_ours
from tests.fakes.api.download import FILES_URL
from tests.fakes.api.problems import problem_types
from tests.unit.portal.visitor import Visitor, forms, new_visitor
from tools.generate import all_refusals

OPEN = ("/", "/access", "/access?kind=question", "/access/sent", "/access/x", "/help", "/accessibility", "/legal")
OWN = (
    *("/", "/drafts", f"/drafts/{DRAFT}", f"/drafts/{DRAFT}/recap", f"/drafts/{DRAFT}/delete", "/transfers"),
    *(f"/drafts/{SENT}/sent", f"/tracking/{SENT}", f"/tracking/{SENT}/delete", "/pending", f"/pending/{SENT}"),
    *(
        f"/tracking/{SENT}/revoke/2",
        f"/tracking/{SENT}/extend",
        "/received",
        "/received?q=zzz",
        f"/tracking/{SENT}?done=reminded&n=2",
    ),
)
SECRET = (f"/approve/{TOKEN}", f"/download/{TOKEN}")
EVERY = [*((path, "") for path in OPEN + SECRET), *((path, "agent") for path in OWN)]
HEAVIEST_BYTES = 60_000
MET = {
    "auth": ("POST", "/api/auth/challenges", "/access"),
    "upload": ("GET", "/api/upload/drafts", "/drafts"),
    "propagation": ("GET", "/api/propagation/pending", "/pending"),
    "download": ("GET", f"/api/download/links/{TOKEN}", f"/download/{TOKEN}"),
}
"""Where a refusal of each service is met."""


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("path", "role"), EVERY)
async def test_a_page_is_whole_in_its_language(api: FakeApi, language: str, path: str, role: str) -> None:
    visitor = new_visitor(api, language)
    if role:
        visitor.sign_in(role)
    page = await visitor.get(path)
    assert page.status_code == 200
    html = page.text
    assert f'<html lang="{language}">' in html
    assert page.headers["content-language"] == language
    assert html.count("<h1") == 1
    assert re.search(r"<title>[^<]+ – Mélanissimo</title>", html)
    assert 'href="#content"' in html
    assert '<main id="content"' in html
    assert not re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert not [url for url in re.findall(r'(?:src|href|action)="([^"]*)"', html) if re.match(r"https?:|//", url)]
    assert not re.findall(r"\{\{|\{%|None\b|Undefined", html)
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    await visitor.http.aclose()


async def test_every_page_says_what_it_may_load_and_is_not_kept(visitor: Visitor) -> None:
    for path in (*OPEN, *SECRET, "/nowhere", "/drafts"):
        headers = (await visitor.get(path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert f"form-action 'self' {FILES_URL}" in policy
        assert "frame-ancestors 'none'; base-uri 'none'" in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"


async def test_a_page_with_all_it_loads_is_light(visitor: Visitor) -> None:
    visitor.sign_in("agent")
    for path in OWN + SECRET:
        page = await visitor.get(path)
        weight = len(gzip.compress(page.content))
        for name in set(re.findall(r'(?:href|src)="(/assets/[^"]*)"', page.text)):
            asset = await visitor.get(name, **{"Accept-Encoding": "gzip"})
            assert asset.status_code == 200
            weight += int(asset.headers["content-length"])
        assert weight < HEAVIEST_BYTES / 2, path


async def test_styles_may_be_kept_for_ever_because_their_name_changes_with_them(visitor: Visitor) -> None:
    page = await visitor.get("/")
    (name,) = re.findall(r'href="(/assets/portal-[0-9a-f]{10}\.css)"', page.text)
    styles = await visitor.get(name)
    assert styles.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert styles.headers["content-type"] == "text/css; charset=utf-8"
    assert "--accent" in styles.text
    assert (await visitor.get("/assets/portal.css")).status_code == 404
    assert (await visitor.get("/assets/../settings.py")).status_code == 404


async def test_each_input_has_a_label_and_every_hint_and_error_is_told_with_it(visitor: Visitor) -> None:
    visitor.sign_in("agent")
    for path in (*OPEN, *OWN, *SECRET):
        html = (await visitor.get(path)).text
        ids = re.findall(r'\sid="([^"]*)"', html)
        assert len(ids) == len(set(ids)), path
        fields = re.findall(r"<(?:input|textarea|select)\b([^>]*)>", html)
        for field in (each for each in fields if 'type="hidden"' not in each):
            (id,) = re.findall(r'\sid="([^"]*)"', field)
            assert f'<label for="{id}"' in html
            for told in re.findall(r'aria-describedby="([^"]*)"', field):
                assert set(told.split()) <= set(ids), path


async def test_every_form_that_posts_carries_its_token(visitor: Visitor) -> None:
    visitor.sign_in("agent")
    for path in (*OPEN, *OWN, *SECRET):
        for form in (one for one in forms((await visitor.get(path)).text) if one.method == "post"):
            assert len(form.hidden["csrf"]) == 64, form.action


async def test_the_language_of_the_link_is_remembered(visitor: Visitor) -> None:
    page = await visitor.get("/help?lang=en")
    assert '<html lang="en">' in page.text
    assert 'href="/help?lang=fr"' in page.text
    assert visitor.cookies["language"] == "en"
    assert "Secure; HttpOnly; SameSite=Lax" in page.headers["set-cookie"]
    assert '<html lang="en">' in (await visitor.get("/")).text


async def test_looking_with_head_is_looking(visitor: Visitor) -> None:
    for path in (*OPEN, *SECRET):
        answer = await visitor.http.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("slug", sorted(HELP_BY_SLUG.keys() & problem_types().keys()))
async def test_a_refusal_is_a_page_with_what_to_do_and_whom_to_ask(api: FakeApi, visitor: Visitor, slug: str) -> None:
    kind = problem_types()[slug]
    method, asked, path = MET.get(kind.owner, MET["download"])
    api.refuse(method, asked, slug, unchecked="one page stands for all that meet refusals")
    visitor.sign_in("agent")
    page = await visitor.get(path)
    assert page.status_code == kind.status
    assert "Que faire ?" in page.text
    assert "À qui s’adresser ?" in page.text
    assert "f" * 32 in page.text


def test_whatever_is_gone_has_advice_of_its_own() -> None:
    no_page = {"gone", "range-not-satisfiable"}
    slugs = {refusal.slug() for refusal in all_refusals() if issubclass(refusal, Gone)}
    assert slugs - no_page <= HELP_BY_SLUG.keys()


def test_there_is_advice_on_nothing_that_nobody_says() -> None:
    ours = {refusal.slug() for refusal in all_refusals("portal")}
    assert HELP_BY_SLUG.keys() <= problem_types().keys() | ours


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("auth", "Les liens d’accès et la connexion sont momentanément indisponibles"),
        ("upload", "Les brouillons et l’envoi sont momentanément indisponibles"),
        ("propagation", "La validation est momentanément indisponible"),
        ("download", "Le téléchargement et le suivi sont momentanément indisponibles"),
    ],
)
async def test_services_that_do_not_answer_are_said_in_words(
    api: FakeApi, visitor: Visitor, service: str, words: str
) -> None:
    method, asked, path = MET[service]
    visitor.sign_in("agent")
    api.refuse(method, asked, "unavailable")
    page = await visitor.get(path)
    assert page.status_code == 503
    assert "momentanément indisponible" in page.text
    assert words in page.text


async def test_static_pages_need_no_service(api: FakeApi, visitor: Visitor) -> None:
    down = not_ours(httpx.Response(503), "nothing answers")
    api.faults.append(lambda request: down)
    for path in ("/", "/help", "/accessibility", "/legal", "/refused/not-found"):
        page = await visitor.get(path)
        assert page.status_code == 200, path
    assert "Les limites ne peuvent pas être affichées" in (await visitor.get("/help")).text


async def test_an_error_of_ours_says_a_reference_and_nothing_else(api: FakeApi, visitor: Visitor) -> None:
    unexpected = not_ours(httpx.Response(200, json={"unexpected": True}), "a service that breaks its word")
    api.faults.append(lambda request: unexpected if "/links/" in request.url.path else None)
    page = await visitor.get(f"/download/{TOKEN}")
    assert page.status_code == 500
    assert "Référence" in page.text
    assert "Traceback" not in page.text
    assert "unexpected" not in page.text
