"""Every page, one module a flow."""

from fastapi import APIRouter

from portal.pages import access, approve, assets, compose, download, drafts, home, pending, relay, standing, tracking

router = APIRouter()
for flow in (home, access, relay, drafts, compose, tracking, approve, pending, download, standing, assets):
    router.include_router(flow.router)
