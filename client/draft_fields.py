"""What is written on a send: to whom, about what, for how long."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DraftFields:
    """None leaves a field as it is; an entry of the lists may itself be a pasted list."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str | None = None
    text: str | None = None
    validity_days: int | None = None
    language: str | None = None

    def fields(self) -> dict[str, Any]:
        """As a draft takes them."""
        lists = {"to": list(self.to), "cc": list(self.cc), "bcc": list(self.bcc)}
        rest = {name: getattr(self, name) for name in ("subject", "text", "validity_days", "language")}
        return lists | {name: value for name, value in rest.items() if value is not None}
