"""A fake of propagation: decisions on transfers, by an approver's link or with a session."""

from collections.abc import Callable

import httpx

from services.kit.refusals import NotFound, Refusal
from services.propagation.api import AgentsOnly
from services.propagation.refusals import (
    AlreadyDecided,
    ApprovalAlreadyLapsed,
    ApprovalSnapshotStale,
    ExternalRecipientsRevoked,
    TransferAlreadyQuarantined,
    TransferAlreadyWithdrawn,
)
from tests.fakes.api.call import Answer, Answers, ApiCall, ok, page, with_session
from tests.fakes.api.cards import SHA, WHEN, Json, decision, pending_in_list, plain_recipient

OUTCOMES = {"approval": "approved", "refusal": "refused"}
STOPPED: dict[str, type[Refusal]] = {
    "withdrawn": TransferAlreadyWithdrawn,
    "quarantined": TransferAlreadyQuarantined,
    "released": ExternalRecipientsRevoked,
}


class FakePropagation:
    """`decisions` are cards by transfer, as an approver sees them; `approvals` the transfers by the token of a mail.

    Who is to be given the files of a transfer is told to `on_released`, that nobody is to `on_refused`.
    """

    def __init__(self) -> None:
        self.decisions: dict[str, Json] = {}
        self.approvals: dict[str, str] = {}
        self.on_released: Callable[[Json, list[Json]], None] = lambda _transfer, _recipients: None
        self.on_refused: Callable[[Json], None] = lambda _transfer: None
        self._transfers: dict[str, Json] = {}
        here, there = "/api/propagation/approvals/{token}", "/api/propagation/transfers/{transfer}"
        members: Answers = {
            "GET /api/propagation/pending": self._pending,
            f"GET {there}": self._show_with_session,
            f"POST {there}/approval": self._decide_with_session("approval"),
            f"POST {there}/refusal": self._decide_with_session("refusal"),
        }
        self.answers: Answers = {
            f"GET {here}": lambda call: ok(self.decisions[self._opened(call)]),
            f"POST {here}/approval": lambda call: self._decide(self._opened(call), "approval", call.body),
            f"POST {here}/refusal": lambda call: self._decide(self._opened(call), "refusal", call.body),
        } | with_session(members)

    def begin(self, transfer: Json) -> None:
        """What was submitted: released to the agents, and to the others too unless an agent must approve it first."""
        sender = transfer["from"]
        snapshot = {
            "transfer": transfer["transfer"],
            "sender": {"address": sender["address"], "role": sender["role"], "declared_name": sender["name"]},
            "recipients": [plain_recipient(one) for one in transfer["recipients"]],
            **{name: transfer[name] for name in ("subject", "text", "submitted_at", "ends_at")},
            "files": [{name: file[name] for name in ("path", "size_bytes", "sha256")} for file in transfer["files"]],
            "digest": SHA,
        }
        waits = transfer["needs_approval"]
        self._transfers[transfer["transfer"]] = transfer
        card = decision(snapshot=snapshot, approvers=transfer["approvers"], decide_by=transfer["ends_at"])
        over = {"state": "released", "may_decide": False, "decide_by": None}
        self.decisions[transfer["transfer"]] = card if waits else card | over
        if waits:
            self.approvals[f"approval-{len(self.approvals)}-of-{transfer['transfer']}"] = transfer["transfer"]
        released = [one for one in transfer["recipients"] if one["role"] == "agent" or not waits]
        self.on_released(transfer, released)

    def withdraw(self, transfer: Json) -> None:
        """The sender deleted it."""
        if card := self.decisions.get(transfer["transfer"]):
            card |= {"state": "withdrawn", "may_decide": False, "decide_by": None}

    def _opened(self, call: ApiCall) -> str:
        if call["token"] not in self.approvals:
            raise NotFound()
        return self.approvals[call["token"]]

    def _known(self, call: ApiCall) -> str:
        if call["transfer"] not in self.decisions:
            raise NotFound()
        return call["transfer"]

    def _pending(self, call: ApiCall) -> httpx.Response:
        if call.caller["role"] != "agent":
            raise AgentsOnly()
        return page(call, [pending_in_list(card) for card in self.decisions.values() if card["state"] == "waiting"])

    def _show_with_session(self, call: ApiCall) -> httpx.Response:
        """The digest is there for those alone who may decide."""
        card = self.decisions[self._known(call)]
        if call.caller["role"] == "agent":
            return ok(card)
        return ok({**card, "may_decide": False, "snapshot": {**card["snapshot"], "digest": ""}})

    def _decide_with_session(self, verb: str) -> Answer:
        def decide(call: ApiCall) -> httpx.Response:
            if call.caller["role"] != "agent":
                raise AgentsOnly()
            return self._decide(self._known(call), verb, call.body)

        return decide

    def _decide(self, transfer: str, verb: str, form: Json) -> httpx.Response:
        card, outcome, by = self.decisions[transfer], OUTCOMES[verb], self.decisions[transfer]["approvers"][0]
        if card["state"] in STOPPED:
            raise STOPPED[card["state"]]()
        if decided := card["decided"]:
            if (decided["by"]["address"], decided["outcome"]) == (by, outcome):
                return ok(card)
            who, at = decided["by"]["address"], decided["at"]
            raise AlreadyDecided(outcome=decided["outcome"], decided_by=who, decided_at=at)
        if card["state"] != "waiting":
            raise ApprovalAlreadyLapsed()
        if form["digest"] != card["snapshot"]["digest"]:
            raise ApprovalSnapshotStale()
        decided = {
            "outcome": outcome,
            "by": {"address": by, "mail_to": "", "name": ""},
            "at": WHEN,
            "reason": form.get("reason", ""),
        }
        card |= {"state": outcome, "may_decide": False, "decide_by": None, "decided": decided}
        if sent := self._transfers.get(transfer):
            self._tell(outcome, sent)
        return ok(card)

    def _tell(self, outcome: str, sent: Json) -> None:
        if outcome == "approved":
            self.on_released(sent, [one for one in sent["recipients"] if one["role"] == "external"])
        else:
            self.on_refused(sent)
