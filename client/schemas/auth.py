"""The responses of the auth service."""

from client.schemas.values import ApiSchema, DocumentSchema, HeaderValue, Moment, UrlPath


class ChallengeSchema(ApiSchema):
    """A human check: an image to read, with a recording of it, or a question in words."""

    challenge: str
    kind: str
    question: str | None
    image_url: UrlPath | None
    audio_url: UrlPath | None


class RenewedSessionSchema(DocumentSchema):
    """The token of a session, and when the token expires."""

    token: HeaderValue
    expires_at: Moment


class NewSessionSchema(RenewedSessionSchema):
    """The right to act as one address; `role` is `agent` or `external`, `device` is a token of the device."""

    email: str
    role: str
    name: str
    device: HeaderValue


class CurrentSessionSchema(DocumentSchema):
    """The person that has the session, and its end."""

    email: str
    role: str
    name: str
    ends_at: Moment
