"""The responses of the propagation service."""

from client.schemas.values import ApiSchema, Count, DocumentSchema, Moment, PersonSchema, RecipientSchema


class DeclaredSenderSchema(ApiSchema):
    """The sender as an approver is shown them."""

    address: str
    role: str
    declared_name: str


class SnapshotFileSchema(ApiSchema):
    """A file as an approver is shown it."""

    path: str
    size_bytes: Count
    sha256: str


class SnapshotSchema(ApiSchema):
    """A transfer as an approver is shown it, with the digest that a decision must repeat."""

    transfer: str
    sender: DeclaredSenderSchema
    recipients: list[RecipientSchema]
    subject: str
    text: str
    files: list[SnapshotFileSchema]
    submitted_at: Moment
    ends_at: Moment
    digest: str = ""


class OutcomeSchema(ApiSchema):
    """What was decided, by whom and when."""

    outcome: str
    by: PersonSchema
    at: Moment
    reason: str = ""


class DecisionSchema(DocumentSchema):
    """A transfer and the state of the decision about it."""

    state: str
    decide_by: Moment | None
    decided: OutcomeSchema | None
    may_decide: bool
    approvers: list[str]
    snapshot: SnapshotSchema


class PendingSummarySchema(ApiSchema):
    """A transfer in the list of pending decisions."""

    transfer: str
    sender: DeclaredSenderSchema
    subject: str
    files: Count
    decide_by: Moment
