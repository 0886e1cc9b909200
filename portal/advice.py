"""What helps after a refusal? What happened is the service's own sentence; here is what to do, and whom to ask."""

from typing import NamedTuple

from portal.language import marked as _


class Advice(NamedTuple):
    """A heading, what to do, whom to ask, and maybe the page that goes on from here."""

    heading: str
    to_do: str
    whom: str = ""
    link: str = ""
    link_words: str = ""


SENDER = _("The sender: their address is in the mail that brought you the link.")
ASK_LINK = ("/access", _("Ask for an access link"))
TRANSFERS = ("/transfers", _("All transfers"))
HOME = ("/", _("Go to the home page"))

GENERAL = Advice(_("This did not work"), _("Try again. If it happens once more, tell us the reference below."))
NOTHING = Advice(
    _("There is nothing here"),
    _("Check that the address was copied whole. A link from a mail must be copied up to its last character."),
    link=HOME[0],
    link_words=HOME[1],
)
ANEW = Advice(
    _("This download cannot go on"),
    _("Open the link in your mail again, and begin it anew. What was broken off is not counted."),
)

ADVICE = {
    "downloads-exhausted": Advice(
        _("Download limit reached"),
        _("The files that you have already downloaded stay yours. To have this one again, ask for it to be sent anew."),
        SENDER,
    ),
    "downloads-running": Advice(
        _("All downloads that are left are running"),
        _("One that was interrupted is free again within 90 seconds. Then open the link in your mail again."),
    ),
    "download-already-done": Advice(
        _("This download is complete"),
        _("Look among your browser's downloads. To have the file once more, open the link in your mail again."),
    ),
    "download-spent": ANEW,
    "download-unknown": ANEW,
    "link-expired": Advice(
        _("This link has expired"),
        _("It was kept until its end date, then deleted. If you still need it, ask for it to be sent anew."),
        SENDER,
    ),
    "transfer-withdrawn": Advice(
        _("The sender has deleted this transfer"),
        _("Nothing of it can be downloaded any more. If you still need it, ask for it to be sent anew."),
        SENDER,
    ),
    "link-revoked": Advice(
        _("This link was revoked"),
        _("The sender took it back; nothing can be downloaded with it any more. If that surprises you, ask them."),
        SENDER,
    ),
    "resent-lately": Advice(
        _("The mail was sent again a moment ago"),
        _("Give it ten minutes to arrive, and ask the recipient to look among unwanted mail, too."),
        link=TRANSFERS[0],
        link_words=TRANSFERS[1],
    ),
    "resent-often": Advice(
        _("This mail was already sent several times"),
        _("Check the address with the recipient, and that the mail is not among unwanted mail. Try again tomorrow."),
    ),
    "reminded-lately": Advice(
        _("Already reminded today"),
        _("Nobody is reminded more than once a day. Try again tomorrow."),
        link=TRANSFERS[0],
        link_words=TRANSFERS[1],
    ),
    "nobody-to-remind": Advice(
        _("There is nobody to remind"),
        _("Each recipient has downloaded everything, waits for an approval, or was reminded less than a day ago."),
        link=TRANSFERS[0],
        link_words=TRANSFERS[1],
    ),
    "everything-downloaded": Advice(
        _("There is nobody to remind"),
        _("This recipient has downloaded everything. You need do nothing."),
        link=TRANSFERS[0],
        link_words=TRANSFERS[1],
    ),
    "recipient-has-no-link": Advice(
        _("This recipient has no link yet"),
        _("They get one when an agent approves the transfer; until then there is nothing to send."),
        link=TRANSFERS[0],
        link_words=TRANSFERS[1],
    ),
    "last-approver-needed": Advice(
        _("This agent is still needed"),
        _("Somebody waits for an approval that nobody else could give. Revoke them first, or delete the transfer."),
        link=TRANSFERS[0],
        link_words=TRANSFERS[1],
    ),
    "transfer-ended": Advice(
        _("This transfer has ended"),
        _("It can no longer be extended. If it is still needed, send it anew."),
        link=TRANSFERS[0],
        link_words=TRANSFERS[1],
    ),
    "validity-shortened": Advice(
        _("A transfer cannot be shortened"),
        _("Choose a later end. To end it now, delete it."),
        link=TRANSFERS[0],
        link_words=TRANSFERS[1],
    ),
    "transfer-refused": Advice(
        _("This transfer was refused"),
        _("An agent decided not to pass it on; the sender was told why. Nothing of it can be downloaded."),
        SENDER,
    ),
    "transfer-lapsed": Advice(
        _("Nobody approved this transfer in time"),
        _("It can no longer be downloaded. If you still need it, ask for it to be sent anew."),
        SENDER,
    ),
    "transfer-quarantined": Advice(
        _("This transfer is under examination"), _("You need do nothing: we are looking into it, and the sender knows.")
    ),
    "file-suspended": Advice(
        _("This file is suspended"),
        _("Ask the sender: they can open it again from the tracking page. What was broken off is not counted."),
        SENDER,
    ),
    "link-unknown": NOTHING,
    "not-found": NOTHING,
    "transfer-unknown": NOTHING,
    "one-time-link-unknown": Advice(
        _("This access link is not known"),
        _("Copy the whole link from the mail, or ask for another one: it takes a minute."),
        link=ASK_LINK[0],
        link_words=ASK_LINK[1],
    ),
    "one-time-link-expired": Advice(
        _("This access link has expired"),
        _("An access link lives for an hour. Ask for another one: it takes a minute."),
        link=ASK_LINK[0],
        link_words=ASK_LINK[1],
    ),
    "link-already-used": Advice(
        _("This access link has already been used"),
        _("Each link opens one session. If it was not you who used it, tell us the reference below."),
        link=ASK_LINK[0],
        link_words=ASK_LINK[1],
    ),
    "too-many-wrong-keys": Advice(
        _("This access link was closed"),
        _("After several wrong keys a link is closed, to protect your mailbox. Ask for another one."),
        link=ASK_LINK[0],
        link_words=ASK_LINK[1],
    ),
    "transfer-already-withdrawn": Advice(
        _("There is nothing left to decide"), _("The sender has deleted this transfer. You need do nothing.")
    ),
    "transfer-already-quarantined": Advice(
        _("There is nothing left to decide"),
        _("What is stored is not what was sent, so nothing is handed out. You need do nothing: we have been alerted."),
    ),
    "external-recipients-revoked": Advice(
        _("There is nothing left to decide"),
        _("The sender has revoked all who waited for an approval. You need do nothing."),
    ),
    "approval-already-lapsed": Advice(
        _("It is too late to decide"),
        _("The time to decide is over, and the sender was told. If it is still needed, it can be sent anew."),
    ),
    "agent-mailbox-only": Advice(
        _("This page is for agents"), _("What was sent to you is in your mails."), link="/", link_words=HOME[1]
    ),
    "agents-only": Advice(
        _("This page is for agents"), _("Only agents decide on transfers."), link="/", link_words=HOME[1]
    ),
    "too-many-requests": Advice(_("Too many requests"), _("Wait a little, then try again.")),
    "too-many-challenges": Advice(_("Too many requests"), _("Wait a little, then try again.")),
    "link-quota-exceeded": Advice(
        _("Look in your mailbox"),
        _("Links were sent a short while ago; look among unwanted mail, too. Otherwise wait a little, then try again."),
    ),
    "too-many-link-requests": Advice(
        _("Too many requests"),
        _("No link was sent. Many share this limit; it says nothing of your address. Try again within the hour."),
    ),
    "too-many-transfers": Advice(_("The limit of the day is reached"), _("Your draft is kept. Go on tomorrow.")),
    "too-many-drafts": Advice(
        _("Too many drafts"), _("Send or delete one of your drafts first."), link="/drafts", link_words=_("My drafts")
    ),
    "session-changed": Advice(
        _("The session has changed"),
        _("Somebody else is signed in here now. Sign in as the person who opened this page, or open it again."),
    ),
    "form-from-elsewhere": Advice(
        _("This form is out of date"), _("Go back, load the page again, and send the form once more.")
    ),
    "content-too-large": Advice(_("This is too large"), _("Go back and send less at a time.")),
    "too-many-downloads": Advice(
        _("Many people are downloading right now"),
        _("Nothing was counted. Open the link in your mail again in a few moments."),
    ),
    "unavailable": Advice(
        _("The service is not available for the moment"), _("Nothing was lost. Try again in a few moments.")
    ),
    "method-not-allowed": NOTHING,
    "internal-error": GENERAL,
}


DOWN = {
    "auth": _("Access links and sessions do not work for the moment."),
    "upload": _("Drafts and sending do not work for the moment."),
    "propagation": _("Approvals do not work for the moment."),
    "download": _("Downloading and tracking do not work for the moment."),
}
"""What people must do without while a service is down."""
PASSING = ("unavailable", "timed-out")


def advice_on(slug: str) -> Advice:
    """What helps; something can always be said."""
    return ADVICE.get(PASSING[0] if slug in PASSING else slug, GENERAL)


def down(slug: str, service: str) -> str:
    """What does not work when this service gives this refusal; empty when the refusal is about something else."""
    return DOWN.get(service, "") if slug in PASSING else ""
