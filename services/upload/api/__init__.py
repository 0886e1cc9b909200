"""Drafts, their files, and transfers.

A client announces a file and sends each of its parts to the `parts_url` of the file's plan:
`PUT {parts_url}/{number}/{sha256}`, where the number counts from one, the digest is the part's SHA-256 in lower-case
hex, the header `X-Part-CRC32` holds its CRC-32 in eight hexadecimal digits, and the body is exactly the bytes of the
part. No session is needed: the URL holds a capability. The gateway answers 200 without a body once the store has the
part, or a problem: `part-unknown`, `part-too-large`, `part-too-short`, `part-differs`, `part-digest-mismatch`,
`checksum-needed`, `length-required`, `file-already-complete`, `parts-address-expired` (ask for the plan again),
`upload-closed`, `not-found` or `store-unavailable`. Its `title` is the general one of its status, and `detail` says
in English what the service refused.
"""

from fastapi import APIRouter

from services.upload.api import drafts, files, limits, parts, transfers

PUBLIC = (limits, drafts, files, transfers)
router = APIRouter(routes=[*(route for part in PUBLIC for route in part.router.routes), *parts.routes])
