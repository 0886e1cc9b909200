"""Why can nothing be decided?"""

from services.kit.refusals import Conflict, Gone


class AlreadyDecided(Conflict):
    """Another approver has already decided on this transfer."""

    title_fr = "Un autre agent a déjà décidé pour cet envoi."


class TransferAlreadyWithdrawn(Gone):
    """The sender has withdrawn this transfer: there is nothing left to decide."""

    title_fr = "L'expéditeur a supprimé cet envoi : il n'y a plus rien à décider."


class ApprovalAlreadyLapsed(Gone):
    """Nobody decided in time: this transfer can no longer be approved or refused."""

    title_fr = "Personne n'a décidé à temps : cet envoi ne peut plus être validé ni refusé."


class NobodyWaits(Gone):
    """The sender has revoked all who waited for an approval: there is nothing left to decide."""

    title_fr = "L'expéditeur a révoqué tous ceux qui attendaient une validation : il n'y a plus rien à décider."


class ShownDiffers(Conflict):
    """This is not what was shown; read it again and decide again."""

    title_fr = "Ce n'est pas ce qui a été affiché ; relisez l'envoi, puis décidez."


class TransferAlreadyQuarantined(Gone):
    """The files are not what their sender declared: this transfer was stopped, there is nothing left to decide."""

    title_fr = (
        "Les fichiers ne sont pas ceux que l'expéditeur a annoncés : l'envoi est arrêté, il n'y a plus rien à décider."
    )
