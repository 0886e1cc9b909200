"""The HTTP API of the service."""

from fastapi import APIRouter

from services.upload.api import drafts, files, limits, parts, transfers

PUBLIC = (limits, drafts, files, transfers)
router = APIRouter(routes=[*(route for part in PUBLIC for route in part.router.routes), *parts.routes])
