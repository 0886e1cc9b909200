"""The fields of a draft: recipients, subject, text, validity and language."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DraftFields:
    """None leaves a field unchanged; an entry of a list may itself be a pasted list of addresses."""

    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str | None = None
    text: str | None = None
    validity_days: int | None = None
    language: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields as the API takes them."""
        lists = {"to": list(self.to), "cc": list(self.cc), "bcc": list(self.bcc)}
        rest = {name: getattr(self, name) for name in ("subject", "text", "validity_days", "language")}
        return lists | {name: value for name, value in rest.items() if value is not None}
