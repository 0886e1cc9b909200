"""Whatever ends an upload, nothing that had arrived is sent again: a browser that is killed, services that restart."""

import os
import random
import re
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Playwright, expect

from tests.browser.conftest import launch
from tests.browser.doing import choose
from tests.browser.seats import OUTSIDE, House, Seated, sit_down
from tests.browser.uploads import (
    MIB,
    begin,
    let_leave,
    number_of_parts,
    open_draft,
    parts_sent,
    parts_taken_in,
)
from tests.e2e.fragile_line import FragileLine
from tests.e2e.line import Line, Stop
from tests.e2e.world import give_up_uploads
from tests.eventually import PATIENCE_SECONDS, until

SOME_PARTS = Stop("up", 44 * MIB)
"""Of ten parts of 8 MiB, one at first and then up to four at a time: some have arrived, and others are to come."""
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
    expect(page.locator('.file[data-state="incomplete"]')).to_contain_text(re.compile(r"\d+\s%"))
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


def test_a_draft_of_yesterday_whose_upload_the_store_gave_up_is_sent_again(house: House, large: Path) -> None:
    camille = house.seat(OUTSIDE)
    page, draft = begin(camille)
    let_leave(page, 1)
    with page.expect_event("requestfinished", number_of_parts(1)):
        choose(page, large)
    page.close(run_before_unload=False)
    give_up_uploads(house.stack)
    page = open_draft(camille.context, draft)
    expect(page.locator(".file__state")).to_contain_text("le renvoyer depuis le début")
    choose(page, large)
    expect(page.locator(".file")).to_have_attribute("data-state", "complete")
    (file,) = camille.api.draft(draft)["files"]
    assert file["size_bytes"] == large.stat().st_size


def test_an_upload_that_the_store_gives_up_on_the_way_begins_anew_by_itself(house: House, large: Path) -> None:
    house.watch.excuse("Failed to load resource")
    with Line() as line:
        page, _ = begin(house.seat(OUTSIDE, proxy=line.url))
        line.hold_after(SOME_PARTS)
        choose(page, large)
        until(line.is_held, "some parts have arrived, and others are on the way")
        give_up_uploads(house.stack)
        line.release()
        expect(page.locator(".file__state")).to_contain_text("envoi repris depuis le début")
        expect(page.locator(".file")).to_have_attribute("data-state", "complete")
        page.close()


@pytest.mark.parametrize("carried", [12 * MIB, 7 * MIB], ids=["one part of 8 MiB", "only smaller parts"])
def test_a_file_arrives_on_a_line_that_carries_one_part_between_two_breaks(
    house: House, tmp_path: Path, carried: int
) -> None:
    house.watch.excuse("Failed to load resource")
    (tmp_path / "grand.bin").write_bytes(random.Random(33).randbytes(25_000_000))
    port = urlsplit(house.stack.gateway_url).port or 80
    with FragileLine(port, carried) as line:
        page, _ = begin(house.seat(OUTSIDE, proxy=line.url))
        choose(page, tmp_path / "grand.bin")
        expect(page.locator(".file")).to_have_attribute("data-state", "complete")
        assert line.breaks >= 1
        page.close()


def kill(context: BrowserContext) -> None:
    """The process, at once."""
    browser = context.browser
    assert browser
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    (pid,) = [one["id"] for one in processes if one["type"] == "browser"]
    os.kill(pid, signal.SIGKILL)
