"""The rules of signing in: a sign-in is first a one-time link, then the session that the link opened."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, SecretStr

from services.contracts.auth import OneTimeLinkIssued, SessionRevoked
from services.contracts.values import Language, Role
from services.kit.addresses import Domains
from services.kit.aggregate import Aggregate
from services.kit.credentials import constant_time_equal
from services.kit.events import Event
from services.kit.refusals import Forbidden, Gone, NotFound, TooManyRequests, Unprocessable


class OneTimeLinkUnknown(NotFound):
    """This link is unknown."""

    title_fr = "Ce lien n'est pas connu ici."


class OneTimeLinkExpired(Gone):
    """This link has expired; ask for another one."""

    title_fr = "Ce lien a expiré ; demandez-en un autre."


class LinkAlreadyUsed(Gone):
    """This link has already been used; ask for another one."""

    title_fr = "Ce lien a déjà servi ; demandez-en un autre."


class TooManyWrongKeys(Gone):
    """Too many wrong keys ended this link; ask for another one."""

    title_fr = "Trop de clés erronées ont mis fin à ce lien ; demandez-en un autre."


class WrongKey(Forbidden):
    """This is not the key that came with the link."""

    title_fr = "Ce n'est pas la clé reçue avec le lien."
    attempts_left: int


class ChallengeFailed(Unprocessable):
    """The answer is wrong, or came too late; ask for a new human check."""

    title_fr = "La réponse n'est pas la bonne, ou vient trop tard ; il faut en demander une nouvelle."


class ChallengeNotOffered(Unprocessable):
    """This kind of human check is not offered here."""

    title_fr = "Cette forme de vérification n'est pas proposée ici."
    offered: list[str]


class OnlyAgentsInvite(Forbidden):
    """Only an agent may invite."""

    title_fr = "Seul un agent peut inviter."


class TooManyChallenges(TooManyRequests):
    """Too many human checks were asked for from this network; wait a little."""

    title_fr = "Trop de vérifications demandées depuis ce réseau ; patientez un peu."


class TooManyLinkRequests(TooManyRequests):
    """Too many links were asked for from this network, for this mail provider, or in all; try again later."""

    title_fr = "Trop de liens demandés depuis ce réseau, pour cette messagerie ou au total ; réessayez plus tard."


class SignInPolicy(NamedTuple):
    """Durations and the maximum of attempts; an operator may change some of them.

    `device_lifetime` is fixed, because the portal states it.
    """

    challenge_lifetime: timedelta = timedelta(minutes=5)
    link_lifetime: timedelta = timedelta(minutes=60)
    max_attempts: int = 5
    retry_window: timedelta = timedelta(minutes=2)
    token_lifetime: timedelta = timedelta(minutes=15)
    session_lifetime: timedelta = timedelta(hours=24)
    retention: timedelta = timedelta(hours=24)
    device_lifetime: timedelta = timedelta(days=180)


class Challenge(BaseModel):
    """A question to be answered once, before one form is sent.

    `answers` are normalised (`normalise_answer`); `code` is present if it can be read aloud.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str
    form: Literal["link"] = "link"
    language: Language
    answers: tuple[str, ...]
    question: str | None = None
    code: str | None = None
    image: bytes | None = None


class Session(BaseModel):
    """The session that a redeemed link opened; `request_id` allows the client to repeat its request."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    role: Role
    started_at: datetime
    ends_at: datetime
    request_id: str | None = None
    revoked_at: datetime | None = None


class SignIn(Aggregate):
    """A one-time link until it is redeemed, then the session; its id is the keyed hash of the link's token.

    `address` is in normal form; `mail_to` is the address to send mail to, empty if it is the same. Both are one
    document, so that redeeming the link and opening the session is one write. `forget_at` is the end of retention.
    """

    address: str
    language: Language
    key_hash: str
    issued_at: datetime
    expires_at: datetime
    forget_at: datetime
    attempts: int = 0
    session: Session | None = None
    mail_to: str = ""


class RedeemAttempt(NamedTuple):
    """An attempt to redeem a link: a key, a declared name, and the id of the request if the client chose one."""

    key_hash: str
    name: str
    request_id: str | None


def role_of(address: str, agent_domains: Domains) -> Role:
    """Return the role of an address; only its domain counts."""
    return "agent" if agent_domains.contains(address) else "external"


def issue(
    link: str, key_hash: str, typed: str, language: Language, token: str, key: str, now: datetime, policy: SignInPolicy
) -> tuple[SignIn, Sequence[Event]]:
    """Create a link for an address in `smtp_form`; only the event carries `token` and `key`, not the document."""
    expires_at, address = now + policy.link_lifetime, typed.lower()
    mail_to = typed if typed != address else ""
    sign_in = SignIn(
        id=link,
        address=address,
        language=language,
        key_hash=key_hash,
        issued_at=now,
        expires_at=expires_at,
        forget_at=expires_at + policy.retention,
        mail_to=mail_to,
    )
    event = OneTimeLinkIssued(
        link=link,
        address=address,
        language=language,
        token=SecretStr(token),
        key=SecretStr(key),
        expires_at=expires_at,
        mail_to=mail_to,
    )
    return sign_in, [event]


def redeem(
    sign_in: SignIn, attempt: RedeemAttempt, role: Role, now: datetime, policy: SignInPolicy
) -> tuple[SignIn, Sequence[Event]]:
    """Count the attempt, then compare the key; the right key opens one session (R5, R7).

    A wrong key is not refused here, because the count must be written; `session_or_refuse` refuses it afterwards.
    """
    if sign_in.session:
        if _is_retry(sign_in, sign_in.session, attempt, now, policy):
            return sign_in, []
        raise LinkAlreadyUsed()
    if sign_in.attempts >= policy.max_attempts:
        raise TooManyWrongKeys()
    if now >= sign_in.expires_at:
        raise OneTimeLinkExpired()
    counted = sign_in.evolve(attempts=sign_in.attempts + 1)
    if not constant_time_equal(attempt.key_hash, sign_in.key_hash):
        return counted, []
    ends_at = now + policy.session_lifetime
    session = Session(name=attempt.name, role=role, started_at=now, ends_at=ends_at, request_id=attempt.request_id)
    return counted.evolve(session=session, forget_at=ends_at + policy.retention), []


def session_or_refuse(sign_in: SignIn, policy: SignInPolicy) -> Session:
    """Return the session after an attempt; raise `WrongKey` with the remaining attempts, or `TooManyWrongKeys`."""
    if sign_in.session:
        return sign_in.session
    if sign_in.attempts >= policy.max_attempts:
        raise TooManyWrongKeys()
    raise WrongKey(attempts_left=policy.max_attempts - sign_in.attempts)


def revoke(sign_in: SignIn, now: datetime) -> tuple[SignIn, Sequence[Event]]:
    """End the session early; a repetition changes nothing."""
    session = sign_in.session
    if session is None or session.revoked_at or now >= session.ends_at:
        return sign_in, []
    ended = session.model_copy(update={"revoked_at": now})
    return sign_in.evolve(session=ended), [SessionRevoked(session=sign_in.id, revoked_at=now)]


def active_session(sign_in: SignIn, now: datetime) -> Session | None:
    """Return the session if it is open, not revoked and not past its end."""
    session = sign_in.session
    if session is None or session.revoked_at or now >= session.ends_at:
        return None
    return session


def _is_retry(sign_in: SignIn, session: Session, attempt: RedeemAttempt, now: datetime, policy: SignInPolicy) -> bool:
    """Return whether this is the request that opened the session, repeated soon because its response was lost."""
    return (
        attempt.request_id is not None
        and attempt.request_id == session.request_id
        and attempt.name == session.name
        and session.revoked_at is None
        and now < session.started_at + policy.retry_window
        and constant_time_equal(attempt.key_hash, sign_in.key_hash)
    )
