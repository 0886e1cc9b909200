"""Help for each problem: what to do next and whom to contact; the title of the problem says what happened."""

from typing import NamedTuple

from portal.language import translatable as _


class ProblemHelp(NamedTuple):
    """A heading, the next step, whom to contact besides the operator, and optionally a link to another page."""

    heading: str
    next_step: str
    contact: str = ""
    link: str = ""
    link_text: str = ""


SENDER = _("The sender: their address is in the mail that brought you the link.")
ASK_LINK = ("/access", _("Ask for an access link"))
TRANSFERS = ("/transfers", _("All transfers"))
HOME = ("/", _("Go to the home page"))

GENERAL = ProblemHelp(_("This did not work"), _("Try again. If it happens once more, tell us the reference below."))
NOTHING_HERE = ProblemHelp(
    _("There is nothing here"),
    _("Check that the address was copied whole. A link from a mail must be copied up to its last character."),
    link=HOME[0],
    link_text=HOME[1],
)
START_AGAIN = ProblemHelp(
    _("This download cannot go on"),
    _("Open the link in your mail again, and begin it anew. What was broken off is not counted."),
)

HELP_BY_SLUG = {
    "downloads-exhausted": ProblemHelp(
        _("Download limit reached"),
        _("The files that you have already downloaded stay yours. To have this one again, ask for it to be sent anew."),
        SENDER,
    ),
    "downloads-running": ProblemHelp(
        _("All downloads that are left are running"),
        _("One that was interrupted is free again within 90 seconds. Then open the link in your mail again."),
    ),
    "download-already-done": ProblemHelp(
        _("This download is complete"),
        _("Look among your browser's downloads. To have the file once more, open the link in your mail again."),
    ),
    "download-spent": START_AGAIN,
    "download-unknown": START_AGAIN,
    "link-expired": ProblemHelp(
        _("This link has expired"),
        _("It was kept until its end date, then deleted. If you still need it, ask for it to be sent anew."),
        SENDER,
    ),
    "transfer-withdrawn": ProblemHelp(
        _("The sender has deleted this transfer"),
        _("Nothing of it can be downloaded any more. If you still need it, ask for it to be sent anew."),
        SENDER,
    ),
    "link-revoked": ProblemHelp(
        _("This link was revoked"),
        _("The sender took it back; nothing can be downloaded with it any more. If that surprises you, ask them."),
        SENDER,
    ),
    "resent-lately": ProblemHelp(
        _("The mail was sent again a moment ago"),
        _("Give it ten minutes to arrive, and ask the recipient to look among unwanted mail, too."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "resent-often": ProblemHelp(
        _("This mail was already sent several times"),
        _("Check the address with the recipient, and that the mail is not among unwanted mail. Try again tomorrow."),
    ),
    "reminded-lately": ProblemHelp(
        _("Already reminded today"),
        _("Nobody is reminded more than once a day. Try again tomorrow."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "nobody-to-remind": ProblemHelp(
        _("There is nobody to remind"),
        _("Each recipient has downloaded everything, waits for an approval, or was reminded less than a day ago."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "everything-downloaded": ProblemHelp(
        _("There is nobody to remind"),
        _("This recipient has downloaded everything. You need do nothing."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "recipient-has-no-link": ProblemHelp(
        _("This recipient has no link yet"),
        _("They get one when an agent approves the transfer; until then there is nothing to send."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "last-approver-needed": ProblemHelp(
        _("This agent is still needed"),
        _("Somebody waits for an approval that nobody else could give. Revoke them first, or delete the transfer."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "transfer-ended": ProblemHelp(
        _("This transfer has ended"),
        _("It can no longer be extended. If it is still needed, send it anew."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "validity-shortened": ProblemHelp(
        _("A transfer cannot be shortened"),
        _("Choose a later end. To end it now, delete it."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "transfer-refused": ProblemHelp(
        _("This transfer was refused"),
        _("An agent decided not to pass it on; the sender was told why. Nothing of it can be downloaded."),
        SENDER,
    ),
    "transfer-lapsed": ProblemHelp(
        _("Nobody approved this transfer in time"),
        _("It can no longer be downloaded. If you still need it, ask for it to be sent anew."),
        SENDER,
    ),
    "transfer-quarantined": ProblemHelp(
        _("This transfer is under examination"), _("You need do nothing: we are looking into it, and the sender knows.")
    ),
    "file-suspended": ProblemHelp(
        _("This file is suspended"),
        _("Ask the sender: they can open it again from the tracking page. What was broken off is not counted."),
        SENDER,
    ),
    "link-unknown": NOTHING_HERE,
    "not-found": NOTHING_HERE,
    "transfer-unknown": NOTHING_HERE,
    "one-time-link-unknown": ProblemHelp(
        _("This access link is not known"),
        _("Copy the whole link from the mail, or ask for another one: it takes a minute."),
        link=ASK_LINK[0],
        link_text=ASK_LINK[1],
    ),
    "one-time-link-expired": ProblemHelp(
        _("This access link has expired"),
        _("An access link lives for an hour. Ask for another one: it takes a minute."),
        link=ASK_LINK[0],
        link_text=ASK_LINK[1],
    ),
    "link-already-used": ProblemHelp(
        _("This access link has already been used"),
        _("Each link opens one session. If it was not you who used it, tell us the reference below."),
        link=ASK_LINK[0],
        link_text=ASK_LINK[1],
    ),
    "link-spent-by-wrong-keys": ProblemHelp(
        _("This access link was closed"),
        _("After several wrong keys a link is closed, to protect your mailbox. Ask for another one."),
        link=ASK_LINK[0],
        link_text=ASK_LINK[1],
    ),
    "transfer-already-withdrawn": ProblemHelp(
        _("There is nothing left to decide"), _("The sender has deleted this transfer. You need do nothing.")
    ),
    "transfer-already-quarantined": ProblemHelp(
        _("There is nothing left to decide"),
        _("What is stored is not what was sent, so nothing is handed out. You need do nothing: we have been alerted."),
    ),
    "nobody-waits": ProblemHelp(
        _("There is nothing left to decide"),
        _("The sender has revoked all who waited for an approval. You need do nothing."),
    ),
    "approval-already-lapsed": ProblemHelp(
        _("It is too late to decide"),
        _("The time to decide is over, and the sender was told. If it is still needed, it can be sent anew."),
    ),
    "agent-mailbox-only": ProblemHelp(
        _("This page is for agents"), _("What was sent to you is in your mails."), link="/", link_text=HOME[1]
    ),
    "agents-only": ProblemHelp(
        _("This page is for agents"), _("Only agents decide on transfers."), link="/", link_text=HOME[1]
    ),
    "too-many-requests": ProblemHelp(_("Too many requests"), _("Wait a little, then try again.")),
    "challenges-too-many": ProblemHelp(_("Too many requests"), _("Wait a little, then try again.")),
    "mailbox-sent-enough": ProblemHelp(
        _("Look in your mailbox"),
        _("Links were sent a short while ago; look among unwanted mail, too. Otherwise wait a little, then try again."),
    ),
    "links-too-many": ProblemHelp(
        _("Too many requests"),
        _("No link was sent. Many share this limit; it says nothing of your address. Try again within the hour."),
    ),
    "too-many-transfers": ProblemHelp(_("The limit of the day is reached"), _("Your draft is kept. Go on tomorrow.")),
    "too-many-drafts": ProblemHelp(
        _("Too many drafts"), _("Send or delete one of your drafts first."), link="/drafts", link_text=_("My drafts")
    ),
    "session-changed": ProblemHelp(
        _("The session has changed"),
        _("Somebody else is signed in here now. Sign in as the person who opened this page, or open it again."),
    ),
    "form-from-elsewhere": ProblemHelp(
        _("This form is out of date"), _("Go back, load the page again, and send the form once more.")
    ),
    "content-too-large": ProblemHelp(_("This is too large"), _("Go back and send less at a time.")),
    "counter-busy": ProblemHelp(
        _("Many people are downloading right now"),
        _("Nothing was counted. Open the link in your mail again in a few moments."),
    ),
    "unavailable": ProblemHelp(
        _("The service is not available for the moment"), _("Nothing was lost. Try again in a few moments.")
    ),
    "method-not-allowed": NOTHING_HERE,
    "internal-error": GENERAL,
}


OUTAGES = {
    "auth": _("Access links and sessions do not work for the moment."),
    "upload": _("Drafts and sending do not work for the moment."),
    "propagation": _("Approvals do not work for the moment."),
    "download": _("Downloading and tracking do not work for the moment."),
}
"""What does not work while a service is down."""
OUTAGE_SLUGS = ("unavailable", "timed-out")


def help_for(slug: str) -> ProblemHelp:
    """Return the help for a problem, or general help for an unknown one."""
    return HELP_BY_SLUG.get(OUTAGE_SLUGS[0] if slug in OUTAGE_SLUGS else slug, GENERAL)


def outage(slug: str, service: str) -> str:
    """Return what does not work when this service answers with this problem; empty for problems of another kind."""
    return OUTAGES.get(service, "") if slug in OUTAGE_SLUGS else ""
