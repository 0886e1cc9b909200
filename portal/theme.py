"""The theme: a folder with names, links and colours, which an operator may mount in place of the default one."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from portal.language import Translated

DEFAULT_THEME = Path(__file__).parent / "themes" / "default"


class FooterLink(BaseModel):
    """A link in the page footer."""

    model_config = ConfigDict(frozen=True)

    text: Translated
    url: str


class Theme(BaseModel):
    """The texts of a theme; `contact` tells people where to get help, `contact_mail` is an optional address."""

    model_config = ConfigDict(frozen=True)

    name: str
    operator: Translated
    contact: Translated
    contact_mail: str = ""
    legal: Translated
    privacy: Translated
    links: tuple[FooterLink, ...] = ()


def load_theme(folder: Path) -> Theme:
    """Load the theme of a folder; `ValidationError` when a text is missing in one language."""
    return Theme.model_validate_json((folder / "theme.json").read_text(encoding="utf-8"))
