"""What can a person ask of auth?"""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from services.auth.cards import (
    Accepted,
    ChallengeShown,
    ChallengeWish,
    Invitation,
    LinkWish,
    SessionOpened,
    SessionShown,
    SessionWish,
    TokenMade,
)
from services.auth.deps import Deps
from services.auth.domain import (
    Admission,
    Attempt,
    Challenge,
    ChallengeFailed,
    ChallengeNotOffered,
    OnlyAgentsInvite,
    issue,
    opened,
    redeem,
    revoke,
    role_of,
)
from services.auth.names import full_name
from services.contracts.values import Language
from services.kit.addresses import mailbox_of, normal_form, smtp_form
from services.kit.clock import monotonic_seconds, utc_now
from services.kit.credentials import new_key, new_token, normalise_key
from services.kit.rate_limit import network_of
from services.kit.refusals import NotFound
from services.kit.service import get_deps

router = APIRouter(prefix="/api/auth")
Wired = Annotated[Deps, Depends(get_deps)]
PRIVATE = {"Cache-Control": "no-store"}
PUBLIC = {"Cache-Control": "public, max-age=300"}


@router.post("/challenges", status_code=201)
async def draw_challenge(wish: ChallengeWish, request: Request, deps: Wired) -> ChallengeShown:
    """Draw a human check."""
    await deps.limits.count_challenge(network_of(request))
    check = deps.checks.get(wish.kind)
    if check is None:
        raise ChallengeNotOffered(offered=sorted(deps.checks))
    challenge = await check.draw(wish.language)
    id, expires_at = new_token(), await deps.now() + deps.terms.challenge_life
    await deps.challenges.add(id, challenge, expires_at)
    return _shown(id, challenge, expires_at, audible=deps.speech is not None)


@router.get("/challenges/{challenge}/image", response_class=Response, responses={200: {"content": {"image/png": {}}}})
async def show_image(challenge: str, deps: Wired) -> Response:
    """The image of a code; looking costs nothing."""
    drawn = await deps.challenges.look(challenge)
    if drawn.image is None:
        raise NotFound()
    return Response(drawn.image, media_type="image/png", headers=PRIVATE)


@router.get("/challenges/{challenge}/audio", response_class=Response, responses={200: {"content": {"audio/wav": {}}}})
async def play_code(challenge: str, request: Request, deps: Wired, language: Language | None = None) -> Response:
    """The same code read aloud; listening costs nothing."""
    drawn = await deps.challenges.look(challenge)
    if drawn.code is None or deps.speech is None:
        raise NotFound()
    await deps.limits.count_recording(network_of(request))
    async with deps.speaking:
        recording = await asyncio.to_thread(deps.speech.recording, drawn.code, language or drawn.language)
    return Response(recording, media_type="audio/wav", headers=PRIVATE)


@router.post("/links", status_code=202)
async def ask_for_link(wish: LinkWish, request: Request, deps: Wired) -> Accepted:
    """Send a link and a key to an address; the answer and its time are the same whether one was sent or not (R8)."""
    started = monotonic_seconds()
    address = normal_form(wish.email)
    await _answered(deps, wish)
    device = deps.devices.id(wish.device, mailbox_of(address), utc_now())
    if await deps.limits.allow_link(address, network_of(request), device and f"device {device}"):
        await _send_link(deps, smtp_form(wish.email), wish.language)
    await asyncio.sleep(max(0.0, started + deps.link_answer_seconds - monotonic_seconds()))
    return Accepted()


@router.post("/invitations", status_code=202)
async def invite(wish: Invitation, request: Request, deps: Wired) -> Accepted:
    """An agent has a link and a key sent to somebody, who needs no human check then; counted for each agent (R8)."""
    agent = await deps.sessions.of(request)
    if agent.session.role != "agent":
        raise OnlyAgentsInvite()
    address = normal_form(wish.email)
    await deps.limits.allow_link(address, network_of(request), f"agent {mailbox_of(agent.admission.address)}")
    await _send_link(deps, smtp_form(wish.email), wish.language)
    return Accepted()


@router.post("/sessions", status_code=201)
async def open_session(wish: SessionWish, response: Response, deps: Wired) -> SessionOpened:
    """Open a session with a link and its key; each link opens one."""
    name = full_name(wish.first_name, wish.last_name)
    attempt = Attempt(deps.hashed("key", normalise_key(wish.key)), name, str(wish.session) if wish.session else None)

    def change(admission: Admission, now: datetime) -> Any:
        return redeem(admission, attempt, role_of(admission.address, deps.agent_domains), now, deps.terms)

    admission = await deps.admissions.update(deps.hashed("link", wish.link), change)
    session = opened(admission, deps.terms)
    token, expires_at = deps.sessions.token_of(admission, session.started_at)
    response.headers.update(PRIVATE)
    about: dict[str, Any] = {"email": admission.address, "role": session.role, "name": session.name}
    about["device"] = deps.devices.token(mailbox_of(admission.address), admission.id, session.started_at)
    return SessionOpened(token=token, expires_at=expires_at, **about)


@router.get("/sessions/current")
async def show_session(request: Request, response: Response, deps: Wired) -> SessionShown:
    """Who the bearer is."""
    known, session, _ = await deps.sessions.of(request)
    response.headers.update(PRIVATE)
    return SessionShown(
        email=known.address, role=session.role, name=session.name, language=known.language, ends_at=session.ends_at
    )


@router.post("/sessions/current/renewal")
async def renew_session(request: Request, response: Response, deps: Wired) -> TokenMade:
    """Another short token for a session that stands, also long after the one at hand has ended."""
    bearer = await deps.sessions.renewed_by(request)
    token, expires_at = deps.sessions.token_of(bearer.admission, bearer.now)
    response.headers.update(PRIVATE)
    return TokenMade(token=token, expires_at=expires_at)


@router.delete("/sessions/current", status_code=204)
async def close_session(request: Request, deps: Wired) -> None:
    """End the session everywhere; again is the same."""
    await deps.admissions.update(deps.sessions.ended_by(request), revoke)


@router.get("/jwks.json")
async def publish_keys(deps: Wired) -> Response:
    """The public keys that verify sessions."""
    return JSONResponse(deps.sessions.jwks, headers=PUBLIC)


async def _answered(deps: Deps, wish: LinkWish) -> None:
    """Spend the human check, right or wrong; whatever is not right is refused in the same words."""
    taken = await deps.challenges.take(wish.challenge)
    check = deps.checks.get(taken.kind) if taken else None
    if taken is None or check is None or taken.form != "link" or not await check.accepts(taken, wish.answer):
        raise ChallengeFailed()


async def _send_link(deps: Deps, typed: str, language: Language) -> None:
    token, key = new_token(), new_key()
    link, key_hash = deps.hashed("link", token), deps.hashed("key", normalise_key(key))
    await deps.admissions.add(*issue(link, key_hash, typed, language, token, key, await deps.now(), deps.terms))


def _shown(id: str, challenge: Challenge, expires_at: datetime, *, audible: bool) -> ChallengeShown:
    here = f"{router.prefix}/challenges/{id}"
    return ChallengeShown(
        challenge=id,
        kind=challenge.kind,
        image_url=f"{here}/image" if challenge.image else None,
        question=challenge.question,
        audio_url=f"{here}/audio" if challenge.code and audible else None,
        expires_at=expires_at,
    )
