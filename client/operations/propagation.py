"""Operations of the propagation service: decisions, by the token of a mailed link or by a session."""

from client.request import PAGE_SIZE, ApiRequest, api_path, operation, page_query
from client.schemas.propagation import DecisionSchema, PendingSummarySchema
from client.schemas.values import PageSchema


class PropagationOperations:
    """What an agent decides."""

    @operation
    def approval_request(self, token: str) -> ApiRequest[DecisionSchema]:
        return ApiRequest("GET", api_path("propagation", "approvals", token), DecisionSchema)

    @operation
    def approve(self, token: str, digest: str) -> ApiRequest[DecisionSchema]:
        return _decide("approvals", token, "approval", digest=digest)

    @operation
    def refuse(self, token: str, digest: str, reason: str) -> ApiRequest[DecisionSchema]:
        return _decide("approvals", token, "refusal", digest=digest, reason=reason)

    @operation
    def pending(self, cursor: str = "", limit: int = PAGE_SIZE) -> ApiRequest[PageSchema[PendingSummarySchema]]:
        """Return a page of the transfers that wait for this agent's decision, the most urgent first."""
        return ApiRequest(
            "GET", "/api/propagation/pending" + page_query(cursor, limit), PageSchema[PendingSummarySchema]
        )

    @operation
    def decision(self, transfer: str) -> ApiRequest[DecisionSchema]:
        return ApiRequest("GET", api_path("propagation", "transfers", transfer), DecisionSchema)

    @operation
    def approve_transfer(self, transfer: str, digest: str) -> ApiRequest[DecisionSchema]:
        return _decide("transfers", transfer, "approval", digest=digest)

    @operation
    def refuse_transfer(self, transfer: str, digest: str, reason: str) -> ApiRequest[DecisionSchema]:
        return _decide("transfers", transfer, "refusal", digest=digest, reason=reason)


def _decide(kind: str, id: str, outcome: str, **body: str) -> ApiRequest[DecisionSchema]:
    return ApiRequest("POST", api_path("propagation", kind, id, outcome), DecisionSchema, body)
