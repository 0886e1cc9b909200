"""Signing in: a human check, a one-time link by mail, then a session.

A session token (a JWT, valid for minutes) is sent to every API as `Authorization: Bearer …`; it is renewed until the
session ends.
"""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from services.auth.deps import Deps
from services.auth.domain import (
    Challenge,
    ChallengeFailed,
    ChallengeNotOffered,
    LinkAlreadyUsed,
    OneTimeLinkExpired,
    OneTimeLinkUnknown,
    OnlyAgentsInvite,
    RedeemAttempt,
    SignIn,
    TooManyChallenges,
    TooManyLinkRequests,
    TooManyWrongKeys,
    WrongKey,
    issue,
    redeem,
    revoke,
    role_of,
    session_or_refuse,
)
from services.auth.link_quota import LinkQuotaExceeded
from services.auth.names import PersonNameNotAcceptable, full_name
from services.auth.schemas import (
    AcceptedResponse,
    ChallengeRequest,
    ChallengeResponse,
    InvitationRequest,
    KeySetResponse,
    LinkRequest,
    NewSessionResponse,
    SessionRequest,
    SessionResponse,
    TokenResponse,
)
from services.contracts.values import Language
from services.kit.addresses import AddressNotAcceptable, mailbox_of, normal_form, smtp_form
from services.kit.authentication import SESSION_REFUSALS, SessionExpired
from services.kit.clock import monotonic_seconds, utc_now
from services.kit.credentials import new_key, new_token, normalise_key
from services.kit.rate_limit import network_of
from services.kit.refusals import NotFound, refuses
from services.kit.service import binary, get_deps

router = APIRouter(prefix="/api/auth")
Wired = Annotated[Deps, Depends(get_deps)]
PRIVATE = {"Cache-Control": "no-store"}
PUBLIC = {"Cache-Control": "public, max-age=300"}
OF_LINK = (OneTimeLinkUnknown, OneTimeLinkExpired, LinkAlreadyUsed, TooManyWrongKeys)


@router.post("/challenges", status_code=201)
@refuses(TooManyChallenges, ChallengeNotOffered)
async def create_challenge(body: ChallengeRequest, request: Request, deps: Wired) -> ChallengeResponse:
    """Create a challenge."""
    await deps.rate_limiter.count_challenge(network_of(request))
    provider = deps.challenge_providers.get(body.kind)
    if provider is None:
        raise ChallengeNotOffered(offered=sorted(deps.challenge_providers))
    challenge = await provider.draw(body.language)
    id, expires_at = new_token(), await deps.now() + deps.policy.challenge_lifetime
    await deps.challenges.add(id, challenge, expires_at)
    return _challenge_response(id, challenge, expires_at, audible=deps.speech is not None)


@router.get("/challenges/{challenge}/image", response_class=Response, responses=binary("image/png"))
@refuses(NotFound)
async def show_image(challenge: str, deps: Wired) -> Response:
    """Return the image of a code; it can be fetched any number of times."""
    drawn = await deps.challenges.get(challenge)
    if drawn.image is None:
        raise NotFound()
    return Response(drawn.image, media_type="image/png", headers=PRIVATE)


@router.get("/challenges/{challenge}/audio", response_class=Response, responses=binary("audio/wav"))
@refuses(NotFound, TooManyChallenges)
async def play_audio(challenge: str, request: Request, deps: Wired, language: Language | None = None) -> Response:
    """Return a recording of the same code; it can be fetched as often as the rate limit allows."""
    drawn = await deps.challenges.get(challenge)
    if drawn.code is None or deps.speech is None:
        raise NotFound()
    await deps.rate_limiter.count_recording(network_of(request))
    async with deps.recording_slots:
        recording = await asyncio.to_thread(deps.speech.recording, drawn.code, language or drawn.language)
    return Response(recording, media_type="audio/wav", headers=PRIVATE)


@router.post("/links", status_code=202)
@refuses(AddressNotAcceptable, ChallengeFailed, TooManyLinkRequests, LinkQuotaExceeded)
async def request_link(body: LinkRequest, request: Request, deps: Wired) -> AcceptedResponse:
    """Send a link and a key to an address; neither the response nor its time tells whether they were sent (R8)."""
    started = monotonic_seconds()
    address = normal_form(body.email)
    await _verify_challenge(deps, body)
    device = deps.device_tokens.device_id(body.device, mailbox_of(address), utc_now())
    if await deps.rate_limiter.allow_link(address, network_of(request), device and f"device {device}"):
        await _send_link(deps, smtp_form(body.email), body.language)
    await asyncio.sleep(max(0.0, started + deps.link_answer_seconds - monotonic_seconds()))
    return AcceptedResponse()


@router.post("/invitations", status_code=202)
@refuses(*SESSION_REFUSALS, OnlyAgentsInvite, AddressNotAcceptable, TooManyLinkRequests, LinkQuotaExceeded)
async def invite(body: InvitationRequest, request: Request, deps: Wired) -> AcceptedResponse:
    """Send a link and a key to somebody whom an agent invites, without a challenge; each agent has a quota (R8)."""
    agent = await deps.session_tokens.authenticate(request)
    if agent.session.role != "agent":
        raise OnlyAgentsInvite()
    address = normal_form(body.email)
    await deps.rate_limiter.allow_link(address, network_of(request), f"agent {mailbox_of(agent.sign_in.address)}")
    await _send_link(deps, smtp_form(body.email), body.language)
    return AcceptedResponse()


@router.post("/sessions", status_code=201)
@refuses(PersonNameNotAcceptable, *OF_LINK, WrongKey, SessionExpired)
async def open_session(body: SessionRequest, response: Response, deps: Wired) -> NewSessionResponse:
    """Open a session with a link and its key; each link opens one session."""
    name = full_name(body.first_name, body.last_name)
    request_id = str(body.request_id) if body.request_id else None
    attempt = RedeemAttempt(deps.keyed_hash("key", normalise_key(body.key)), name, request_id)

    def change(sign_in: SignIn, now: datetime) -> Any:
        return redeem(sign_in, attempt, role_of(sign_in.address, deps.agent_domains), now, deps.policy)

    sign_in = await deps.sign_ins.update(deps.keyed_hash("link", body.link), change)
    session = session_or_refuse(sign_in, deps.policy)
    token, expires_at = deps.session_tokens.issue(sign_in, session.started_at)
    response.headers.update(PRIVATE)
    about: dict[str, Any] = {"email": sign_in.address, "role": session.role, "name": session.name}
    about["device"] = deps.device_tokens.issue(mailbox_of(sign_in.address), sign_in.id, session.started_at)
    return NewSessionResponse(token=token, expires_at=expires_at, **about)


@router.get("/sessions/current")
@refuses(*SESSION_REFUSALS)
async def show_session(request: Request, response: Response, deps: Wired) -> SessionResponse:
    """Return the session of the request."""
    sign_in, session, _ = await deps.session_tokens.authenticate(request)
    response.headers.update(PRIVATE)
    return SessionResponse(
        email=sign_in.address, role=session.role, name=session.name, language=sign_in.language, ends_at=session.ends_at
    )


@router.post("/sessions/current/renewal")
@refuses(*SESSION_REFUSALS)
async def renew_session(request: Request, response: Response, deps: Wired) -> TokenResponse:
    """Return a new token for an active session, even if the token of the request has expired."""
    active = await deps.session_tokens.authenticate_for_renewal(request)
    token, expires_at = deps.session_tokens.issue(active.sign_in, active.now)
    response.headers.update(PRIVATE)
    return TokenResponse(token=token, expires_at=expires_at)


@router.delete("/sessions/current", status_code=204)
@refuses(*SESSION_REFUSALS, OneTimeLinkUnknown)
async def close_session(request: Request, deps: Wired) -> None:
    """End the session in all services; repeating the request has no further effect."""
    await deps.sign_ins.update(deps.session_tokens.session_id_to_revoke(request), revoke)


@router.get("/jwks.json", response_model=KeySetResponse)
async def publish_keys(deps: Wired) -> Response:
    """Return the public keys that verify session tokens."""
    return JSONResponse(deps.session_tokens.jwks, headers=PUBLIC)


async def _verify_challenge(deps: Deps, body: LinkRequest) -> None:
    """Remove the challenge whatever the answer; refuse every failure with the same problem."""
    challenge = await deps.challenges.pop(body.challenge)
    provider = deps.challenge_providers.get(challenge.kind) if challenge else None
    if challenge is None or provider is None or challenge.form != "link":
        raise ChallengeFailed()
    if not await provider.accepts(challenge, body.answer):
        raise ChallengeFailed()


async def _send_link(deps: Deps, typed: str, language: Language) -> None:
    token, key = new_token(), new_key()
    link, key_hash = deps.keyed_hash("link", token), deps.keyed_hash("key", normalise_key(key))
    await deps.sign_ins.add(*issue(link, key_hash, typed, language, token, key, await deps.now(), deps.policy))


def _challenge_response(id: str, challenge: Challenge, expires_at: datetime, *, audible: bool) -> ChallengeResponse:
    url = f"{router.prefix}/challenges/{id}"
    return ChallengeResponse(
        challenge=id,
        kind=challenge.kind,
        image_url=f"{url}/image" if challenge.image else None,
        question=challenge.question,
        audio_url=f"{url}/audio" if challenge.code and audible else None,
        expires_at=expires_at,
    )
