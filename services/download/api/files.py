"""The bytes of downloads: GET and HEAD under a capability, on the files' own origin."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.download.deps import Deps
from services.download.domain.contents import Contents
from services.download.domain.link import Link
from services.download.domain.refusals import DownloadUnknown, LinkExpired, PrefetchRefused, RangeNotSatisfiable
from services.download.streaming.capability import ARCHIVE, DownloadCapability
from services.download.streaming.headers import headers_of, requested_range
from services.download.streaming.progress_recorder import ProgressRecorder
from services.download.streaming.representations import Representation, archive_representation, file_representation
from services.download.streaming.response import DownloadResponse, HeadResponse, Quarantiner, ResponseHead
from services.download.streaming.verified_reader import VerifiedReader
from services.download.zip.layout_cache import archive_name
from services.kit.problems import problem_response
from services.kit.rate_limit import network_of
from services.kit.service import get_deps

router = APIRouter()

Wired = Annotated[Deps, Depends(get_deps)]


@router.api_route("/files/{capability}", methods=["GET", "HEAD"], response_model=None)
async def fetch(capability: str, request: Request, deps: Wired) -> Response:
    """Return the bytes of one download, of a file or an archive, whole or one range; HEAD answers the headers alone.

    Refuses an unknown or expired capability, a closed transfer, and when no lease is free.
    """
    unsealed = deps.capabilities.unseal(capability)
    link, now = await deps.links.read(unsealed.link)
    if now >= unsealed.expires_at:
        raise LinkExpired()
    delivery, _ = await deps.deliveries.read(link.transfer)
    delivery.must_be_open_to(link.recipient.address)
    contents = delivery.corrected(await deps.contents.get(link.transfer))
    metadata, attempt, pieces = await _representation(deps, link, contents, unsealed)
    whole = (0, metadata.size_bytes)
    if request.method == "HEAD":
        return HeadResponse(ResponseHead(200, headers_of(metadata, whole, partial=False)))
    if "prefetch" in request.headers.get("sec-purpose", "") + request.headers.get("purpose", ""):
        raise PrefetchRefused()
    try:
        requested = requested_range(request.headers, metadata)
    except RangeNotSatisfiable as refusal:
        response = problem_response(request, refusal)
        response.headers["Content-Range"] = f"bytes */{metadata.size_bytes}"
        return response
    span = requested or whole
    return DownloadResponse(
        ResponseHead(206 if requested else 200, headers_of(metadata, span, partial=requested is not None)),
        ProgressRecorder(deps.links, deps.revocations, link.id, attempt, span),
        VerifiedReader(deps.source, pieces(span), deps.buffers),
        deps.limiter,
        network_of(request),
        Quarantiner(deps.deliveries, link.transfer),
    )


async def _representation(deps: Deps, link: Link, contents: Contents, capability: DownloadCapability) -> Representation:
    if capability.file != ARCHIVE:
        return file_representation(contents.file(capability.file), capability.download)
    archive = link.archives.get(capability.download)
    if archive is None:
        raise DownloadUnknown()
    layout = await deps.layouts.of(contents, archive.offsets)
    return archive_representation(layout, archive_name(contents, layout), capability.download)
