"""The services behind the gateway, played by one object that holds what they would hold."""

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx

Json = dict[str, Any]
DRAFT = "6f1c0e5a-8a53-4a0e-9d7e-2f4b8a1c3d5e"
SENT = "0b9d4a52-1c3f-4d1e-8b7a-5e6f7a8b9c0d"
FILE = "3c2b1a09-8f7e-4d6c-9b5a-4f3e2d1c0b9a"
TOKEN = "t0ken-of-a-link-0123456789abcdefghijklmnop"
KEY = "7ZK3M-0AB1C-DE2FG-H3JKM-N4PQR-S"
SHA = hashlib.sha256(b"as it was sent").hexdigest()
WHEN = "2025-11-21T09:05:00+00:00"
LATER = "2025-11-28T09:05:00+00:00"
SENDER = {"address": "camille.martin@ville.example", "name": "Camille Martin", "role": "external"}
AGENT = {"address": "dominique.bernard@ministere.example", "field": "to", "role": "agent"}
OUTSIDER = {"address": "sacha.petit@entreprise.example", "field": "cc", "role": "external"}
LIMITS: Json = {
    "total_bytes": {"agent": 20_000_000_000, "external": 1_000_000_000},
    "files": 1000,
    "recipients": 100,
    "drafts": 50,
    "refused_extensions": ["bat", "exe"],
    "path_characters": 400,
    "folders": 20,
    "subject_characters": 200,
    "text_characters": 10_000,
    "validity_days": {"shortest": 3, "longest": 14, "usual": 7},
}


def problem(status: int, slug: str, title: str = "Refusé.", **members: Any) -> httpx.Response:
    body = {"type": f"/problems/{slug}", "title": title, "status": status, "reference": "f" * 32, **members}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


def token(role: str = "external", life: int = 900, age: int = 0, session: str = "session-1") -> str:
    """A session's token as auth makes them, but for its signature."""
    now = int(time.time()) - age
    claims = {"jti": session, "sub": SENDER["address"], "name": SENDER["name"], "role": role}
    body = json.dumps({**claims, "iat": now, "exp": now + life, "language": "fr"}).encode()
    return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in (b"{}", body, b"signed"))


def file(path: str = "Relevés/2025/novembre.csv", size_bytes: int = 1_482_113, **more: Any) -> Json:
    return {"file": FILE, "path": path, "size_bytes": size_bytes, "sha256": SHA, "state": "complete", **more}


def parcel(**more: Any) -> Json:
    return {
        "state": "draft",
        "from": SENDER,
        "recipients": [AGENT, OUTSIDER],
        "unreadable": [],
        "subject": "Relevés et délibération",
        "text": "Bonjour,\n\nvoici les relevés demandés.\n\nCordialement",
        "validity_days": 7,
        "language": "fr",
        "files": [file(), file("Délibération.pdf", 812_000_000)],
        "total_bytes": 813_482_113,
        "needs_approval": True,
        "approvers": [AGENT["address"]],
        "created_at": WHEN,
        "touched_at": WHEN,
        "problems": [],
        **more,
    }


@dataclass
class Played:
    """Answers as the gateway would; `refusals` are answers that come instead, by method and pattern of the path."""

    drafts: dict[str, Json] = field(default_factory=lambda: {DRAFT: parcel(draft=DRAFT)})
    transfers: dict[str, Json] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)
    plans: dict[str, Json] = field(default_factory=dict)
    completed: dict[str, str] = field(default_factory=dict)
    decision: Json = field(default_factory=dict)
    tracking: Json | None = None
    received: list[Json] = field(default_factory=list)
    offer: Json = field(default_factory=dict)
    downloads: dict[str, str] = field(default_factory=dict)
    refusals: dict[tuple[str, str], httpx.Response] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)
    mailed: list[str] = field(default_factory=list)
    wishes: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    arrived: list[Json] = field(default_factory=list)
    part_size_bytes: int = 8 * 2**20
    role: str = ""

    def __post_init__(self) -> None:
        sent = {"transfer": SENT, "state": "submitted", "outcome": None, "submitted_at": WHEN, "ends_at": LATER}
        self.transfers[SENT] = parcel(**sent, closed_at=None, purged_at=None)
        self.decision = decision()
        self.tracking = tracking()
        self.offer = offer()
        self.received = [received(), received(subject="Budget", state="withdrawn", link=None, transfer=DRAFT)]

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(lambda request: self.answer(request))

    def refuse(self, method: str, path: str, response: httpx.Response) -> None:
        self.refusals[method, path] = response

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = unquote(request.url.path)
        for (method, refused), refusal in self.refusals.items():
            if method == request.method and re.fullmatch(refused, path):
                return refusal
        for pattern, answer in ROUTES:
            found = re.fullmatch(pattern, f"{request.method} {path}")
            if found:
                return answer(self, request, *found.groups())
        return problem(404, "not-found")

    # --- what each address answers ---

    def challenge(self, request: httpx.Request) -> httpx.Response:
        kind = json.loads(request.content)["kind"]
        words = {"question": "Combien font deux plus trois ?", "image_url": None, "audio_url": None}
        image = {
            "question": None,
            "image_url": "/api/auth/challenges/c/image",
            "audio_url": "/api/auth/challenges/c/audio",
        }
        chosen = words if kind == "question" else image
        return httpx.Response(201, json={"challenge": "c", "kind": kind, "expires_at": LATER, **chosen})

    def link(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if body["answer"] != "5":
            return problem(422, "challenge-failed", "La réponse n'est pas la bonne.")
        self.mailed.append(body["email"])
        return httpx.Response(202, json={})

    def invitation(self, request: httpx.Request) -> httpx.Response:
        if "@" not in (email := json.loads(request.content)["email"]):
            return problem(422, "address-not-acceptable", "Cette adresse n'est pas acceptable.")
        self.mailed.append(email)
        return httpx.Response(202, json={})

    def session(self, request: httpx.Request) -> httpx.Response:
        if json.loads(request.content)["key"] != KEY:
            return problem(403, "key-wrong", "Ce n'est pas la clé reçue avec le lien.", tries_left=4)
        return httpx.Response(201, json={"token": token(), "expires_at": LATER})

    def renewal(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"token": token(), "expires_at": LATER})

    def current(self, request: httpx.Request) -> httpx.Response:
        """Whose session it is, which is not for the token to say."""
        return httpx.Response(200, json={"role": self.role}) if self.role else problem(401, "session-revoked")

    def ended(self, request: httpx.Request, *_: str) -> httpx.Response:
        return httpx.Response(204)

    def limits(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=LIMITS)

    def all_drafts(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"drafts": list(self.drafts.values())})

    def draft(self, request: httpx.Request, id: str) -> httpx.Response:
        if request.method == "PUT":
            empty = {"recipients": [], "files": [], "subject": "", "text": "", "total_bytes": 0}
            self.drafts.setdefault(id, parcel(draft=id, **empty, needs_approval=False, approvers=[]))
        if id not in self.drafts:
            return problem(404, "not-found")
        if request.method == "PATCH":
            changed = json.loads(request.content)
            self.drafts[id] |= {name: value for name, value in changed.items() if name not in ("to", "cc", "bcc")}
            self.drafts[id]["typed"] = changed
            self.drafts[id]["recipients"] = _recipients(changed) or self.drafts[id]["recipients"]
        if request.method == "DELETE":
            del self.drafts[id]
            return httpx.Response(204)
        return httpx.Response(200, json=self.drafts[id])

    def drafted_file(self, request: httpx.Request, draft: str, id: str) -> httpx.Response:
        if request.method == "DELETE":
            self.plans.pop(id, None)
            return httpx.Response(204)
        if request.method == "GET":
            return httpx.Response(200, json=self.plans[id]) if id in self.plans else problem(404, "not-found")
        asked = json.loads(request.content)
        count = max(1, -(-asked["size_bytes"] // self.part_size_bytes))
        plan = {**file(asked["path"], asked["size_bytes"], state="receiving"), "file": id}
        plan |= {"part_count": count, "parts": self.arrived}
        self.plans[id] = {**plan, "part_size_bytes": self.part_size_bytes, "parts_url": f"/parts/capability-{id}"}
        return httpx.Response(200, json=self.plans[id])

    def part(self, request: httpx.Request, id: str, number: str, digest: str) -> httpx.Response:
        content = request.read()
        if hashlib.sha256(content).hexdigest() != digest or not request.headers.get("x-part-crc32"):
            return problem(422, "part-digest-mismatch")
        self.parts[f"{id}/{number}"] = content
        return httpx.Response(200)

    def completion(self, request: httpx.Request, draft: str, id: str) -> httpx.Response:
        plan = self.plans[id]
        whole = b"".join(self.parts[f"{id}/{number}"] for number in range(1, plan["part_count"] + 1))
        if len(whole) != plan["size_bytes"]:
            return problem(409, "parts-missing")
        self.completed[plan["path"]] = hashlib.sha256(whole).hexdigest()
        same = self.completed[plan["path"]] == json.loads(request.content)["sha256"]
        return httpx.Response(200, json={}) if same else problem(409, "digest-differs")

    def submission(self, request: httpx.Request, id: str) -> httpx.Response:
        draft = self.drafts.pop(id)
        times = {"submitted_at": WHEN, "ends_at": LATER, "closed_at": None, "purged_at": None}
        self.transfers[id] = {**draft, "transfer": id, "state": "submitted", "outcome": None, **times}
        return httpx.Response(200, json={"transfer": id})

    def all_transfers(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"transfers": list(self.transfers.values())})

    def transfer(self, request: httpx.Request, id: str) -> httpx.Response:
        if id not in self.transfers:
            return problem(404, "not-found")
        if request.method == "DELETE":
            self.transfers[id] |= {"state": "closed", "outcome": "withdrawn", "closed_at": LATER}
            return httpx.Response(204)
        return httpx.Response(200, json=self.transfers[id])

    def extended(self, request: httpx.Request, id: str) -> httpx.Response:
        days = json.loads(request.content)["days"]
        ends_at = datetime.fromisoformat(WHEN) + timedelta(days=days)
        self.transfers[id] |= {"validity_days": days, "ends_at": ends_at.isoformat()}
        return httpx.Response(200, json=self.transfers[id])

    def revoked(self, request: httpx.Request, _: str) -> httpx.Response:
        address = json.loads(request.content)["recipient"]
        for one in self.tracking["recipients"] if self.tracking else []:
            if one["address"] == address:
                one["revoked_at"] = WHEN
        return httpx.Response(204)

    def mailed_again(self, request: httpx.Request, _: str, what: str, id: str) -> httpx.Response:
        named = json.loads(request.content)["recipient"]
        self.wishes.setdefault(id, (what, named))
        people = [named] if named else [OUTSIDER["address"], "autre@entreprise.example"]
        return httpx.Response(200, json={"reminded": people, "passed_over": []})

    def to_decide(self, request: httpx.Request, _: str) -> httpx.Response:
        return httpx.Response(200, json=self.decision)

    def pending(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[self.decision])

    def decide(self, request: httpx.Request, _: str, outcome: str) -> httpx.Response:
        said = {"approval": "approved", "refusal": "refused"}[outcome]
        body = json.loads(request.content)
        by = {"address": AGENT["address"], "name": ""}
        self.decision |= {"state": said, "may_decide": False, "decide_by": None}
        self.decision["decided"] = {"outcome": said, "by": by, "at": WHEN, "reason": body.get("reason", "")}
        return httpx.Response(200, json=self.decision)

    def offered(self, request: httpx.Request, _: str) -> httpx.Response:
        return httpx.Response(200, json=self.offer)

    def start(self, request: httpx.Request, _: str, what: str, id: str) -> httpx.Response:
        self.downloads.setdefault(id, what)
        url = f"http://files.test/files/{id}"
        card = {"url": url, "size_bytes": 1, "sha256": SHA, "expires_at": LATER, "left": 2, "state": "running"}
        return httpx.Response(200, json=card)

    def all_received(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=self.received)

    def tracked(self, request: httpx.Request, _: str) -> httpx.Response:
        return httpx.Response(200, json=self.tracking) if self.tracking else problem(404, "transfer-unknown")


def _recipients(changed: Json) -> list[Json]:
    """The addresses in a change, each an agent's or not."""
    found = [(name, one) for name in ("to", "cc", "bcc") for text in changed.get(name, []) for one in text.split()]
    return [
        {"address": one, "field": name, "role": "agent" if one.endswith("@ministere.example") else "external"}
        for name, one in found
        if "@" in one
    ]


def decision(**more: Any) -> Json:
    shown = {
        "transfer": SENT,
        "sender": {"address": SENDER["address"], "role": "external", "declared_name": SENDER["name"]},
        "recipients": [AGENT, OUTSIDER],
        "subject": "Relevés et délibération",
        "text": "Bonjour,\n\nvoici les relevés demandés.",
        "files": [{"path": "Relevés/2025/novembre.csv", "size_bytes": 1_482_113, "sha256": SHA}],
        "submitted_at": WHEN,
        "ends_at": LATER,
        "digest": SHA,
    }
    state = {"state": "waiting", "decide_by": LATER, "decided": None, "may_decide": True}
    return {**state, "approvers": [AGENT["address"]], "shown": shown, **more}


def offer(**more: Any) -> Json:
    files = [file(left=2, suspended=False), file("Délibération.pdf", 812_000_000, left=0, suspended=False)]
    files[1]["file"] = SENT
    card = {"transfer": SENT, "subject": "Relevés et délibération", "text": "Bonjour,\n\nvoici les relevés demandés."}
    return {**card, "sender": SENDER, "ends_at": LATER, "downloads_per_file": 3, "files": files, **more}


def received(**more: Any) -> Json:
    card = {"transfer": SENT, "subject": "Relevés d'été", "sender": SENDER, "sender_role": "external"}
    times = {"issued_at": WHEN, "ends_at": LATER, "state": "open", "files": 2, "total_bytes": 813_482_113}
    return {**card, **times, "has_everything": False, "link": TOKEN, **more}


def tracking(**more: Any) -> Json:
    done = {"download": FILE, "state": "done", "percent": 100, "started_at": WHEN, "ended_at": WHEN}
    shelf = {"file": FILE, "path": "Relevés/2025/novembre.csv", "done": 1, "left": 2, "suspended": False}
    mail = {"kind": "link", "state": "accepted", "reason": "", "changed_at": WHEN}
    agent = {**AGENT, "has_link": True, "opened_at": WHEN, "mails": [mail], "has_everything": True}
    broken = {**shelf, "done": 0, "suspended": True, "downloads": [{**done, "state": "given-back", "percent": 40}]}
    outsider = {**OUTSIDER, "has_link": True, "opened_at": None, "has_everything": False, "files": [broken]}
    outsider["mails"] = [{**mail, "state": "delayed", "reason": "450 4.2.0 Greylisted"}]
    return {
        "transfer": SENT,
        "subject": "Relevés et délibération",
        "state": "open",
        "ends_at": LATER,
        "closed_at": None,
        "awaiting_approval": False,
        "not_downloaded": [OUTSIDER["address"]],
        "recipients": [{**agent, "files": [{**shelf, "downloads": [done]}]}, outsider],
        **more,
    }


Answer = Callable[..., httpx.Response]
ROUTES: tuple[tuple[str, Answer], ...] = (
    (r"POST /api/auth/challenges", Played.challenge),
    (r"POST /api/auth/links", Played.link),
    (r"POST /api/auth/invitations", Played.invitation),
    (r"POST /api/auth/sessions", Played.session),
    (r"POST /api/auth/sessions/current/renewal", Played.renewal),
    (r"GET /api/auth/sessions/current", Played.current),
    (r"DELETE /api/auth/sessions/current", Played.ended),
    (r"GET /api/upload/config", Played.limits),
    (r"GET /api/upload/drafts", Played.all_drafts),
    (r"(?:GET|PUT|PATCH|DELETE) /api/upload/drafts/([^/]+)", Played.draft),
    (r"(?:GET|PUT|DELETE) /api/upload/drafts/([^/]+)/files/([^/]+)", Played.drafted_file),
    (r"POST /api/upload/drafts/([^/]+)/files/([^/]+)/completion", Played.completion),
    (r"POST /api/upload/drafts/([^/]+)/submission", Played.submission),
    (r"PUT /parts/capability-([^/]+)/([0-9]+)/([0-9a-f]{64})", Played.part),
    (r"GET /api/upload/transfers", Played.all_transfers),
    (r"(?:GET|DELETE) /api/upload/transfers/([^/]+)", Played.transfer),
    (r"GET /api/propagation/pending", Played.pending),
    (r"GET /api/propagation/(?:approvals|transfers)/([^/]+)", Played.to_decide),
    (r"POST /api/propagation/(?:approvals|transfers)/([^/]+)/(approval|refusal)", Played.decide),
    (r"GET /api/download/links/([^/]+)", Played.offered),
    (r"POST /api/download/links/([^/]+)/opened", Played.ended),
    (r"PUT /api/download/links/([^/]+)/(files/[^/]+|archive)/downloads/([^/]+)", Played.start),
    (r"GET /api/download/transfers/([^/]+)", Played.tracked),
    (r"GET /api/download/received", Played.all_received),
    (r"POST /api/download/transfers/([^/]+)/reopenings", Played.ended),
    (r"POST /api/download/transfers/([^/]+)/revocations", Played.revoked),
    (r"PUT /api/download/transfers/([^/]+)/(resendings|reminders)/([^/]+)", Played.mailed_again),
    (r"PUT /api/upload/transfers/([^/]+)/validity", Played.extended),
)
