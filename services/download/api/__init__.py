"""Downloads, for recipients with a link; what was downloaded and what was received, for people with a session.

The `url` of a started download is `/files/{capability}` on an origin of its own. `GET` answers the bytes of the file or
the archive, as 200 or, for one `Range`, as 206, with `ETag`, `Content-Disposition` and, for a file, `Repr-Digest`;
`HEAD` answers the headers alone. No session is needed: the URL holds a capability. A GET may be resumed with `Range`
and `If-Range` until `expires_at`. It is refused like the start of the download, and also with `download-unknown`,
`download-already-done`, `download-still-running`, `prefetch-refused`, `range-not-satisfiable` or `too-many-downloads`;
to a browser that navigates there, a refusal is a redirection to a page.
"""

from fastapi import APIRouter

from services.download.api import links, received, tracking

router = APIRouter(routes=[*links.router.routes, *tracking.router.routes, *received.router.routes])
