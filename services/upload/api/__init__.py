"""What can a person ask?"""

from fastapi import APIRouter

from services.upload.api import drafts, files, limits, parts, transfers

router = APIRouter(routes=[route for part in (limits, drafts, files, transfers, parts) for route in part.router.routes])
