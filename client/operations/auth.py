"""Operations of the auth service: sign-in and sessions."""

import uuid
from types import NoneType

from client.request import ApiRequest, operation
from client.schemas.auth import ChallengeSchema, CurrentSessionSchema, NewSessionSchema, RenewedSessionSchema


class AuthOperations:
    """`language` is that of the person."""

    language: str

    @operation
    def create_challenge(self, kind: str = "question") -> ApiRequest[ChallengeSchema]:
        body = {"kind": kind, "language": self.language}
        return ApiRequest("POST", "/api/auth/challenges", ChallengeSchema, body)

    @operation
    def request_link(self, email: str, challenge: str, answer: str, device: str = "") -> ApiRequest[None]:
        """Ask for a mail with a one-time link and a key. A challenge allows one attempt, so this is not retried."""
        body = {"email": email, "challenge": challenge, "answer": answer, "language": self.language, "device": device}
        return ApiRequest("POST", "/api/auth/links", NoneType, body, is_repeatable=False)

    @operation
    def invite(self, email: str, language: str) -> ApiRequest[None]:
        """Have a one-time link sent to somebody who cannot pass a human check; only an agent may."""
        body = {"email": email, "language": language}
        return ApiRequest("POST", "/api/auth/invitations", NoneType, body, is_repeatable=False)

    @operation
    def open_session(
        self, link: str, key: str, last_name: str, first_name: str, request_id: str | None = None
    ) -> ApiRequest[NewSessionSchema]:
        """Redeem a one-time link; repeated with the same request id, it is redeemed only once."""
        body = {"link": link, "key": key, "last_name": last_name, "first_name": first_name}
        body["request_id"] = str(uuid.uuid4()) if request_id is None else request_id
        return ApiRequest("POST", "/api/auth/sessions", NewSessionSchema, body, has_token=False)

    @operation
    def current_session(self) -> ApiRequest[CurrentSessionSchema]:
        return ApiRequest("GET", "/api/auth/sessions/current", CurrentSessionSchema)

    @operation
    def renew_session(self) -> ApiRequest[RenewedSessionSchema]:
        return ApiRequest("POST", "/api/auth/sessions/current/renewal", RenewedSessionSchema)

    @operation
    def close_session(self) -> ApiRequest[None]:
        return ApiRequest("DELETE", "/api/auth/sessions/current", NoneType)
