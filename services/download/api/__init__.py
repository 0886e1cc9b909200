"""The HTTP endpoints under `/api/download`: for recipients with a link, and for people with a session."""

from fastapi import APIRouter

from services.download.api import links, received, tracking

router = APIRouter(routes=[*links.router.routes, *tracking.router.routes, *received.router.routes])
