"""Every page, one module a flow."""

from fastapi import APIRouter

from portal.pages import (
    access,
    approve,
    assets,
    changing,
    compose,
    download,
    drafts,
    home,
    invite,
    lists,
    pending,
    previews,
    relay,
    standing,
    tracking,
)

router = APIRouter()
FLOWS = (
    *(home, access, invite, relay, drafts, compose, lists, tracking, changing),
    *(approve, pending, download, standing, previews, assets),
)
for flow in FLOWS:
    router.include_router(flow.router)
