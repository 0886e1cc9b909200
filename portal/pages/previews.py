"""What do the mails look like? Samples for whoever develops, from a folder that notify wrote; else nothing."""

import re
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from portal.visits import Visit, Visited
from services.kit.refusals import NotFound

router = APIRouter(prefix="/previews")
SAMPLE = re.compile(r"(?P<kind>[a-z_]+(?:-[a-z]+)?)\.(?P<language>fr|en)")
FORMS = ("html", "txt")
WIDTHS = (680, 360)
"""A window of a mail program, and a phone."""
FRAMES = "frame-src 'self'"
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
"""As strict as a mail program: its own styles, nothing from anywhere, no script, no form, an origin of its own."""


@router.get("")
async def previews(visit: Visited) -> Response:
    """Every kind, in both languages."""
    return visit.show("previews/list.html", names=_names(_folder(visit)))


@router.get("/{name}")
async def preview(visit: Visited, name: str) -> Response:
    """One mail, as HTML in two widths and as text."""
    text = _sample(visit, name, "txt")
    page = visit.show("previews/mail.html", name=name, text=text, widths=WIDTHS)
    page.headers["Content-Security-Policy"] = f"{visit.deps.policy}; {FRAMES}"
    return page


@router.get("/{name}/html")
async def document(visit: Visited, name: str) -> Response:
    """The HTML of one mail, as it is sent."""
    headers = {**visit.headers(), "Content-Security-Policy": MAIL_POLICY}
    return HTMLResponse(_sample(visit, name, "html"), headers=headers)


def _folder(visit: Visit) -> Path:
    folder = visit.deps.previews
    if folder is None:
        raise NotFound()
    return folder


def _names(folder: Path) -> list[str]:
    """The samples that are there, whole."""
    found = sorted(file.stem for file in folder.glob("*.txt") if SAMPLE.fullmatch(file.stem))
    return [name for name in found if all((folder / f"{name}.{form}").is_file() for form in FORMS)]


def _sample(visit: Visit, name: str, form: str) -> str:
    folder = _folder(visit)
    if name not in _names(folder):
        raise NotFound()
    return (folder / f"{name}.{form}").read_text(encoding="utf-8")
