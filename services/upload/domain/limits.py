"""How much may be sent, and for how long is what kept? Values that an operator sets and every rule reads."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from services.contracts.values import Role

MIB = 2**20


class ByRole(BaseModel):
    """One figure for agents, one for everybody else."""

    model_config = ConfigDict(frozen=True)

    agent: int
    external: int

    def of(self, role: Role) -> int:
        """The figure for somebody of this role."""
        return self.agent if role == "agent" else self.external


class Limits(BaseModel):
    """What one send may hold; the public document of limits is made of it."""

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
    """How long what is kept: drafts that nobody touches, bytes that may still arrive late, the history of a transfer.

    `late_bytes` is the time after which no part that was authorised before a removal can still be arriving;
    `overdue` the time after the last day at which a transfer is closed although nobody announced its end; `evidence`
    is how long bytes that are not what was declared stay for the operators to look at.
    """

    model_config = ConfigDict(frozen=True)

    drafts: timedelta
    late_bytes: timedelta
    overdue: timedelta
    evidence: timedelta
    history: timedelta
