"""Whatever ends an upload, nothing that had arrived is sent again: a browser that is killed, services that restart."""

import os
import re
import signal
from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright, expect

from tests.browser.conftest import launch
from tests.browser.doing import choose
from tests.browser.seats import OUTSIDE, House, Seated, sit_down
from tests.browser.uploads import MIB, begin, open_draft, parts_sent, parts_taken_in
from tests.e2e.line import Line, Stop
from tests.eventually import PATIENCE_SECONDS, until

SOME_PARTS = Stop("up", 44 * MIB)
"""Of ten parts of 8 MiB, four at a time: two at least have arrived, and four are still to come."""
RESTARTED = ("upload", "portal", "gateway")


def test_a_killed_browser_costs_nothing_that_had_arrived(house: House, playwright: Playwright, large: Path) -> None:
    camille = house.seat(OUTSIDE)
    doomed = launch(playwright)
    with Line() as line:
        context = doomed.new_context(locale="fr-FR", base_url=house.stack.gateway_url, proxy={"server": line.url})
        context.set_default_timeout(1000 * PATIENCE_SECONDS)
        sit_down(context, str(camille.api.wire.token))
        page, draft = begin(Seated(camille.person, context, camille.say))
        line.hold_after(SOME_PARTS)
        choose(page, large)
        until(line.is_held, "some parts have arrived, and others are on the way")
        kill(context)

    (file,) = camille.api.draft(draft)["files"]
    before = {part.number for part in camille.api.file_plan(draft, file["file"]).parts}
    assert before
    page = open_draft(camille.context, draft)
    expect(page.locator('.file[data-state="wanted"]')).to_contain_text(re.compile(r"\d+\s%"))
    again = parts_sent(page)
    choose(page, large)
    expect(page.locator(".file")).to_have_attribute("data-state", "complete")
    assert again
    assert not before & set(again), "a part that had arrived was sent twice"


def test_services_that_restart_under_an_upload_are_waited_for(house: House, large: Path) -> None:
    house.watch.excuse("Failed to load resource")
    with Line() as line:
        page, _ = begin(house.seat(OUTSIDE, proxy=line.url))
        taken_in = parts_taken_in(page)
        line.hold_after(SOME_PARTS)
        choose(page, large)
        until(line.is_held, "some parts have arrived, and others are on the way")
        for name in RESTARTED:
            house.stack.restart(name)
        line.cut()
        expect(page.locator(".file")).to_have_attribute("data-state", "complete")
        page.close()
    assert sorted(taken_in) == list(range(1, 11)), "each part was taken in once"


def kill(context: BrowserContext) -> None:
    """The process, at once."""
    browser = context.browser
    assert browser
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    (pid,) = [one["id"] for one in processes if one["type"] == "browser"]
    os.kill(pid, signal.SIGKILL)
