"""Updates the catalogues: run `python -m portal.locale` after a text changed, then translate what is new."""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from portal.language import CATALOGUES, LANGUAGES

PORTAL = Path(__file__).resolve().parent.parent
METHODS = [("templates/**.html", "jinja2.ext:babel_extract"), ("problem_help.py", "python")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def extracted() -> Catalog:
    """Return every marked text of the templates and of `problem_help.py`."""
    found = Catalog(project="melanissimo", charset="utf-8")
    for file, line, message, _comments, context in extract_from_dir(PORTAL, METHODS, OPTIONS, KEYWORDS):
        found.add(message, None, [(file, line)], context=context)
    return found


def updated(language: str, template: Catalog) -> Catalog:
    """Return the catalogue with new messages and without removed ones; in English the text is the message id."""
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    for message in catalogue if language == "en" else ():
        if message.id:
            message.string = tuple(message.id) if isinstance(message.id, list | tuple) else message.id
    return catalogue


def text_of(catalogue: Catalog) -> str:
    """Return the text of the catalogue file, without line numbers and dates, so that only texts make a difference."""
    out = io.BytesIO()
    write_po(out, catalogue, width=120, no_location=True, omit_header=False, sort_output=True)
    lines = out.getvalue().decode().splitlines()
    return "\n".join(line for line in lines if not line.startswith(('"POT-', '"PO-Rev'))) + "\n"


def main() -> int:
    """Write both catalogues; report how many messages are not translated yet."""
    template, missing = extracted(), 0
    for language in LANGUAGES:
        catalogue = updated(language, template)
        (CATALOGUES / language / "LC_MESSAGES" / "messages.po").write_text(text_of(catalogue), encoding="utf-8")
        missing += sum(1 for message in catalogue if message.id and not all(_strings(message.string)))
    sys.stdout.write(f"{len(template)} messages, {missing} without a translation\n")
    return 1 if missing else 0


def _strings(string: object) -> list[str]:
    return [str(one) for one in string] if isinstance(string, list | tuple) else [str(string or "")]


if __name__ == "__main__":
    sys.exit(main())
