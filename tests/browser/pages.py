"""Every page in every state that somebody may meet it in: the one list that is looked at, measured and photographed."""

from collections.abc import Callable
from dataclasses import dataclass

from services.kit.pagination import Position, encode_cursor
from tests.browser import doing
from tests.browser.plays import (
    Play,
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
class State:
    """A page, what the services hold behind it, what was done on it, and what is there once it has settled.

    `excused` are beginnings of what the browser may say of it.
    """

    name: str
    path: str
    role: str = ""
    play: Play = nothing
    do: Callable[[doing.Scene], object] = doing.nothing
    settled: str = "main h1"
    life: int = 900
    scripts: bool = True
    excused: tuple[str, ...] = ()


IN = (
    State("welcome", "/"),
    State("access-image", "/access"),
    State("access-question", "/access?kind=question"),
    State("access-wrong-answer", "/access?kind=question", do=doing.ask_with_a_wrong_answer),
    State("access-like-a-machine", "/access", do=doing.fill_in_what_nobody_sees),
    State("access-sent", "/access/sent"),
    State("enter", f"/access/{TOKEN}"),
    State("enter-wrong-key", f"/access/{TOKEN}", do=doing.enter_with_a_wrong_key),
    State(
        "enter-used-link",
        f"/access/{TOKEN}",
        play=refusing("POST", "/api/auth/sessions", "link-already-used"),
        do=doing.enter,
    ),
    State("session-needed", "/drafts"),
    State("session-over", "/drafts", "external", session_gone, life=-1),
    State("session-over-with-text", COMPOSE, "external", refusing("PATCH", ".*", "session-expired"), doing.save),
    State("signed-out-with-text", COMPOSE, "external", do=doing.sign_out_elsewhere_and_save),
)
DESK = (
    State("desk", "/", "external", unfinished),
    State("desk-agent", "/", "agent", unfinished),
    State("invite", "/invite", "agent"),
    State("invite-sent", "/invite/sent", "agent"),
    State("desk-new", "/", "external", holds(drafts=False, transfers=False)),
    State("drafts", "/drafts", "external", unfinished),
    State("drafts-none", "/drafts", "external", holds(drafts=False)),
    State("transfers", "/transfers", "external"),
    State("transfers-many", f"/transfers?cursor={encode_cursor(Position(1))}", "external", many_transfers),
    State("transfers-searched", "/transfers?q=budget", "external"),
    State("received", "/received", "agent"),
    State("transfers-none", "/transfers", "external", holds(transfers=False)),
    State("pending", "/pending", "agent"),
    State("pending-none", "/pending", "agent", holds(pending=False)),
)
WRITING = (
    State("compose-new", COMPOSE, "external", empty_draft, settled=READY),
    State("compose", COMPOSE, "external", settled=READY),
    State("compose-saved", f"{COMPOSE}?saved=yes", "external", settled=READY),
    State("compose-list-pasted", COMPOSE, "external", empty_draft, doing.paste_a_list, READY),
    State("compose-files-refused", COMPOSE, "external", empty_draft, doing.choose_bad_files, READY),
    State("compose-sending", COMPOSE, "external", unfinished, doing.send_slowly, READY),
    State("compose-paused", COMPOSE, "external", unfinished, doing.pause, READY),
    State("compose-to-resume", COMPOSE, "external", incomplete_draft, doing.wait_for_what_arrived, READY),
    State("compose-dropping", COMPOSE, "external", empty_draft, doing.hold_files_above, READY),
    State("compose-too-long", COMPOSE, "external", refusing("PATCH", ".*", "subject-too-long"), doing.save),
    State("compose-overtaken", COMPOSE, "external", do=doing.write_in_two_places, settled=READY, excused=(CONFLICT,)),
    State("compose-overtaken-without-scripts", COMPOSE, "external", do=doing.save_in_two_places, scripts=False),
    State("compose-without-scripts", COMPOSE, "external", unreadable, scripts=False),
    State("recap", f"{COMPOSE}/recap", "external"),
    State("recap-incomplete", f"{COMPOSE}/recap", "external", incomplete_draft),
    State("sent-waiting", f"/drafts/{SENT}/sent", "external", settled=".copy__row"),
    State("sent", f"/drafts/{SENT}/sent", "agent", holds(approval=False), settled=".copy__row"),
    State("draft-delete", f"{COMPOSE}/delete", "external"),
)
FOLLOWING = (
    State("tracking-waiting", TRACKING, "external", waiting, doing.open_all),
    State("tracking", TRACKING, "external", decided("approved"), doing.open_all),
    State("tracking-recipient", f"{TRACKING}/recipients/2", "external", decided("approved")),
    State("tracking-refused", TRACKING, "external", decided("refused"), doing.open_all),
    State("tracking-withdrawn", TRACKING, "external", ended("withdrawn")),
    State("tracking-expired", TRACKING, "external", ended("expired")),
    State("tracking-quarantined", TRACKING, "external", ended("quarantined")),
    State("tracking-reminded", f"{TRACKING}?done=reminded&n=2", "external", decided("approved")),
    State("tracking-revoke", f"{TRACKING}/revoke/2", "external"),
    State("tracking-extend", f"{TRACKING}/extend", "external"),
    State("tracking-delete", f"{TRACKING}/delete", "external"),
)
DECIDING = (
    State("approve", APPROVE, do=doing.open_all),
    State("approve-with-session", f"/pending/{SENT}", "agent"),
    State("approve-without-reason", APPROVE, do=doing.refuse_without_reason),
    State("approved", APPROVE, play=decided("approved")),
    State("approved-by-another", APPROVE, do=doing.decide_too_late),
    State("refused", APPROVE, play=decided("refused")),
    State("approve-withdrawn", APPROVE, play=decided("withdrawn")),
    State("approve-lapsed", APPROVE, play=decided("lapsed")),
    State("approve-external-recipients-revoked", APPROVE, play=decided("released")),
)
FETCHING = (
    State("download", OFFER, play=offered),
    State("download-digests", OFFER, play=exhausted, do=doing.open_all),
    State("download-one-file", OFFER, play=one_file),
    State("download-suspended", OFFER, play=suspended),
    State("download-running", OFFER, play=all_running),
    State("download-again", f"{OFFER}?again=x", play=one_file),
)
REFUSALS = (
    *("downloads-exhausted", "link-expired", "transfer-withdrawn", "transfer-refused", "transfer-lapsed"),
    *("transfer-quarantined", "file-suspended", "link-unknown", "unavailable"),
)
REFUSED = tuple(State(f"refusal-{slug}", OFFER, play=refusing("GET", "/api/download/.*", slug)) for slug in REFUSALS)
STANDING = (
    State("help", "/help"),
    State("accessibility", "/accessibility"),
    State("legal", "/legal"),
    State("nothing-there", "/nothing/there"),
    State("refused-elsewhere", f"/refused/download-already-done?reference={'0' * 32}"),
    State("failed", OFFER, play=broken),
)
EVERY = (*IN, *DESK, *WRITING, *FOLLOWING, *DECIDING, *FETCHING, *REFUSED, *STANDING)
