"""A fake of auth: one mailbox, which always gets the same link and key."""

from datetime import datetime, timedelta

import httpx

from services.auth.domain import (
    ChallengeFailed,
    ChallengeNotOffered,
    LinkAlreadyUsed,
    OneTimeLinkUnknown,
    OnlyAgentsInvite,
    WrongKey,
)
from services.kit.addresses import normal_form
from services.kit.authentication import SessionExpired
from services.kit.credentials import normalise_key
from tests.fakes.api.call import Answers, ApiCall, token
from tests.fakes.api.cards import KEY, LATER, PERSON, TOKEN, WHEN, Json

QUESTION, ANSWER = "Combien font deux plus trois ?", "5"
PNG = b"\x89PNG not really"
TRIES = 5
DEVICE = "device.4102444800.proof"


class FakeAuth:
    """`session` is the open session, if any; `mailed` are the addresses to which a link was sent."""

    def __init__(self) -> None:
        self.session: Json | None = shown_session()
        self.session_seconds = 900
        self.mailed: list[str] = []
        self.tokens: list[str] = []
        self.wrong_keys = 0
        self._opened_by: str | None = None
        self.answers: Answers = {
            "POST /api/auth/challenges": self._draw,
            "GET /api/auth/challenges/{challenge}/image": self._image,
            "POST /api/auth/links": self._send_link,
            "POST /api/auth/invitations": self._invite,
            "POST /api/auth/sessions": self._open,
            "GET /api/auth/sessions/current": self._show,
            "POST /api/auth/sessions/current/renewal": self._renew,
            "DELETE /api/auth/sessions/current": self._close,
        }

    def _draw(self, call: ApiCall) -> httpx.Response:
        kind = call.body["kind"]
        if kind not in ("image", "question"):
            raise ChallengeNotOffered(offered=["image", "question"])
        here = "/api/auth/challenges/c"
        image = {"question": None, "image_url": f"{here}/image", "audio_url": f"{here}/audio"}
        words = {"question": QUESTION, "image_url": None, "audio_url": None}
        card = {"challenge": "c", "kind": kind, "expires_at": LATER}
        return httpx.Response(201, json=card | (image if kind == "image" else words))

    def _image(self, _call: ApiCall) -> httpx.Response:
        return httpx.Response(200, content=PNG, headers={"content-type": "image/png"})

    def _send_link(self, call: ApiCall) -> httpx.Response:
        address = normal_form(call.body["email"])
        if call.body["answer"] != ANSWER:
            raise ChallengeFailed()
        return self._mail(address)

    def _invite(self, call: ApiCall) -> httpx.Response:
        if call.caller["role"] != "agent":
            raise OnlyAgentsInvite()
        return self._mail(normal_form(call.body["email"]))

    def _mail(self, address: str) -> httpx.Response:
        self.mailed.append(address)
        self._opened_by = None
        return httpx.Response(202, json={})

    def _open(self, call: ApiCall) -> httpx.Response:
        asked = call.body
        if asked["link"] != TOKEN:
            raise OneTimeLinkUnknown()
        if self._opened_by and self._opened_by != asked["request_id"]:
            raise LinkAlreadyUsed()
        if normalise_key(asked["key"]) != normalise_key(KEY):
            self.wrong_keys += 1
            raise WrongKey(attempts_left=TRIES - self.wrong_keys)
        self._opened_by = asked["request_id"]
        address = self.mailed[-1] if self.mailed else PERSON["address"]
        self.session = shown_session(address=address, name=f"{asked['first_name']} {asked['last_name']}")
        opened = {name: self.session[name] for name in ("email", "role", "name")}
        return httpx.Response(201, json=self._token(self.session["role"]) | opened | {"device": DEVICE})

    def _show(self, call: ApiCall) -> httpx.Response:
        return httpx.Response(200, json=self._current_session(call))

    def _renew(self, call: ApiCall) -> httpx.Response:
        self._current_session(call)
        return httpx.Response(200, json=self._token(call.caller["role"]))

    def _close(self, call: ApiCall) -> httpx.Response:
        """Close the session; repeating it changes nothing."""
        if call.caller:
            self.session = None
        return httpx.Response(204)

    def _token(self, role: str) -> Json:
        self.tokens.append(token(role, number=len(self.tokens)))
        expires_at = datetime.fromisoformat(WHEN) + timedelta(seconds=self.session_seconds)
        return {"token": self.tokens[-1], "expires_at": expires_at.isoformat()}

    def _current_session(self, call: ApiCall) -> Json:
        """Return the bearer's session; auth looks it up, whatever the token claims."""
        if not call.caller or self.session is None:
            raise SessionExpired()
        return self.session


def shown_session(role: str = "external", address: str = PERSON["address"], name: str = PERSON["name"]) -> Json:
    """Return the bearer's session as auth shows it."""
    return {"email": address, "role": role, "name": name, "language": "fr", "ends_at": LATER}
