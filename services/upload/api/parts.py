"""Authorisation of parts: the gateway asks before it reads the first byte, and gets a signature for the store."""

import re

from fastapi import Request, Response
from starlette.routing import Route

from services.contracts.values import Part
from services.kit.problems import record_problem
from services.kit.refusals import ContentTooLarge, LengthRequired, NotFound, Refusal, Unprocessable
from services.kit.service import get_deps
from services.upload.capabilities import refuse_expired
from services.upload.deps import Deps
from services.upload.domain.transfer import File

ADDRESS = re.compile(r"/parts/([A-Za-z0-9_-]{1,120})/([1-9][0-9]{0,4})/([0-9a-f]{64})")
CRC32 = re.compile(r"[0-9a-fA-F]{8}")


class PartUnknown(NotFound):
    """The file has no part of that number."""

    title_fr = "Le fichier n'a pas de morceau de ce numéro."


class PartTooLarge(ContentTooLarge):
    """This part is larger than expected."""

    title_fr = "Ce morceau est plus grand que prévu."
    expected_bytes: int


class PartTooShort(Unprocessable):
    """This part is shorter than expected."""

    title_fr = "Ce morceau est plus petit que prévu."
    expected_bytes: int


class ChecksumNeeded(Unprocessable):
    """The CRC-32 of the part is required before its bytes, as eight hexadecimal digits."""

    title_fr = "Le CRC-32 du morceau doit être annoncé avant les octets, en huit chiffres hexadécimaux."


async def authorize(request: Request) -> Response:
    """Return 204 with the signed headers for the store; a refusal is a 403 with its real status and type in headers.

    nginx accepts only 401 and 403 as refusals of `auth_request`, so the refusal is caught here.
    """
    sent = request.headers
    address = ADDRESS.fullmatch(sent.get("x-original-uri", ""))
    length, crc32 = sent.get("x-part-length", ""), sent.get("x-part-crc32", "")
    try:
        if address is None or sent.get("x-original-method") != "PUT":
            raise NotFound()
        return await _sign(await get_deps(request), address[1], int(address[2]), address[3], length, crc32)
    except Refusal as refusal:
        return _refused(request, refusal)


# Called for every part, so it is a plain route without the framework's validation.
routes = [Route("/internal/part-authorization", authorize)]


async def _sign(deps: Deps, capability: str, number: int, sha256: str, length: str, crc32: str) -> Response:
    granted, ends = deps.capabilities.unseal(capability)
    file, now = await deps.transfers.incoming_file(granted.transfer, granted.file)
    refuse_expired(ends, now)
    part = _announced(file, number, sha256, length, crc32)
    await deps.part_digests.bind(file, number, part, now)
    signed = deps.objects.sign_put(
        file.key, sha256, now, upload_id=file.upload_id or "", part=number if file.upload_id else 0
    )
    headers = {
        "X-Store-Path": signed.path,
        "X-Store-Host": signed.host,
        "X-Store-Authorization": signed.authorization,
        "X-Store-Date": signed.date,
        "X-Store-Sha256": signed.sha256,
    }
    return Response(status_code=204, headers=headers)


def _announced(file: File, number: int, sha256: str, length: str, crc32: str) -> Part:
    """Return the part announced by the headers; refuse any length but the exact one."""
    if number > file.part_count:
        raise PartUnknown()
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise LengthRequired()
    expected = file.length_of(number)
    if int(length) != expected:
        refused = PartTooLarge if int(length) > expected else PartTooShort
        raise refused(expected_bytes=expected)
    if not CRC32.fullmatch(crc32):
        raise ChecksumNeeded()
    return Part(size_bytes=expected, sha256=sha256, crc32=int(crc32, 16))


def _refused(request: Request, refusal: Refusal) -> Response:
    record_problem(request, refusal.slug())
    headers = {
        "X-Refusal-Status": str(refusal.status),
        "X-Refusal-Type": f"/problems/{refusal.slug()}",
        "X-Refusal-Detail": refusal.title("en"),
    }
    return Response(status_code=403, headers=headers)
