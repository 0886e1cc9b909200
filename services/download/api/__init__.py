"""What can a recipient ask with a link, and a sender with a session?"""

from fastapi import APIRouter

from services.download.api import links, received, tracking

router = APIRouter(routes=[*links.router.routes, *tracking.router.routes, *received.router.routes])
