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


SENDER = _("The sender: their address is in the email with the link.")
ASK_LINK = ("/access", _("Request an access link"))
TRANSFERS = ("/transfers", _("All transfers"))
HOME = ("/", _("Go to the home page"))

GENERAL = ProblemHelp(
    _("Something went wrong"), _("Try again. If it happens again, contact us with the reference below.")
)
NOTHING_HERE = ProblemHelp(
    _("Page not found"),
    _("Check that you copied the whole address, up to its last character."),
    link=HOME[0],
    link_text=HOME[1],
)
START_AGAIN = ProblemHelp(
    _("This download cannot be resumed"),
    _("Reopen the link in your email and start the download again. Interrupted downloads are not counted."),
)

HELP_BY_SLUG = {
    "downloads-exhausted": ProblemHelp(
        _("Download limit reached"),
        _("You keep the files you have already downloaded. To get this one again, ask the sender to send it again."),
        SENDER,
    ),
    "downloads-running": ProblemHelp(
        _("All remaining downloads are in progress"),
        _("An interrupted download becomes available again within 90 seconds. Then reopen the link in your email."),
    ),
    "download-already-done": ProblemHelp(
        _("This download is complete"),
        _("Look in your browser's downloads. To download the file again, reopen the link in your email."),
    ),
    "download-spent": START_AGAIN,
    "download-unknown": START_AGAIN,
    "link-expired": ProblemHelp(
        _("This link has expired"),
        _(
            "The transfer was kept until its end date, then deleted. "
            "If you still need it, ask the sender to send it again."
        ),
        SENDER,
    ),
    "transfer-deleted": ProblemHelp(
        _("The sender has deleted this transfer"),
        _("It can no longer be downloaded. If you still need it, ask the sender to send it again."),
        SENDER,
    ),
    "link-revoked": ProblemHelp(
        _("This link was revoked"),
        _("The sender revoked it, and it can no longer be used. If you did not expect this, contact the sender."),
        SENDER,
    ),
    "resent-lately": ProblemHelp(
        _("The email was sent again a moment ago"),
        _("Allow ten minutes for it to arrive, and ask the recipient to check their spam folder."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "resent-often": ProblemHelp(
        _("This email has already been sent several times"),
        _("Check the address with the recipient, and ask them to look in their spam folder. Try again tomorrow."),
    ),
    "reminded-lately": ProblemHelp(
        _("Already reminded today"),
        _("A recipient can be reminded only once a day. Try again tomorrow."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "nobody-to-remind": ProblemHelp(
        _("There is nobody to remind"),
        _("Each recipient has downloaded everything, is waiting for approval, or was reminded less than a day ago."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "everything-downloaded": ProblemHelp(
        _("There is nobody to remind"),
        _("This recipient has downloaded everything. You do not need to do anything."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "recipient-has-no-link": ProblemHelp(
        _("This recipient has no link yet"),
        _("They get one when an agent approves the transfer. Until then there is nothing to send."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "last-approver-needed": ProblemHelp(
        _("This agent is still needed"),
        _(
            "A recipient is waiting for an approval that only this agent can give. "
            "Revoke that recipient first, or delete the transfer."
        ),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "transfer-ended": ProblemHelp(
        _("This transfer has ended"),
        _("It can no longer be extended. If it is still needed, send it again."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "validity-shortened": ProblemHelp(
        _("The end date cannot be earlier"),
        _("Choose a later end date. To end the transfer now, delete it."),
        link=TRANSFERS[0],
        link_text=TRANSFERS[1],
    ),
    "transfer-not-approved": ProblemHelp(
        _("This transfer was refused"),
        _("An agent refused it and told the sender why. It can no longer be downloaded."),
        SENDER,
    ),
    "transfer-lapsed": ProblemHelp(
        _("Nobody approved this transfer in time"),
        _("It can no longer be downloaded. If you still need it, ask the sender to send it again."),
        SENDER,
    ),
    "transfer-in-quarantine": ProblemHelp(
        _("This transfer is being investigated"),
        _("You do not need to do anything: we are investigating, and the sender has been told."),
    ),
    "downloads-suspended": ProblemHelp(
        _("This file is suspended"),
        _("Ask the sender to reopen it from the tracking page. Interrupted downloads are not counted."),
        SENDER,
    ),
    "link-unknown": NOTHING_HERE,
    "not-found": NOTHING_HERE,
    "transfer-unknown": NOTHING_HERE,
    "one-time-link-unknown": ProblemHelp(
        _("This access link is unknown"),
        _("Copy the whole link from the email, or request a new one; it takes a minute."),
        link=ASK_LINK[0],
        link_text=ASK_LINK[1],
    ),
    "one-time-link-expired": ProblemHelp(
        _("This access link has expired"),
        _("An access link is valid for one hour. Request a new one; it takes a minute."),
        link=ASK_LINK[0],
        link_text=ASK_LINK[1],
    ),
    "link-already-used": ProblemHelp(
        _("This access link has already been used"),
        _("Each link opens one session. If you did not use it, contact us with the reference below."),
        link=ASK_LINK[0],
        link_text=ASK_LINK[1],
    ),
    "too-many-wrong-keys": ProblemHelp(
        _("This access link is blocked"),
        _("After several wrong keys, a link is blocked to protect your account. Request a new one."),
        link=ASK_LINK[0],
        link_text=ASK_LINK[1],
    ),
    "transfer-already-withdrawn": ProblemHelp(
        _("There is nothing left to decide"), _("The sender has deleted this transfer. You do not need to do anything.")
    ),
    "transfer-already-quarantined": ProblemHelp(
        _("There is nothing left to decide"),
        _(
            "The stored files are not what was sent, so they cannot be downloaded. "
            "You do not need to do anything: we have been alerted."
        ),
    ),
    "external-recipients-revoked": ProblemHelp(
        _("There is nothing left to decide"),
        _("The sender has revoked all recipients who were waiting for approval. You do not need to do anything."),
    ),
    "approval-already-lapsed": ProblemHelp(
        _("It is too late to decide"),
        _("The time to decide is over, and the sender has been told. If it is still needed, it can be sent again."),
    ),
    "agent-mailbox-only": ProblemHelp(
        _("This page is for agents"), _("The transfers sent to you are in your emails."), link="/", link_text=HOME[1]
    ),
    "agents-only": ProblemHelp(
        _("This page is for agents"), _("Only agents can approve or refuse transfers."), link="/", link_text=HOME[1]
    ),
    "too-many-requests": ProblemHelp(_("Too many requests"), _("Wait a moment, then try again.")),
    "too-many-challenges": ProblemHelp(_("Too many requests"), _("Wait a moment, then try again.")),
    "link-quota-exceeded": ProblemHelp(
        _("Check your email"),
        _("Links were sent recently: check your spam folder too. Otherwise, wait a moment and try again."),
    ),
    "too-many-link-requests": ProblemHelp(
        _("Too many requests"),
        _(
            "No link was sent. "
            "Many people share this limit, and it does not depend on your address. Try again within the hour."
        ),
    ),
    "too-many-transfers": ProblemHelp(_("Daily limit reached"), _("Your draft is saved. Continue tomorrow.")),
    "too-many-drafts": ProblemHelp(
        _("Too many drafts"), _("Send or delete one of your drafts first."), link="/drafts", link_text=_("My drafts")
    ),
    "session-changed": ProblemHelp(
        _("The session has changed"),
        _("Another person is signed in now. Sign in as the person who opened this page, or open it again."),
    ),
    "form-from-elsewhere": ProblemHelp(
        _("This form is out of date"), _("Go back, reload the page, and submit the form again.")
    ),
    "content-too-large": ProblemHelp(_("This is too large"), _("Go back and send less at once.")),
    "too-many-downloads": ProblemHelp(
        _("Many downloads are in progress"),
        _("Nothing was counted. Reopen the link in your email in a few moments."),
    ),
    "unavailable": ProblemHelp(
        _("The service is temporarily unavailable"), _("Nothing was lost. Try again in a few moments.")
    ),
    "method-not-allowed": NOTHING_HERE,
    "internal-error": GENERAL,
}


OUTAGES = {
    "auth": _("Access links and sign-in are temporarily unavailable."),
    "upload": _("Drafts and sending are temporarily unavailable."),
    "propagation": _("Approvals are temporarily unavailable."),
    "download": _("Downloads and tracking are temporarily unavailable."),
}
"""What does not work while a service is down."""
OUTAGE_SLUGS = ("unavailable", "timed-out")


def help_for(slug: str) -> ProblemHelp:
    """Return the help for a problem, or general help for an unknown one."""
    return HELP_BY_SLUG.get(OUTAGE_SLUGS[0] if slug in OUTAGE_SLUGS else slug, GENERAL)


def outage(slug: str, service: str) -> str:
    """Return what does not work when this service answers with this problem; empty for problems of another kind."""
    return OUTAGES.get(service, "") if slug in OUTAGE_SLUGS else ""
