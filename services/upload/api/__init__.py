"""What can a person ask?"""

from fastapi import APIRouter

from services.upload.api import drafts, files, limits, parts, transfers

router = APIRouter()
for part in (limits, drafts, files, transfers, parts):
    router.include_router(part.router)
