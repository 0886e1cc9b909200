"""Builds and runs the portal; the only module that reads settings and opens connections."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx
from fastapi import FastAPI

from client.async_api import AsyncTransport
from portal import errors, theme
from portal.assets import Assets
from portal.csrf import CsrfProtection
from portal.deps import Deps
from portal.head_middleware import HeadMiddleware
from portal.honeypot import Honeypot
from portal.pages import router
from portal.rendering import TemplateRenderer
from portal.sessions import CookieMiddleware
from portal.settings import Settings
from services.kit.health import Health
from services.kit.middleware import RequestMiddleware
from services.kit.server import run_process, serve_until_stopped

NAME = "portal"
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "application/json")
MAX_BODY_BYTES = 1_000_000_000
"""A file that is too large is read and discarded, so that the other fields are saved; a larger body is refused."""


@dataclass(frozen=True)
class PortalApp:
    """The portal, built and not yet running."""

    settings: Settings
    deps: Deps
    app: FastAPI


def build(settings: Settings | None = None, transport: httpx.AsyncBaseTransport | None = None) -> PortalApp:
    """Build the portal; tests pass a `transport` in place of the network."""
    settings = settings or Settings.read()
    folder = settings.theme_dir or theme.DEFAULT_THEME
    zone, assets, pepper = ZoneInfo(settings.time_zone), Assets(folder), settings.pepper.get_secret_value()
    deps = Deps(
        gateway=AsyncTransport(settings.gateway_url, gateway_headers(settings.public_base_url), transport),
        renderer=TemplateRenderer(assets, theme.load_theme(folder), zone, settings.portal_development),
        assets=assets,
        csrf=CsrfProtection(pepper, settings.public_base_url),
        honeypot=Honeypot(pepper, settings.min_form_seconds),
        zone=zone,
        public_url=settings.public_base_url,
        policy=content_security_policy(settings.files_base_url),
        form_file_bytes=settings.form_file_bytes,
        form_files_at_once=asyncio.Semaphore(settings.form_files_at_once),
        previews=settings.previews_dir if settings.portal_development else None,
    )
    return PortalApp(settings, deps, application(deps))


def application(deps: Deps) -> FastAPI:
    """Return the ASGI application: pages, error handlers and middleware."""
    app = FastAPI(title="Mélanissimo portal", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.deps = deps
    app.include_router(router)
    errors.install(app)
    app.add_middleware(RequestMiddleware, max_body_bytes=MAX_BODY_BYTES, accepted=FORM_TYPES)
    app.add_middleware(CookieMiddleware)
    app.add_middleware(HeadMiddleware)
    return app


def gateway_headers(public_url: str) -> dict[str, str]:
    """Return the headers of every request to the gateway's internal listener, which expects the public host name."""
    return {"Host": urlsplit(public_url).netloc, "User-Agent": "melanissimo-portal"}


def content_security_policy(files_origin: str) -> str:
    """Return the policy of every page: load from this origin only; forms may also lead to the origin of files."""
    own = ("script-src", "style-src", "img-src", "media-src", "connect-src", "font-src", "manifest-src", "worker-src")
    rules = ["default-src 'none'", *(f"{each} 'self'" for each in own), f"form-action 'self' {files_origin}"]
    return "; ".join([*rules, "frame-ancestors 'none'", "base-uri 'none'"])


def main() -> None:
    """Run the portal until SIGTERM or SIGINT; exit 78 when its settings are not acceptable."""
    run_process(NAME, build, run)


async def run(portal: PortalApp) -> None:
    """Serve until shutdown is requested; the portal keeps running while the gateway is unavailable."""
    gateway = portal.deps.gateway
    health = Health({"gateway": gateway.check})
    health.started = True
    await serve_until_stopped(portal.app, portal.settings, health, close=gateway.close)
