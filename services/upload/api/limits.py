"""The public limits of transfers, the same for every client."""

from fastapi import APIRouter, Response

from services.upload.api.dependencies import PREFIX, Wired
from services.upload.api.schemas import LimitsResponse, PartBytesResponse, ValidityDaysResponse

router = APIRouter(prefix=PREFIX)


@router.get("/config")
async def get_config(deps: Wired, response: Response) -> LimitsResponse:
    """Return all limits; sizes in bytes, lengths in characters, validity in days. The agent domains are not public."""
    limits = deps.limits
    response.headers["Cache-Control"] = "public, max-age=300"
    return LimitsResponse(
        total_bytes=limits.total_bytes,
        files=limits.files,
        recipients=limits.recipients,
        drafts=limits.drafts,
        refused_extensions=sorted(limits.refused_extensions),
        subject_characters=limits.subject_characters,
        text_characters=limits.text_characters,
        name_characters=limits.name_characters,
        path_characters=limits.path_characters,
        folders=limits.folders,
        validity_days=ValidityDaysResponse(
            shortest=limits.shortest_validity_days,
            longest=limits.longest_validity_days,
            usual=limits.usual_validity_days,
        ),
        part_bytes=PartBytesResponse(smallest=limits.smallest_part_bytes, largest=limits.largest_part_bytes),
        languages=["fr", "en"],
    )
