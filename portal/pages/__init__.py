"""Every page; one module per flow."""

from fastapi import APIRouter

from portal.pages import (
    access,
    api_proxy,
    approve,
    assets,
    compose,
    download,
    drafts,
    home,
    invite,
    lists,
    pending,
    previews,
    static_pages,
    tracking,
    transfer_actions,
)

router = APIRouter()
FLOWS = (
    *(home, access, invite, api_proxy, drafts, compose, lists, tracking, transfer_actions),
    *(approve, pending, download, static_pages, previews, assets),
)
for flow in FLOWS:
    router.include_router(flow.router)
