"""The JSON request and response bodies of auth."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from services.contracts.values import Language, Role
from services.kit.text import LongText, ShortText


class ChallengeRequest(BaseModel):
    """The kind and the language of a challenge."""

    kind: ShortText = Field("image", description="`image` or `question`.")
    language: Language = "fr"


class ChallengeResponse(BaseModel):
    """A challenge, valid for one answer until `expires_at`: an image and a recording of one code, or a question."""

    challenge: str = Field(description="Its id.")
    kind: str
    image_url: str | None = Field(description="Of the code, as PNG; null for a question.")
    question: str | None = Field(description="To be answered in words; null for an image.")
    audio_url: str | None = Field(description="Of the same code read aloud, as WAV; null if there is no recording.")
    expires_at: datetime


class LinkRequest(BaseModel):
    """The address to send a link to, the answer to a challenge, and the `device` token of an earlier session."""

    email: ShortText
    challenge: ShortText = Field(description="The id of the challenge.")
    answer: ShortText = Field(description="To that challenge.")
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

    link: LongText = Field(description="The token in the URL of the mail.")
    key: ShortText = Field(description="Of the same mail; case, spaces and dashes do not matter.")
    last_name: ShortText
    first_name: ShortText
    request_id: UUID | None = None


class TokenResponse(BaseModel):
    """A session token and its expiry."""

    token: str = Field(description="For `Authorization: Bearer …`.")
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
