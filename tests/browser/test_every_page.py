"""Automatic checks of every page in every state, in both languages, in every colour scheme, wide and narrow."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser.conftest import launch
from tests.browser.pages import EVERY, REFUSED, PageState
from tests.browser.portal_server import PortalServer, run_portal_server
from tests.browser.tour import FORCED, VIEWS, Tour
from tests.browser.translator import LOCALES

ISLANDS = Path(__file__).resolve().parents[2] / "portal" / "islands"
MODULES = ISLANDS / "node_modules"
RULES = Path(__file__).with_name("html-validate.json")
AXE = f"if (location.protocol !== 'about:') {{{(MODULES / 'axe-core' / 'axe.min.js').read_text(encoding='utf-8')}}}"
ONE_RENDERER = ("--disable-site-isolation-trials", "--process-per-site")  # not a new process for each page
LOOKS = {"fr": (VIEWS[0], VIEWS[2]), "en": (VIEWS[3], VIEWS[1])}
"""Every light and every width in each language; together, every light at every width."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
EVERYTHING = {"type": "tag", "values": TAGS}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""The rules whose answer may differ between two lights at one width."""
IN_THE_DARK = (VIEWS[1], VIEWS[2])
"""There only colours are asked, because every rule is asked at the same width in the light."""
INSPECT = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}`));
}"""
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const end = (one) => one.getBoundingClientRect().left + Math.max(one.scrollWidth, one.offsetWidth ?? 0);
  const wide = [...document.body.querySelectorAll("main *, header *, footer *")].filter((one) => end(one) > width);
  return ["the page", ...wide.map((one) => one.outerHTML.slice(0, 120))];
}"""


@dataclass
class Seen:
    """What was found on a page."""

    name: str
    served: str
    built: str
    violations: dict[str, list[str]] = field(default_factory=dict)
    too_wide: dict[str, list[str]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def server() -> Iterator[PortalServer]:
    with run_portal_server() as found:
        yield found


@pytest.fixture(scope="module", params=list(LOCALES))
def seen(request: pytest.FixtureRequest, playwright: Playwright, server: PortalServer) -> list[Seen]:
    """What there is to say of every page in one language."""
    with launch(playwright, *ONE_RENDERER) as browser:
        tour = Tour(browser, server, request.param, AXE)
        return [_look(tour, state) for state in EVERY]


def _look(tour: Tour, state: PageState) -> Seen:
    with tour.open(state) as (page, served):
        found = Seen(state.name, served, page.content())
        for view in LOOKS[tour.language]:
            view.apply(page)
            rules = COLOURS if view in IN_THE_DARK else EVERYTHING
            found.violations[str(view)] = page.evaluate(INSPECT, rules)
            found.too_wide[str(view)] = page.evaluate(TOO_WIDE)
        found.errors = tour.console_errors.errors
    return found


def told(seen: list[Seen], of: str) -> dict[str, Any]:
    """By page and view, what there is to say."""
    by_view = {f"{one.name} {view}": found for one in seen for view, found in getattr(one, of).items()}
    return {where: found for where, found in by_view.items() if found}


def test_axe_finds_no_violation(seen: list[Seen]) -> None:
    assert told(seen, "violations") == {}


def test_nothing_is_wider_than_the_window(seen: list[Seen]) -> None:
    assert told(seen, "too_wide") == {}


def test_no_script_fails_and_no_policy_is_broken(seen: list[Seen]) -> None:
    assert {one.name: one.errors for one in seen if one.errors} == {}


def test_the_html_is_valid_as_it_is_served_and_as_scripts_leave_it(seen: list[Seen], tmp_path: Path) -> None:
    for one in seen:
        (tmp_path / f"{one.name}.html").write_text(one.served, encoding="utf-8")
        (tmp_path / f"{one.name}.built.html").write_text(one.built, encoding="utf-8")
    command = [str(MODULES / ".bin" / "html-validate"), "--config", str(RULES), "--formatter", "json", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    found = json.loads(done.stdout)
    faults = {
        Path(one["filePath"]).name: sorted({f"{each['ruleId']}: {each['message']}" for each in one["messages"]})
        for one in found
        if one["messages"]
    }
    assert faults == {}
    assert len(list(tmp_path.iterdir())) == 2 * len(EVERY)


def test_each_refusal_says_something_else(seen: list[Seen]) -> None:
    pages = [one.served for one in seen if one.name in {state.name for state in REFUSED}]
    said = [re.sub(r"<[^>]*>|[0-9a-f]{32}|\s+", " ", page.partition("<main")[2]) for page in pages]
    assert len(set(said)) == len(pages) == len(REFUSED)


def test_what_is_broken_on_purpose_is_found(browser: Browser, server: PortalServer) -> None:
    tour = Tour(browser, server, "fr", AXE)
    with tour.open(EVERY[0]) as (page, _):
        page.evaluate("""() => {
          document.documentElement.lang = "";
          document.body.append(Object.assign(document.createElement("script"), { textContent: "1" }));
          const wide = Object.assign(document.createElement("p"), { textContent: "x".repeat(900) });
          wide.setAttribute("class", "mono");
          document.querySelector("main").append(wide);
          wide.style.setProperty("overflow-wrap", "normal");
          wide.style.setProperty("color", "#eee");
        }""")
        found = page.evaluate(INSPECT, EVERYTHING)
        assert {"html-has-lang", "color-contrast"} <= {one.split(":")[0] for one in found}
        assert page.evaluate(TOO_WIDE) != []
        assert [one for one in tour.console_errors.errors if "script-src" in one]
    tour.close()


def test_reduced_motion_is_respected(browser: Browser, server: PortalServer) -> None:
    moving = """() => [...document.querySelectorAll("body *")].filter((one) => {
      const style = getComputedStyle(one);
      return [style.transitionDuration, style.animationDuration].some((said) => parseFloat(said) > 0);
    }).length"""
    tour = Tour(browser, server, "fr")
    with tour.open(EVERY[0]) as (page, _):
        assert page.evaluate(moving) == 0
        page.emulate_media(reduced_motion="no-preference")
        assert page.evaluate(moving) > 0
    tour.close()


def test_forced_colours_show_every_button_and_the_focus(browser: Browser, server: PortalServer) -> None:
    tour = Tour(browser, server, "fr")
    for name in ("compose", "approve", "tracking", "download"):
        (state,) = [one for one in EVERY if one.name == name]
        with tour.open(state) as (page, _):
            FORCED.apply(page)
            assert _without_an_edge(page) == []
            page.keyboard.press("Tab")
            assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    tour.close()


def _without_an_edge(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll(".button, .badge, .alert, .sheet, input, textarea, .step, .chip")]
          .filter((one) => one.checkVisibility() && !one.matches(".chips__field, [type=hidden]"))
          .filter((one) => [getComputedStyle(one), getComputedStyle(one, "::before")]
            .every((style) => style.borderTopStyle === "none" || parseFloat(style.borderTopWidth) === 0))
          .map((one) => one.outerHTML.slice(0, 100))"""
    )
    return found
