"""Submitting a draft: what prevents it, who has to approve, and the event."""

from datetime import datetime, timedelta
from typing import Any

from services.contracts.upload import TransferSubmitted
from services.contracts.values import Parcel, Recipient, SentFile
from services.kit.addresses import Domains, mailbox_of
from services.kit.refusals import NotFound, Refusal, TooManyRequests, Unprocessable
from services.upload.domain.draft_edits import TooManyRecipients
from services.upload.domain.files import TooManyFiles, TransferTooLarge
from services.upload.domain.limits import Limits
from services.upload.domain.recipients import merge_recipients
from services.upload.domain.transfer import File, Sender, Transfer


class RecipientMissing(Unprocessable):
    """There is no recipient yet."""

    title_fr = "Il n'y a pas encore de destinataire."
    problems: list[dict[str, Any]] | None


class RecipientsUnreadable(Unprocessable):
    """Some recipients are not mail addresses; correct or remove them."""

    title_fr = "Certains destinataires ne sont pas des adresses de messagerie ; corrigez-les ou retirez-les."
    unreadable: list[str]
    problems: list[dict[str, Any]] | None


class SubjectMissing(Unprocessable):
    """There is no subject yet."""

    title_fr = "Il n'y a pas encore d'objet."
    problems: list[dict[str, Any]] | None


class FileMissing(Unprocessable):
    """There is no file yet."""

    title_fr = "Il n'y a pas encore de fichier."
    problems: list[dict[str, Any]] | None


class FilesIncomplete(Unprocessable):
    """Some files are not uploaded completely; wait for them or remove them."""

    title_fr = "Certains fichiers ne sont pas arrivés en entier ; attendez-les ou retirez-les."
    files: list[str]
    problems: list[dict[str, Any]] | None


class AgentNeeded(Unprocessable):
    """To write to people outside the ministries, add at least one agent who can approve the transfer."""

    title_fr = "Pour écrire à des personnes extérieures, ajoutez au moins un agent qui pourra valider l'envoi."
    problems: list[dict[str, Any]] | None


class TooManyTransfers(TooManyRequests):
    """You have sent as many transfers as one day allows; go on tomorrow."""

    title_fr = "Vous avez fait autant d'envois qu'une journée le permet ; continuez demain."
    limit: int


INCOMPLETE: tuple[type[Refusal], ...] = (
    RecipientMissing,
    RecipientsUnreadable,
    TooManyRecipients,
    AgentNeeded,
    SubjectMissing,
    FileMissing,
    FilesIncomplete,
    TooManyFiles,
    TransferTooLarge,
)
"""What prevents a submission."""


def recipients_of(transfer: Transfer, agents: Domains) -> tuple[Recipient, ...]:
    """Return the recipients; for a draft, those it would be sent to now."""
    return transfer.recipients or merge_recipients(transfer.lists, agents, transfer.spellings)


def approvers_of(sender: Sender, recipients: tuple[Recipient, ...]) -> list[str]:
    """Return the addresses of the possible approvers: the agents, except aliases of the sender."""
    me = mailbox_of(sender.address)
    return [one.address for one in recipients if one.role == "agent" and mailbox_of(one.address) != me]


def needs_approval(sender: Sender, recipients: tuple[Recipient, ...]) -> bool:
    """Return true if an external sender writes to an external recipient."""
    return sender.role == "external" and any(one.role == "external" for one in recipients)


def problems(draft: Transfer, limits: Limits, agents: Domains) -> list[Refusal]:
    """Return everything that prevents the submission, in the order of the page."""
    return [*_recipient_problems(draft, limits, agents), *_content_problems(draft, limits)]


def submit(
    draft: Transfer, sender: Sender, limits: Limits, agents: Domains, now: datetime
) -> tuple[Transfer, list[TransferSubmitted]]:
    """Submit the draft; it ends after its days of 24 hours, counted from now. A repetition changes nothing."""
    if draft.submitted_at is not None:
        return draft, []
    if draft.state != "draft":
        raise NotFound()
    current = draft.evolve(sender=sender)
    refuse_incomplete(current, limits, agents)
    ends_at = now + timedelta(days=draft.validity_days)
    recipients = recipients_of(current, agents)
    after = current.evolve(state="submitted", submitted_at=now, updated_at=now, ends_at=ends_at, recipients=recipients)
    return after, [TransferSubmitted(parcel=_parcel_of(after, now, ends_at))]


def refuse_incomplete(draft: Transfer, limits: Limits, agents: Domains) -> None:
    """Refuse a draft that cannot be submitted, with its first problem; the refusal lists all."""
    found = problems(draft, limits, agents)
    if found:
        found[0].members["problems"] = [problem_view(problem) for problem in found]
        raise found[0]


def problem_view(problem: Refusal) -> dict[str, Any]:
    """Return a problem as the JSON of a draft shows it."""
    titles = {language: problem.title(language) for language in ("fr", "en")}
    members = {name: value for name, value in problem.members.items() if name != "problems"}
    return {**members, "slug": problem.slug(), "type": f"/problems/{problem.slug()}", "titles": titles}


def _recipient_problems(draft: Transfer, limits: Limits, agents: Domains) -> list[Refusal]:
    recipients = recipients_of(draft, agents)
    found: list[Refusal] = []
    if not recipients and not draft.unreadable:
        found.append(RecipientMissing())
    if draft.unreadable:
        found.append(RecipientsUnreadable(unreadable=[entry.text for entry in draft.unreadable]))
    if len(recipients) > limits.recipients:
        found.append(TooManyRecipients(limit=limits.recipients, recipients=len(recipients)))
    if needs_approval(draft.sender, recipients) and not approvers_of(draft.sender, recipients):
        found.append(AgentNeeded())
    return found


def _content_problems(draft: Transfer, limits: Limits) -> list[Refusal]:
    found: list[Refusal] = []
    if not draft.subject:
        found.append(SubjectMissing())
    if not draft.files:
        found.append(FileMissing())
    incomplete = [id for id, file in draft.files.items() if file.state != "complete"]
    if incomplete:
        found.append(FilesIncomplete(files=incomplete))
    if len(draft.files) > limits.files:
        found.append(TooManyFiles(limit=limits.files))
    limit = limits.total_bytes.of(draft.sender.role)
    if draft.total_bytes > limit:
        found.append(TransferTooLarge(limit_bytes=limit, size_bytes=draft.total_bytes))
    return found


def _parcel_of(transfer: Transfer, submitted_at: datetime, ends_at: datetime) -> Parcel:
    return Parcel(
        **dict(transfer.reference()),
        recipients=transfer.recipients,
        text=transfer.text,
        files=tuple(_sent_file(id, file) for id, file in transfer.files.items()),
        submitted_at=submitted_at,
        ends_at=ends_at,
    )


def _sent_file(id: str, file: File) -> SentFile:
    return SentFile(
        file=id,
        path=file.path,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        crc32=file.crc32,
        object_key=file.key,
        parts=file.parts,
        modified_at=file.modified_at,
    )
