"""When does a link let somebody in, and until when? An admission is first a link, then the session it opened."""

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
    """This link is not known here."""

    title_fr = "Ce lien n'est pas connu ici."


class OneTimeLinkExpired(Gone):
    """This link has expired; ask for another one."""

    title_fr = "Ce lien a expiré ; demandez-en un autre."


class LinkAlreadyUsed(Gone):
    """This link has already been used; ask for another one."""

    title_fr = "Ce lien a déjà servi ; demandez-en un autre."


class LinkSpentByWrongKeys(Gone):
    """Too many wrong keys ended this link; ask for another one."""

    title_fr = "Trop de clés erronées ont mis fin à ce lien ; demandez-en un autre."


class KeyWrong(Forbidden):
    """This is not the key that came with the link."""

    title_fr = "Ce n'est pas la clé reçue avec le lien."


class ChallengeFailed(Unprocessable):
    """The answer is not right, or came too late; a new one must be asked for."""

    title_fr = "La réponse n'est pas la bonne, ou vient trop tard ; il faut en demander une nouvelle."


class ChallengeNotOffered(Unprocessable):
    """This kind of human check is not offered here."""

    title_fr = "Cette forme de vérification n'est pas proposée ici."


class OnlyAgentsInvite(Forbidden):
    """Only an agent may invite."""

    title_fr = "Seul un agent peut inviter."


class ChallengesTooMany(TooManyRequests):
    """Too many human checks were asked for from this network; wait a little."""

    title_fr = "Trop de vérifications demandées depuis ce réseau ; patientez un peu."


class LinksTooMany(TooManyRequests):
    """Too many links were asked for from this network, for this mail provider, or in all; try again later."""

    title_fr = "Trop de liens demandés depuis ce réseau, pour cette messagerie ou au total ; réessayez plus tard."


class Terms(NamedTuple):
    """For how long, and how often; an operator may change all but the life of a device, which the portal tells."""

    challenge_life: timedelta = timedelta(minutes=5)
    link_life: timedelta = timedelta(minutes=60)
    tries: int = 5
    repeat_within: timedelta = timedelta(minutes=2)
    token_life: timedelta = timedelta(minutes=15)
    session_life: timedelta = timedelta(hours=24)
    remembered_for: timedelta = timedelta(hours=24)
    device_life: timedelta = timedelta(days=180)


class Challenge(BaseModel):
    """What a human must answer once, to send one form; `answers` in plain form, `code` when it can be read aloud."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str
    form: Literal["link"] = "link"
    language: Language
    answers: tuple[str, ...]
    question: str | None = None
    code: str | None = None
    image: bytes | None = None


class Session(BaseModel):
    """What a redeemed link became; `asked_as` is the id by which the client may repeat its request."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    role: Role
    started_at: datetime
    ends_at: datetime
    asked_as: str | None = None
    revoked_at: datetime | None = None


class Admission(Aggregate):
    """One proof of one mailbox: a link until it is redeemed, then a session; its id is the link's keyed hash.

    `address` is in normal form; `mail_to` is where its mails are sent, and empty where that is the same. It is one
    document, so that redeeming the link and opening the session is one write. `forget_at` moves with its life.
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


class Attempt(NamedTuple):
    """Somebody holds the link and types a key, a name, and maybe the id of this request."""

    key_hash: str
    name: str
    asked_as: str | None


def role_of(address: str, agent_domains: Domains) -> Role:
    """Agent or external: the one place that decides, until a directory does."""
    return "agent" if agent_domains.contains(address) else "external"


def issue(
    link: str, key_hash: str, typed: str, language: Language, token: str, key: str, now: datetime, terms: Terms
) -> tuple[Admission, Sequence[Event]]:
    """A fresh link for an address as `smtp_form` gives it; the mail carries `token` and `key`, the document neither."""
    expires_at, address = now + terms.link_life, typed.lower()
    mail_to = typed if typed != address else ""
    admission = Admission(
        id=link,
        address=address,
        language=language,
        key_hash=key_hash,
        issued_at=now,
        expires_at=expires_at,
        forget_at=expires_at + terms.remembered_for,
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
    return admission, [event]


def redeem(
    admission: Admission, attempt: Attempt, role: Role, now: datetime, terms: Terms
) -> tuple[Admission, Sequence[Event]]:
    """Count the attempt, then compare: the right key opens the session, once (R5, R7).

    A wrong key is no refusal here, because the count must be written; `opened` refuses afterwards.
    """
    if admission.session:
        if _repeated(admission, admission.session, attempt, now, terms):
            return admission, []
        raise LinkAlreadyUsed()
    if admission.attempts >= terms.tries:
        raise LinkSpentByWrongKeys()
    if now >= admission.expires_at:
        raise OneTimeLinkExpired()
    counted = admission.evolve(attempts=admission.attempts + 1)
    if not constant_time_equal(attempt.key_hash, admission.key_hash):
        return counted, []
    ends_at = now + terms.session_life
    session = Session(name=attempt.name, role=role, started_at=now, ends_at=ends_at, asked_as=attempt.asked_as)
    return counted.evolve(session=session, forget_at=ends_at + terms.remembered_for), []


def opened(admission: Admission, terms: Terms) -> Session:
    """The session after an attempt; a wrong key is told with the tries that are left."""
    if admission.session:
        return admission.session
    if admission.attempts >= terms.tries:
        raise LinkSpentByWrongKeys()
    raise KeyWrong(tries_left=terms.tries - admission.attempts)


def revoke(admission: Admission, now: datetime) -> tuple[Admission, Sequence[Event]]:
    """End the session before its time; again changes nothing."""
    session = admission.session
    if session is None or session.revoked_at or now >= session.ends_at:
        return admission, []
    ended = session.model_copy(update={"revoked_at": now})
    return admission.evolve(session=ended), [SessionRevoked(session=admission.id, revoked_at=now)]


def standing(admission: Admission, now: datetime) -> Session | None:
    """The session while it lasts: opened, not revoked, not past its end."""
    session = admission.session
    if session is None or session.revoked_at or now >= session.ends_at:
        return None
    return session


def _repeated(admission: Admission, session: Session, attempt: Attempt, now: datetime, terms: Terms) -> bool:
    """The same request again, because its answer was lost on the way: same id, same key, same name, soon after."""
    return (
        attempt.asked_as is not None
        and attempt.asked_as == session.asked_as
        and attempt.name == session.name
        and session.revoked_at is None
        and now < session.started_at + terms.repeat_within
        and constant_time_equal(attempt.key_hash, admission.key_hash)
    )
