"""Whose portal is this? A folder with names, links and colours, that an operator may mount in place of ours."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from portal.language import Said

OURS = Path(__file__).parent / "themes" / "default"


class Link(BaseModel):
    """A link of the foot of the page."""

    model_config = ConfigDict(frozen=True)

    words: Said
    url: str


class Theme(BaseModel):
    """`contact` is whom people ask: words for the reader, and maybe an address."""

    model_config = ConfigDict(frozen=True)

    name: str
    operator: Said
    contact: Said
    contact_mail: str = ""
    legal: Said
    privacy: Said
    links: tuple[Link, ...] = ()


def theme_in(folder: Path) -> Theme:
    """The theme of a folder; refuses one whose words are not complete."""
    return Theme.model_validate_json((folder / "theme.json").read_text(encoding="utf-8"))
