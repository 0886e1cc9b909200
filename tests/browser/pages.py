"""Every page in every state: the one list of pages that are checked, measured and photographed."""

from collections.abc import Callable
from dataclasses import dataclass

from services.kit.pagination import Position, encode_cursor
from tests.browser import actions
from tests.browser.fake_states import (
    Setup,
    all_running,
    broken,
    decided,
    empty_draft,
    ended,
    exhausted,
    holds,
    incomplete_draft,
    many_transfers,
    nothing,
    offered,
    one_file,
    refusing,
    session_gone,
    suspended,
    unfinished,
    unreadable,
    waiting,
)
from tests.fakes.api.cards import DRAFT, SENT, TOKEN

COMPOSE = f"/drafts/{DRAFT}"
TRACKING = f"/tracking/{SENT}"
APPROVE = f"/approve/{TOKEN}"
OFFER = f"/download/{TOKEN}"
CONFLICT = "Failed to load resource: the server responded with a status of 409"
READY = '[data-island="uploader"][data-ready="yes"]'


@dataclass(frozen=True)
class PageState:
    """A page: the state of the services, the actions on it, and a selector that exists once it is ready.

    `expected_errors` are the beginnings of allowed console errors.
    """

    name: str
    path: str
    role: str = ""
    setup: Setup = nothing
    do: Callable[[actions.ActionContext], object] = actions.nothing
    settled: str = "main h1"
    life: int = 900
    scripts: bool = True
    expected_errors: tuple[str, ...] = ()


SAVED_TOO_LATE = ("Failed to load resource",)
"""On a slow machine the page saves by itself before the button is pressed, and is refused."""
SIGN_IN = (
    PageState("welcome", "/"),
    PageState("access-image", "/access"),
    PageState("access-question", "/access?kind=question"),
    PageState("access-wrong-answer", "/access?kind=question", do=actions.ask_with_a_wrong_answer),
    PageState("access-as-a-bot", "/access", do=actions.fill_in_the_hidden_field),
    PageState("access-sent", "/access/sent"),
    PageState("enter", f"/access/{TOKEN}"),
    PageState("enter-wrong-key", f"/access/{TOKEN}", do=actions.enter_with_a_wrong_key),
    PageState(
        "enter-used-link",
        f"/access/{TOKEN}",
        setup=refusing("POST", "/api/auth/sessions", "link-already-used"),
        do=actions.enter,
    ),
    PageState("session-needed", "/drafts"),
    PageState("session-over", "/drafts", "external", session_gone, life=-1),
    PageState(
        "session-over-with-text",
        COMPOSE,
        "external",
        refusing("PATCH", ".*", "session-expired"),
        actions.save,
        expected_errors=SAVED_TOO_LATE,
    ),
    PageState(
        "signed-out-with-text",
        COMPOSE,
        "external",
        do=actions.sign_out_elsewhere_and_save,
        expected_errors=SAVED_TOO_LATE,
    ),
)
HOME = (
    PageState("home", "/", "external", unfinished),
    PageState("home-agent", "/", "agent", unfinished),
    PageState("invite", "/invite", "agent"),
    PageState("invite-sent", "/invite/sent", "agent"),
    PageState("home-new", "/", "external", holds(drafts=False, transfers=False)),
    PageState("drafts", "/drafts", "external", unfinished),
    PageState("drafts-none", "/drafts", "external", holds(drafts=False)),
    PageState("transfers", "/transfers", "external"),
    PageState("transfers-many", f"/transfers?cursor={encode_cursor(Position(1))}", "external", many_transfers),
    PageState("transfers-searched", "/transfers?q=budget", "external"),
    PageState("received", "/received", "agent"),
    PageState("transfers-none", "/transfers", "external", holds(transfers=False)),
    PageState("pending", "/pending", "agent"),
    PageState("pending-none", "/pending", "agent", holds(pending=False)),
)
WRITING = (
    PageState("compose-new", COMPOSE, "external", empty_draft, settled=READY),
    PageState("compose", COMPOSE, "external", settled=READY),
    PageState("compose-saved", f"{COMPOSE}?saved=yes", "external", settled=READY),
    PageState("compose-list-pasted", COMPOSE, "external", empty_draft, actions.paste_a_list, READY),
    PageState("compose-files-refused", COMPOSE, "external", empty_draft, actions.choose_bad_files, READY),
    PageState("compose-sending", COMPOSE, "external", unfinished, actions.send_slowly, READY),
    PageState("compose-paused", COMPOSE, "external", unfinished, actions.pause, READY),
    PageState("compose-to-resume", COMPOSE, "external", incomplete_draft, actions.wait_for_what_arrived, READY),
    PageState("compose-dropping", COMPOSE, "external", empty_draft, actions.hold_files_above, READY),
    PageState("compose-too-long", COMPOSE, "external", refusing("PATCH", ".*", "subject-too-long"), actions.save),
    PageState(
        "compose-overtaken",
        COMPOSE,
        "external",
        do=actions.write_in_two_places,
        settled=READY,
        expected_errors=(CONFLICT,),
    ),
    PageState("compose-overtaken-without-scripts", COMPOSE, "external", do=actions.save_in_two_places, scripts=False),
    PageState("compose-without-scripts", COMPOSE, "external", unreadable, scripts=False),
    PageState("recap", f"{COMPOSE}/recap", "external"),
    PageState("recap-incomplete", f"{COMPOSE}/recap", "external", incomplete_draft),
    PageState("sent-waiting", f"/drafts/{SENT}/sent", "external", settled=".copy__row"),
    PageState("sent", f"/drafts/{SENT}/sent", "agent", holds(approval=False), settled=".copy__row"),
    PageState("draft-delete", f"{COMPOSE}/delete", "external"),
)
FOLLOWING = (
    PageState("tracking-waiting", TRACKING, "external", waiting, actions.open_all),
    PageState("tracking", TRACKING, "external", decided("approved"), actions.open_all),
    PageState("tracking-recipient", f"{TRACKING}/recipients/2", "external", decided("approved")),
    PageState("tracking-refused", TRACKING, "external", decided("refused"), actions.open_all),
    PageState("tracking-withdrawn", TRACKING, "external", ended("withdrawn")),
    PageState("tracking-expired", TRACKING, "external", ended("expired")),
    PageState("tracking-quarantined", TRACKING, "external", ended("quarantined")),
    PageState("tracking-reminded", f"{TRACKING}?done=reminded&n=2", "external", decided("approved")),
    PageState("tracking-revoke", f"{TRACKING}/revoke/2", "external"),
    PageState("tracking-extend", f"{TRACKING}/extend", "external"),
    PageState("tracking-delete", f"{TRACKING}/delete", "external"),
)
DECIDING = (
    PageState("approve", APPROVE, do=actions.open_all),
    PageState("approve-with-session", f"/pending/{SENT}", "agent"),
    PageState("approve-without-reason", APPROVE, do=actions.refuse_without_reason),
    PageState("approved", APPROVE, setup=decided("approved")),
    PageState("approved-by-another", APPROVE, do=actions.decide_too_late),
    PageState("refused", APPROVE, setup=decided("refused")),
    PageState("approve-withdrawn", APPROVE, setup=decided("withdrawn")),
    PageState("approve-lapsed", APPROVE, setup=decided("lapsed")),
    PageState("approve-external-recipients-revoked", APPROVE, setup=decided("released")),
)
FETCHING = (
    PageState("download", OFFER, setup=offered),
    PageState("download-digests", OFFER, setup=exhausted, do=actions.open_all),
    PageState("download-one-file", OFFER, setup=one_file),
    PageState("download-suspended", OFFER, setup=suspended),
    PageState("download-running", OFFER, setup=all_running),
    PageState("download-again", f"{OFFER}?again=x", setup=one_file),
)
REFUSALS = (
    *("downloads-exhausted", "link-expired", "transfer-deleted", "transfer-not-approved", "transfer-lapsed"),
    *("transfer-in-quarantine", "downloads-suspended", "link-unknown", "unavailable"),
)
REFUSED = tuple(
    PageState(f"refusal-{slug}", OFFER, setup=refusing("GET", "/api/download/.*", slug, "one page stands for all"))
    for slug in REFUSALS
)
STATIC = (
    PageState("help", "/help"),
    PageState("accessibility", "/accessibility"),
    PageState("legal", "/legal"),
    PageState("nothing-there", "/nothing/there"),
    PageState("refused-elsewhere", f"/refused/download-already-done?reference={'0' * 32}"),
    PageState("failed", OFFER, setup=broken),
)
EVERY = (*SIGN_IN, *HOME, *WRITING, *FOLLOWING, *DECIDING, *FETCHING, *REFUSED, *STATIC)
