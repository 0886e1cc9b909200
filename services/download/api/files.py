"""How are the bytes asked for? GET and HEAD under a capability, on the files' own origin."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.download.deps import Deps
from services.download.domain.contents import Contents
from services.download.domain.link import Link
from services.download.domain.refusals import DownloadUnknown, LinkExpired, PrefetchRefused, RangeNotSatisfiable
from services.download.streaming.capability import ARCHIVE, DownloadCapability
from services.download.streaming.headers import asked_range, headers_of
from services.download.streaming.progress_recorder import ProgressRecorder
from services.download.streaming.representations import Representation, archive_opened, file_opened
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
    """The bytes of one download, of a file or an archive, whole or one range; HEAD says the same and costs nothing.

    Refuses an unknown capability, an expired one, a closed transfer, and a lease that cannot be had again.
    """
    grant = deps.capabilities.unseal(capability)
    link, now = await deps.links.read(grant.link)
    if now >= grant.expires_at:
        raise LinkExpired()
    delivery, _ = await deps.deliveries.read(link.transfer)
    delivery.must_be_open_to(link.recipient.address)
    contents = delivery.corrected(await deps.contents.get(link.transfer))
    body, attempt, pieces = await _opened(deps, link, contents, grant)
    whole = (0, body.size_bytes)
    if request.method == "HEAD":
        return HeadResponse(ResponseHead(200, headers_of(body, whole, partial=False)))
    if "prefetch" in request.headers.get("sec-purpose", "") + request.headers.get("purpose", ""):
        raise PrefetchRefused()
    try:
        asked = asked_range(request.headers, body)
    except RangeNotSatisfiable as refusal:
        answer = problem_response(request, refusal)
        answer.headers["Content-Range"] = f"bytes */{body.size_bytes}"
        return answer
    span = asked or whole
    return DownloadResponse(
        ResponseHead(206 if asked else 200, headers_of(body, span, partial=asked is not None)),
        ProgressRecorder(deps.links, deps.closings, link.id, attempt, span),
        VerifiedReader(deps.source, pieces(span), deps.memory),
        deps.counter,
        network_of(request),
        Quarantiner(deps.deliveries, link.transfer),
    )


async def _opened(deps: Deps, link: Link, contents: Contents, grant: DownloadCapability) -> Representation:
    if grant.file != ARCHIVE:
        return file_opened(contents.file(grant.file), grant.download)
    archive = link.archives.get(grant.download)
    if archive is None:
        raise DownloadUnknown()
    layout = await deps.layouts.of(contents, archive.members)
    return archive_opened(layout, archive_name(contents, layout), grant.download)
