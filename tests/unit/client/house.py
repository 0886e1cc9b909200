"""The whole public door in memory: who comes in, one sender's drafts, what a link offers, what an agent decides."""

import io
import json
import zipfile
from typing import Any

import httpx

from client.api import Api
from client.patience import Patience
from tests.unit.client.door import NOW, Answer, Door, refusal, sha256_of

SERVER = "https://door.example"
TOKEN = "abcdefgh12345678"
AGENTS = "@ministere.example"
PNG = b"\x89PNG not really"


class House(Door):
    """Answers like the five services for one person; `stored` is what the link offers."""

    def __init__(self) -> None:
        super().__init__()
        self.drafts: dict[str, dict[str, Any]] = {}
        self.submitted: dict[str, dict[str, Any]] = {}
        self.stored: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.is_signed_in = True
        self.decided: dict[str, Any] | None = None
        self.wrong_keys = 0
        self.revoked: list[str] = []
        self.wishes: dict[str, str | None] = {}

    def connect(self, base_url: str, language: str, patience: Patience) -> Api:
        """What the command line makes its clients with; the pauses are not really waited for."""
        told = Patience(attempts=patience.attempts, sleep=self.pauses.append)
        return Api(base_url, language, told, httpx.Client(transport=httpx.MockTransport(self)))

    def _route(self, request: httpx.Request, steps: list[str]) -> Answer:
        self.asked.append(f"{request.method} /{'/'.join(steps)}")
        body = json.loads(request.content) if request.content and "parts" not in steps[0] else {}
        service = steps[1] if len(steps) > 1 and steps[0] == "api" else ""
        found = {"auth": self._auth, "upload": self._upload, "propagation": self._decision, "download": self._offer}
        answer = found[service](request, steps[2:], body) if service in found else None
        return answer or super()._route(request, steps)

    # --- coming in ---

    def _auth(self, request: httpx.Request, steps: list[str], body: dict[str, Any]) -> Answer | None:
        match request.method, steps:
            case "POST", ["challenges"]:
                is_image = body["kind"] == "image"
                image_url = "/api/auth/challenges/c/image" if is_image else None
                question = None if is_image else "Combien font un plus un ?"
                shown = {"challenge": "c", "kind": body["kind"], "question": question, "image_url": image_url}
                return Answer(201, json=shown)
            case "GET", ["challenges", "c", "image"]:
                return Answer(200, content=PNG)
            case "POST", ["links"]:
                return Answer(202, json={}) if body["answer"] == "2" else refusal(422, "challenge-failed")
            case "POST", ["sessions"]:
                if body["key"] != "KEY":
                    self.wrong_keys += 1
                    return refusal(403, "key-wrong")
                self.is_signed_in = True
            case _, ["sessions", "current", *_] if not self.is_signed_in:
                return refusal(401, "session-expired")
            case "GET", ["sessions", "current"]:
                who = {"email": "a@ville.example", "role": "external", "name": "Ada Lovelace", "language": "fr"}
                return Answer(200, json=who | {"ends_at": NOW.isoformat()})
            case "DELETE", ["sessions", "current"]:
                self.is_signed_in = False
                return Answer(204)
        return None

    # --- sending ---

    def _upload(self, request: httpx.Request, steps: list[str], body: dict[str, Any]) -> Answer | None:
        if not self.is_signed_in:
            return refusal(401, "session-expired")
        match request.method, steps:
            case "PUT", ["drafts", draft] if draft in self.submitted:
                return refusal(409, "already-submitted")
            case "PUT", ["drafts", draft]:
                self.drafts.setdefault(draft, {"to": [], "cc": [], "bcc": [], "subject": "", "validity_days": 7})
                return Answer(200, json=self._view(draft))
            case _, ["drafts", draft, *_] if draft not in self.drafts and draft not in self.submitted:
                return refusal(404, "not-found")
            case "PATCH", ["drafts", draft]:
                self.drafts[draft] |= body
                return Answer(200, json=self._view(draft))
            case "DELETE", ["drafts", draft]:
                del self.drafts[draft]
                return Answer(204)
            case "PUT", ["drafts", _, "files", _] if body["path"].endswith(".exe"):
                return refusal(422, "extension-refused")
            case "POST", ["drafts", draft, "submission"]:
                if draft in self.drafts:
                    self.submitted[draft] = self._recap(draft)
                    del self.drafts[draft]
                return Answer(200, json=self.submitted[draft])
            case "GET", ["transfers"]:
                page = [] if "before" in request.url.params else list(self.submitted.values())
                return Answer(200, json={"transfers": page})
            case "GET", ["drafts"]:
                return Answer(200, json={"drafts": [self._view(draft) for draft in self.drafts]})
            case "GET", ["transfers", transfer]:
                return Answer(200, json=self.submitted[transfer])
            case "PUT", ["transfers", transfer, "validity"]:
                self.submitted[transfer]["ends_at"] = f"2026-03-{body['days']:02}T12:00:00+00:00"
                return Answer(200, json=self.submitted[transfer])
            case "DELETE", ["transfers", transfer]:
                self.submitted[transfer]["outcome"] = "withdrawn"
                return Answer(204)
        return None

    def _view(self, draft: str) -> dict[str, Any]:
        recipients = self._recipients(draft)
        slugs = [] if recipients else ["recipient-missing"]
        if recipients and not any(one["role"] == "agent" for one in recipients):
            slugs.append("agent-needed")
        problems = [
            {"slug": slug, "type": f"/problems/{slug}", "titles": {"fr": f"fr {slug}", "en": f"en {slug}"}}
            for slug in [*slugs, "file-missing"]
        ]
        files = [{"file": file, "path": file} for file in self.sizes]
        return {**self.drafts[draft], "draft": draft, "recipients": recipients, "problems": problems, "files": files}

    def _recipients(self, draft: str) -> list[dict[str, str]]:
        addresses = [(field, one) for field in ("to", "cc", "bcc") for one in self.drafts[draft][field]]
        return [
            {"address": address, "field": field, "role": "agent" if address.endswith(AGENTS) else "external"}
            for field, address in addresses
        ]

    def _recap(self, draft: str) -> dict[str, Any]:
        agents = [one["address"] for one in self._recipients(draft) if one["role"] == "agent"]
        return {
            "transfer": draft,
            "subject": self.drafts[draft]["subject"],
            "submitted_at": NOW.isoformat(),
            "ends_at": NOW.isoformat(),
            "outcome": None,
            "needs_approval": len(agents) < len(self._recipients(draft)),
            "approvers": agents,
            "files": [{"file": file, "path": file, "size_bytes": size} for file, size in self.sizes.items()],
            "total_bytes": sum(self.sizes.values()),
        }

    # --- deciding ---

    def _decision(self, request: httpx.Request, steps: list[str], body: dict[str, Any]) -> Answer | None:
        match request.method, steps:
            case "GET", ["approvals", token] if token == TOKEN:
                return Answer(200, json=self._card())
            case "POST", ["approvals", _, verb]:
                if self.decided:
                    return refusal(409, "already-decided")
                outcome = {"approval": "approved", "refusal": "refused"}[verb]
                by = {"address": "d" + AGENTS}
                self.decided = {"outcome": outcome, "by": by, "at": NOW.isoformat(), "reason": body.get("reason", "")}
                return Answer(200, json=self._card())
            case "GET", ["transfers", transfer] if transfer in self.submitted:
                return Answer(200, json=self._card())
        return refusal(404, "not-found")

    def _card(self) -> dict[str, Any]:
        sender = {"address": "a@ville.example", "declared_name": "Ada \x1b[31mLovelace", "role": "external"}
        recipients = [{"address": "s@ext.example", "field": "cc", "role": "external"}]
        files = [{"path": path, "size_bytes": len(it), "sha256": sha256_of(it)} for path, it in self.stored.items()]
        shown = {"sender": sender, "recipients": recipients, "subject": "Plans", "text": "Bonjour", "files": files}
        dates = {"ends_at": NOW.isoformat(), "digest": "0" * 64}
        state = self.decided["outcome"] if self.decided else "waiting"
        return {
            "state": state,
            "decide_by": NOW.isoformat(),
            "decided": self.decided,
            "approvers": ["d" + AGENTS],
            "shown": shown | dates,
        }

    # --- receiving ---

    def _offer(self, request: httpx.Request, steps: list[str], body: dict[str, Any]) -> Answer | None:
        match request.method, steps:
            case _, ["links", token, *_] if token != TOKEN:
                return refusal(404, "link-unknown")
            case "GET", ["links", _]:
                return Answer(200, json=self._shelves())
            case "POST", ["links", _, "opened"]:
                return Answer(204)
            case "PUT", ["links", _, "files", path, "downloads", download]:
                self.offered = self.stored[bytes.fromhex(path).decode()]
                return self._begin(download)
            case "PUT", ["links", _, "archive", "downloads", download]:
                self.offered = self.archive()
                answer = json.loads(self._begin(download).content)
                return Answer(200, json={**answer, "sha256": "", "files": body["files"]})
            case "POST", ["transfers", _, "revocations"]:
                self.revoked.append(body["recipient"])
                return Answer(204)
            case "PUT", ["transfers", _, "resendings" | "reminders", wish]:
                self.wishes[wish] = body["recipient"]
                reminded = [body["recipient"] or "sacha@firme.example"]
                return Answer(200, json={"reminded": reminded, "passed_over": [], "recipient": reminded[0]})
        return refusal(404, "transfer-unknown")

    def archive(self) -> bytes:
        """Everything as one."""
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w") as archive:
            for path, content in self.stored.items():
                archive.writestr(path, content)
        return whole.getvalue()

    def _shelves(self) -> dict[str, Any]:
        files = [
            {"file": path.encode().hex(), "path": path, "size_bytes": len(it), "sha256": sha256_of(it), "left": 3}
            for path, it in self.stored.items()
        ]
        sender = {"address": "a@ville.example", "name": "Ada"}
        card = {"transfer": "t", "subject": "Plans", "text": "", "sender": sender, "ends_at": NOW.isoformat()}
        return {**card, "files": files, "archive": {"name": "../Plans.zip", "etag": '"e"'}}
