"""Every page, one module a flow."""

from fastapi import APIRouter

from portal.pages import (
    access,
    approve,
    assets,
    compose,
    download,
    drafts,
    home,
    pending,
    previews,
    relay,
    standing,
    tracking,
)

router = APIRouter()
FLOWS = (home, access, relay, drafts, compose, tracking, approve, pending, download, standing, previews, assets)
for flow in FLOWS:
    router.include_router(flow.router)
