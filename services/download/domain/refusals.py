"""The refusals of the download service; each reason has a name of its own, so that pages can say what to do."""

from services.kit.refusals import Conflict, Forbidden, Gone, NotFound, TooManyRequests, Unavailable


class LinkUnknown(NotFound):
    """There is no such link; it may have been copied incompletely."""

    title_fr = "Ce lien n'existe pas ; il a peut-être été copié incomplètement."


class FileUnknown(NotFound):
    """This file is not part of this transfer."""

    title_fr = "Ce fichier ne fait pas partie de cet envoi."


class TransferUnknown(NotFound):
    """There is no such transfer among those you sent."""

    title_fr = "Cet envoi n'existe pas parmi ceux que vous avez faits."


class AgentMailboxOnly(Forbidden):
    """The list of what was received is for agents; everybody else has the links in their mails."""

    title_fr = "La liste des envois reçus est réservée aux agents ; les autres ont les liens dans leurs courriels."


class DownloadsExhausted(Gone):
    """This file has been downloaded as often as this link allows."""

    title_fr = "Ce fichier a été téléchargé autant de fois que ce lien le permet."
    done: int | None
    running: int | None
    files: list[str] | None


class DownloadsRunning(TooManyRequests):
    """All downloads that are left of this file are running; try again soon, nothing was spent."""

    title_fr = "Les téléchargements restants de ce fichier sont en cours ; réessayez bientôt, rien n'est décompté."
    done: int | None
    running: int | None
    files: list[str] | None


class LinkExpired(Gone):
    """This link has expired."""

    title_fr = "Ce lien a expiré."


class LinkRevoked(Gone):
    """The sender has revoked this link."""

    title_fr = "L'expéditeur a révoqué ce lien."


class RecipientUnknown(NotFound):
    """This transfer was not sent to that address."""

    title_fr = "Cet envoi n'a pas été fait à cette adresse."


class RecipientHasNoLink(Conflict):
    """This recipient has no link yet: an agent must approve the transfer first."""

    title_fr = "Ce destinataire n'a pas encore de lien : un agent doit d'abord valider l'envoi."


class LastApproverNeeded(Conflict):
    """Nobody else could approve this transfer for those who wait for it; revoke them first, or delete the transfer."""

    title_fr = (
        "Personne d'autre ne pourrait valider l'envoi pour ceux qui attendent ; révoquez-les d'abord, ou supprimez-le."
    )


class ResentLately(TooManyRequests):
    """The mail with the link was sent again a few minutes ago; wait a little before the next one."""

    title_fr = "Le courriel avec le lien a été renvoyé il y a quelques minutes ; patientez avant le suivant."


class ResentOften(TooManyRequests):
    """The mail with the link was already sent again five times within a day; try again tomorrow."""

    title_fr = "Le courriel avec le lien a déjà été renvoyé cinq fois en un jour ; réessayez demain."


class RemindedLately(TooManyRequests):
    """This recipient was reminded less than a day ago."""

    title_fr = "Ce destinataire a été relancé il y a moins d'un jour."


class EverythingDownloaded(Conflict):
    """This recipient has downloaded everything: there is nothing to be reminded of."""

    title_fr = "Ce destinataire a tout téléchargé : il n'y a rien à lui rappeler."


class NobodyToRemind(Conflict):
    """There is nobody to remind: each recipient has everything, waits for an approval, or was reminded today."""

    title_fr = (
        "Il n'y a personne à relancer : chacun a tout téléchargé, attend une validation ou a été relancé aujourd'hui."
    )


class TransferDeleted(Gone):
    """The sender has withdrawn this transfer."""

    title_fr = "L'expéditeur a supprimé cet envoi."


class TransferNotApproved(Gone):
    """An agent has refused this transfer."""

    title_fr = "Un agent a refusé cet envoi."


class TransferLapsed(Gone):
    """Nobody approved this transfer in time."""

    title_fr = "Personne n'a validé cet envoi à temps."


class TransferInQuarantine(Gone):
    """What is stored is not what was sent, so nothing of it is handed out; we have been alerted."""

    title_fr = "Ce qui est conservé n'est pas ce qui a été envoyé : rien n'en est remis, et nous sommes alertés."


class DownloadsSuspended(Gone):
    """This file was sent far too often through this link; the sender can open it again."""

    title_fr = "Ce fichier a été transmis bien trop de fois par ce lien ; l'expéditeur peut le rouvrir."
    files: list[str] | None


class DownloadStillRunning(Unavailable):
    """Another request of this download is still sending these bytes; try again in a moment, nothing was spent."""

    title_fr = (
        "Une autre requête de ce téléchargement envoie encore ces octets ; réessayez bientôt, rien n'est décompté."
    )


class DownloadUnknown(NotFound):
    """This download is not known, or no longer; begin another one."""

    title_fr = "Ce téléchargement n'est pas connu, ou ne l'est plus ; commencez-en un autre."


class DownloadAlreadyDone(Conflict):
    """This download is complete; begin another one to have the file again."""

    title_fr = "Ce téléchargement est terminé ; commencez-en un autre pour obtenir de nouveau le fichier."
    left: int | None


class DownloadSpent(Conflict):
    """This download has carried the file twice without completing it; begin another one."""

    title_fr = "Ce téléchargement a transporté deux fois le fichier sans aboutir ; commencez-en un autre."


class PrefetchRefused(Conflict):
    """A file is handed to somebody who asks for it, not fetched ahead."""

    title_fr = "Un fichier est remis à qui le demande, pas chargé d'avance."


class RangeNotSatisfiable(Gone):
    """The range that was asked for lies outside the file."""

    status = 416
    title_fr = "La plage demandée se trouve en dehors du fichier."
    size_bytes: int


class TooManyDownloads(Unavailable):
    """Many downloads are running; try again in a moment, nothing was spent."""

    title_fr = "De nombreux téléchargements sont en cours ; réessayez dans un instant, rien n'est décompté."


ENDED = (LinkExpired, TransferDeleted, TransferNotApproved, TransferLapsed, TransferInQuarantine)
"""Why nothing of a transfer is handed out any more."""
CLOSED_TO_RECIPIENT = (LinkUnknown, TransferUnknown, LinkRevoked, *ENDED)
"""Why a link does not work, or not any more."""
NO_LEASE = (DownloadsExhausted, DownloadsRunning, DownloadsSuspended)
"""Why no download can be started now."""
