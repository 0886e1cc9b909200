"""Why is something refused at the counter? Each reason has its own name, so that the page can say what to do."""

from services.kit.refusals import Conflict, Gone, NotFound, Unavailable


class LinkUnknown(NotFound):
    """There is no such link; it may have been copied incompletely."""

    french = "Ce lien n'existe pas ; il a peut-être été copié incomplètement."


class FileUnknown(NotFound):
    """This file is not part of this transfer."""

    french = "Ce fichier ne fait pas partie de cet envoi."


class TransferUnknown(NotFound):
    """There is no such transfer among those you sent."""

    french = "Cet envoi n'existe pas parmi ceux que vous avez faits."


class DownloadsExhausted(Gone):
    """This file has been downloaded as often as this link allows."""

    french = "Ce fichier a été téléchargé autant de fois que ce lien le permet."


class LinkExpired(Gone):
    """This link has expired."""

    french = "Ce lien a expiré."


class TransferWithdrawn(Gone):
    """The sender has withdrawn this transfer."""

    french = "L'expéditeur a supprimé cet envoi."


class TransferRefused(Gone):
    """An agent has refused this transfer."""

    french = "Un agent a refusé cet envoi."


class TransferLapsed(Gone):
    """Nobody approved this transfer in time."""

    french = "Personne n'a validé cet envoi à temps."


class TransferQuarantined(Gone):
    """What is stored is not what was sent, so nothing of it is handed out; we have been alerted."""

    french = "Ce qui est conservé n'est pas ce qui a été envoyé : rien n'en est remis, et nous sommes alertés."


class FileSuspended(Gone):
    """Too many downloads of this file were broken off; the sender can open it again."""

    french = "Trop de téléchargements de ce fichier ont été interrompus ; l'expéditeur peut le rouvrir."


class ArchivesSuspended(Gone):
    """Too many downloads of everything at once were broken off; the sender can open them again."""

    french = "Trop de téléchargements groupés ont été interrompus ; l'expéditeur peut les rouvrir."


class DownloadUnknown(NotFound):
    """This download is not known, or no longer; begin another one."""

    french = "Ce téléchargement n'est pas connu, ou ne l'est plus ; commencez-en un autre."


class DownloadAlreadyDone(Conflict):
    """This download is complete; begin another one to have the file again."""

    french = "Ce téléchargement est terminé ; commencez-en un autre pour obtenir de nouveau le fichier."


class DownloadSpent(Conflict):
    """This download has carried the file twice without completing it; begin another one."""

    french = "Ce téléchargement a transporté deux fois le fichier sans aboutir ; commencez-en un autre."


class PrefetchRefused(Conflict):
    """A file is handed to somebody who asks for it, not fetched ahead."""

    french = "Un fichier est remis à qui le demande, pas chargé d'avance."


class RangeNotSatisfiable(Gone):
    """Only one range inside the file can be asked for at a time."""

    status = 416
    french = "On ne peut demander qu'une plage à la fois, à l'intérieur du fichier."


class CounterBusy(Unavailable):
    """Many downloads are running; try again in a moment, nothing was spent."""

    french = "De nombreux téléchargements sont en cours ; réessayez dans un instant, rien n'est décompté."
