"""No interruption of an upload sends parts again: a killed browser, restarting services, dropped connections."""

import os
import random
import re
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Playwright, expect

from tests.browser.actions import choose
from tests.browser.conftest import launch
from tests.browser.people import EXTERNAL, BrowserScenario, BrowserUser, set_session_cookie
from tests.browser.uploads import (
    MIB,
    begin,
    let_leave,
    number_of_parts,
    open_draft,
    parts_sent,
    parts_taken_in,
)
from tests.e2e.dropping_proxy import DroppingProxy
from tests.e2e.pausing_proxy import PausePoint, PausingProxy
from tests.e2e.scenario import abort_uploads
from tests.eventually import TIMEOUT_SECONDS, until

SOME_PARTS = PausePoint("up", 44 * MIB)
"""Of ten parts of 8 MiB, one at first and then up to four at a time: some have arrived, and others are to come."""
RESTARTED = ("upload", "portal", "gateway")


def test_after_a_killed_browser_stored_parts_are_not_sent_again(
    scenario: BrowserScenario, playwright: Playwright, large: Path
) -> None:
    camille = scenario.signed_in_browser(EXTERNAL)
    doomed = launch(playwright)
    with PausingProxy() as proxy:
        context = doomed.new_context(locale="fr-FR", base_url=scenario.stack.gateway_url, proxy={"server": proxy.url})
        context.set_default_timeout(1000 * TIMEOUT_SECONDS)
        set_session_cookie(context, str(camille.api.transport.token))
        page, draft = begin(BrowserUser(camille.person, context, camille.say))
        proxy.pause_after(SOME_PARTS)
        choose(page, large)
        until(proxy.is_paused, "some parts have arrived, and others are on the way")
        kill(context)

    (file,) = camille.api.draft(draft).files
    before = {part.number for part in camille.api.file_plan(draft, file.file).parts}
    assert before
    page = open_draft(camille.context, draft)
    expect(page.locator('.file[data-state="incomplete"]')).to_contain_text(re.compile(r"\d+\s%"))
    again = parts_sent(page)
    choose(page, large)
    expect(page.locator(".file")).to_have_attribute("data-state", "complete")
    assert again
    assert not before & set(again), "a part that had arrived was sent twice"


def test_an_upload_waits_for_restarting_services(scenario: BrowserScenario, large: Path) -> None:
    scenario.console_errors.expect("Failed to load resource")
    with PausingProxy() as proxy:
        page, _ = begin(scenario.signed_in_browser(EXTERNAL, proxy=proxy.url))
        taken_in = parts_taken_in(page)
        proxy.pause_after(SOME_PARTS)
        choose(page, large)
        until(proxy.is_paused, "some parts have arrived, and others are on the way")
        for name in RESTARTED:
            scenario.stack.restart(name)
        proxy.disconnect()
        expect(page.locator(".file")).to_have_attribute("data-state", "complete")
        page.close()
    assert sorted(taken_in) == list(range(1, 11)), "each part was taken in once"


def test_an_old_upload_that_the_store_dropped_is_sent_again(scenario: BrowserScenario, large: Path) -> None:
    camille = scenario.signed_in_browser(EXTERNAL)
    page, draft = begin(camille)
    let_leave(page, 1)
    with page.expect_event("requestfinished", number_of_parts(1)):
        choose(page, large)
    page.close(run_before_unload=False)
    abort_uploads(scenario.stack)
    page = open_draft(camille.context, draft)
    expect(page.locator(".file__state")).to_contain_text("le renvoyer depuis le début")
    choose(page, large)
    expect(page.locator(".file")).to_have_attribute("data-state", "complete")
    (file,) = camille.api.draft(draft).files
    assert file.size_bytes == large.stat().st_size


def test_a_running_upload_that_the_store_drops_starts_again_by_itself(scenario: BrowserScenario, large: Path) -> None:
    scenario.console_errors.expect("Failed to load resource")
    with PausingProxy() as proxy:
        page, _ = begin(scenario.signed_in_browser(EXTERNAL, proxy=proxy.url))
        proxy.pause_after(SOME_PARTS)
        choose(page, large)
        until(proxy.is_paused, "some parts have arrived, and others are on the way")
        abort_uploads(scenario.stack)
        proxy.resume()
        expect(page.locator(".file__state")).to_contain_text("envoi repris depuis le début")
        expect(page.locator(".file")).to_have_attribute("data-state", "complete")
        page.close()


@pytest.mark.parametrize("carried", [12 * MIB, 7 * MIB], ids=["one part of 8 MiB", "only smaller parts"])
def test_a_file_arrives_on_a_connection_that_carries_one_part_between_two_drops(
    scenario: BrowserScenario, tmp_path: Path, carried: int
) -> None:
    scenario.console_errors.expect("Failed to load resource")
    (tmp_path / "grand.bin").write_bytes(random.Random(33).randbytes(25_000_000))
    port = urlsplit(scenario.stack.gateway_url).port or 80
    with DroppingProxy(port, carried) as proxy:
        page, _ = begin(scenario.signed_in_browser(EXTERNAL, proxy=proxy.url))
        choose(page, tmp_path / "grand.bin")
        expect(page.locator(".file")).to_have_attribute("data-state", "complete")
        assert proxy.drops >= 1
        page.close()


def kill(context: BrowserContext) -> None:
    """The process, at once."""
    browser = context.browser
    assert browser
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    (pid,) = [one["id"] for one in processes if one["type"] == "browser"]
    os.kill(pid, signal.SIGKILL)
