"""The refusals of a decision."""

from services.kit.refusals import Conflict, Gone


class AlreadyDecided(Conflict):
    """Another approver has already decided on this transfer."""

    title_fr = "Un autre agent a déjà décidé pour cet envoi."
    outcome: str
    decided_by: str
    decided_at: str


class TransferAlreadyWithdrawn(Gone):
    """The sender has withdrawn this transfer: there is nothing left to decide."""

    title_fr = "L'expéditeur a supprimé cet envoi : il n'y a plus rien à décider."


class ApprovalAlreadyLapsed(Gone):
    """Nobody decided in time: this transfer can no longer be approved or refused."""

    title_fr = "Personne n'a décidé à temps : cet envoi ne peut plus être validé ni refusé."


class ExternalRecipientsRevoked(Gone):
    """The sender has revoked all external recipients: there is nothing left to decide."""

    title_fr = "L'expéditeur a révoqué tous les destinataires externes : il n'y a plus rien à décider."


class ApprovalSnapshotStale(Conflict):
    """The transfer has changed since you read it; read it again, then decide."""

    title_fr = "L'envoi a changé depuis que vous l'avez lu ; relisez-le, puis décidez."


class TransferAlreadyQuarantined(Gone):
    """The files are not what their sender declared: this transfer was stopped, there is nothing left to decide."""

    title_fr = (
        "Les fichiers ne sont pas ceux que l'expéditeur a annoncés : l'envoi est arrêté, il n'y a plus rien à décider."
    )


UNDECIDABLE = (
    AlreadyDecided,
    TransferAlreadyWithdrawn,
    ApprovalAlreadyLapsed,
    ExternalRecipientsRevoked,
    ApprovalSnapshotStale,
    TransferAlreadyQuarantined,
)
"""Why a decision cannot be taken, or not yet on what was read."""
