"""What does auth take and answer? The shapes of challenges, links and sessions in JSON."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from services.contracts.values import Language, Role
from services.kit.text import LongText, ShortText


class ChallengeWish(BaseModel):
    """Which human check, in which language."""

    kind: ShortText = "image"
    language: Language = "fr"


class ChallengeShown(BaseModel):
    """A human check: an image with a recording of the same code, or a question; good once, until `expires_at`."""

    challenge: str
    kind: str
    image_url: str | None
    question: str | None
    audio_url: str | None
    expires_at: datetime


class LinkWish(BaseModel):
    """Whose mailbox is to be proven, the answer to a human check, and the `device` of an earlier session, if any."""

    email: ShortText
    challenge: ShortText
    answer: ShortText
    language: Language = "fr"
    device: str = Field("", max_length=200)


class Invitation(BaseModel):
    """Whom an agent lets come in without a human check, and in which language they are written to."""

    email: ShortText
    language: Language = "fr"


class Accepted(BaseModel):
    """The request was understood; whether a mail is sent is not said."""


class SessionWish(BaseModel):
    """The link and the key, and a declared name.

    With `session`, an id chosen by the client, the same request may be repeated for two minutes if its answer was lost.
    """

    link: LongText
    key: ShortText
    last_name: ShortText
    first_name: ShortText
    session: UUID | None = None


class TokenMade(BaseModel):
    """A token and when it ends."""

    token: str
    expires_at: datetime


class SessionOpened(TokenMade):
    """A session, and for whom; `device` goes with later requests for a link to the same address, and opens nothing."""

    email: str
    role: Role
    name: str
    device: str


class SessionShown(BaseModel):
    """The session at hand; it can be renewed until `ends_at`."""

    email: str
    role: Role
    name: str
    language: Language
    ends_at: datetime
