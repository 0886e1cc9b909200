"""Every page, one module a flow."""

from fastapi import APIRouter

from portal.pages import access, approve, assets, compose, download, drafts, home, pending, relay, standing, tracking

router = APIRouter()
FLOWS = (home, access, relay, drafts, compose, tracking, approve, pending, download, standing, assets)
for flow in FLOWS:
    router.include_router(flow.router)
