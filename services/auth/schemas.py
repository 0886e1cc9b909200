"""The JSON request and response bodies of auth."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from services.contracts.values import Language, Role
from services.kit.text import LongText, ShortText


class ChallengeRequest(BaseModel):
    """The kind and the language of a challenge."""

    kind: ShortText = "image"
    language: Language = "fr"


class ChallengeResponse(BaseModel):
    """A challenge, valid for one answer until `expires_at`: an image and a recording of one code, or a question."""

    challenge: str
    kind: str
    image_url: str | None
    question: str | None
    audio_url: str | None
    expires_at: datetime


class LinkRequest(BaseModel):
    """The address to send a link to, the answer to a challenge, and the `device` token of an earlier session."""

    email: ShortText
    challenge: ShortText
    answer: ShortText
    language: Language = "fr"
    device: str = Field("", max_length=200)


class InvitationRequest(BaseModel):
    """The address of the invited person, who needs no challenge, and the language of the mail."""

    email: ShortText
    language: Language = "fr"


class AcceptedResponse(BaseModel):
    """An empty body, whether a mail is sent or not."""


class SessionRequest(BaseModel):
    """The link, the key and a declared name.

    With `request_id`, chosen by the client, the same request can be repeated for two minutes if its response was lost.
    """

    link: LongText
    key: ShortText
    last_name: ShortText
    first_name: ShortText
    request_id: UUID | None = None


class TokenResponse(BaseModel):
    """A session token and its expiry."""

    token: str
    expires_at: datetime


class NewSessionResponse(TokenResponse):
    """A new session; `device` is sent with later link requests for the same address and gives no access."""

    email: str
    role: Role
    name: str
    device: str


class SessionResponse(BaseModel):
    """The session of the request; its token can be renewed until `ends_at`."""

    email: str
    role: Role
    name: str
    language: Language
    ends_at: datetime


class JsonWebKeyResponse(BaseModel):
    """A public key on the curve P-256 (RFC 7517); a token names its key by `kid`."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    alg: str
    use: str


class KeySetResponse(BaseModel):
    """The public keys that verify session tokens: the present one, and those of tokens that may still be valid."""

    keys: list[JsonWebKeyResponse]
