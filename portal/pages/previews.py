"""Previews of the mails for developers, from a folder of samples that notify wrote."""

import re
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from portal.request_context import AnyVisitor, RequestContext
from services.kit.refusals import NotFound

router = APIRouter(prefix="/previews")
SAMPLE = re.compile(r"(?P<kind>[a-z_]+(?:-[a-z]+)?)\.(?P<language>fr|en)")
FORMATS = ("html", "txt")
WIDTHS = (680, 360)
"""A mail client's window, and a phone; in pixels."""
FRAMES = "frame-src 'self'"
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
"""As strict as a mail client: inline styles, no other resources, no scripts, no forms, an opaque origin."""


@router.get("")
async def previews(context: AnyVisitor) -> Response:
    """List every kind of mail, in both languages."""
    return context.render("previews/list.html", names=_names(_folder(context)))


@router.get("/{name}")
async def preview(context: AnyVisitor, name: str) -> Response:
    """Show one mail, as HTML in two widths and as text."""
    text = _sample(context, name, "txt")
    page = context.render("previews/mail.html", name=name, text=text, widths=WIDTHS)
    page.headers["Content-Security-Policy"] = f"{context.deps.policy}; {FRAMES}"
    return page


@router.get("/{name}/html")
async def document(context: AnyVisitor, name: str) -> Response:
    """Serve the HTML of one mail, as it is sent."""
    headers = {**context.headers(), "Content-Security-Policy": MAIL_POLICY}
    return HTMLResponse(_sample(context, name, "html"), headers=headers)


def _folder(context: RequestContext) -> Path:
    folder = context.deps.previews
    if folder is None:
        raise NotFound()
    return folder


def _names(folder: Path) -> list[str]:
    """Return the names of the complete samples."""
    found = sorted(file.stem for file in folder.glob("*.txt") if SAMPLE.fullmatch(file.stem))
    return [name for name in found if all((folder / f"{name}.{format}").is_file() for format in FORMATS)]


def _sample(context: RequestContext, name: str, format: str) -> str:
    folder = _folder(context)
    if name not in _names(folder):
        raise NotFound()
    return (folder / f"{name}.{format}").read_text(encoding="utf-8")
