"""Limits and retention times; set by the operator, read by every rule."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from services.contracts.values import Role

MIB = 2**20


class ByRole(BaseModel):
    """A limit for agents, and one for external persons."""

    model_config = ConfigDict(frozen=True)

    agent: int
    external: int

    def of(self, role: Role) -> int:
        """Return the limit of this role."""
        return self.agent if role == "agent" else self.external


class Limits(BaseModel):
    """The limits of drafts and transfers; most of them are public."""

    model_config = ConfigDict(frozen=True)

    total_bytes: ByRole
    files: int
    recipients: int
    drafts: int
    transfers_per_day: ByRole
    refused_extensions: frozenset[str]
    subject_characters: int
    text_characters: int
    name_characters: int
    path_characters: int
    folders: int
    shortest_validity_days: int
    longest_validity_days: int
    usual_validity_days: int
    smallest_part_bytes: int = 8 * MIB
    largest_part_bytes: int = 64 * MIB


class Retention(BaseModel):
    """How long data are kept.

    `drafts` is the time after which a draft without edits is discarded; `late_bytes` the time after which no part that
    was authorised before a removal can be arriving; `overdue` the time after the last day at which a transfer is closed
    although nobody announced its end; `evidence` the time for which the bytes of a quarantined transfer are kept;
    `history` the time for which a closed transfer is kept.
    """

    model_config = ConfigDict(frozen=True)

    drafts: timedelta
    late_bytes: timedelta
    overdue: timedelta
    evidence: timedelta
    history: timedelta
