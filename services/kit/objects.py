"""Store objects through the S3 API; bounds threads and waiting times (R57)."""

import asyncio
import hashlib
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import quote, urlsplit

import urllib3
from minio import Minio
from minio.credentials.providers import StaticProvider
from minio.datatypes import Part
from minio.error import MinioException, S3Error
from minio.signer import sign_v4_s3
from urllib3.exceptions import HTTPError as TransportError
from urllib3.util import Retry, Timeout

from services.kit.clock import utc_now
from services.kit.http_pool import AsyncRangeReader, ConnectionFailed, ConnectionPool, RangeReader, UnexpectedStatus
from services.kit.refusals import Unavailable
from services.kit.settings import StoreSettings

Result = TypeVar("Result")
NOT_FOUND_CODES = {"NoSuchKey", "NoSuchUpload", "NoSuchBucket", "NotFound"}
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
MAX_THREADS = 16
PAGE_SIZE = 1000


class StoreUnavailable(Unavailable):
    """The object store is temporarily unavailable; nothing was lost."""

    title_fr = "Le stockage est momentanément indisponible ; rien n'est perdu."


class ObjectMissing(Exception):
    """The object or multipart upload does not exist."""


class StoredPart(NamedTuple):
    """A part in the store."""

    number: int
    size_bytes: int
    etag: str


class StoredObject(NamedTuple):
    """An object in the store."""

    key: str
    size_bytes: int
    modified_at: datetime


class MultipartUpload(NamedTuple):
    """A multipart upload that is neither completed nor aborted."""

    key: str
    upload_id: str
    started_at: datetime


class SignedPut(NamedTuple):
    """A signed PUT for the gateway: the path with its query, and the headers of the signature."""

    path: str
    host: str
    authorization: str
    date: str
    sha256: str


class ObjectStore:
    """One bucket of an S3 server, with its own threads and connections."""

    def __init__(self, endpoint: str, region: str, bucket: str, access_key: str, secret_key: str) -> None:
        self._address = urlsplit(endpoint)
        self._bucket = bucket
        self._region = region
        self._credentials = StaticProvider(access_key, secret_key).retrieve()
        self._pool = urllib3.PoolManager(
            timeout=Timeout(connect=2, read=30),
            retries=Retry(total=2, backoff_factor=0.2, status_forcelist=[502, 503, 504]),
            maxsize=MAX_THREADS,
        )
        self._client: Any = Minio(
            endpoint=self._address.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=self._address.scheme == "https",
            region=region,
            http_client=self._pool,
        )
        self._connections = ConnectionPool(self._address)
        self._threads = ThreadPoolExecutor(max_workers=MAX_THREADS, thread_name_prefix="objects")

    @classmethod
    def open(cls, settings: StoreSettings) -> Self:
        """Return the bucket of a service, not yet connected."""
        keys = settings.s3_access_key.get_secret_value(), settings.s3_secret_key.get_secret_value()
        return cls(settings.s3_endpoint, settings.s3_region, settings.s3_bucket, *keys)

    async def ping(self) -> None:
        """Raise `StoreUnavailable` unless the store answers; needs permission to read one key only."""
        with suppress(ObjectMissing):
            await self.stat("ping")

    async def start_multipart(self, key: str) -> str:
        """Begin a multipart upload and return its id."""
        return str(await self._run(lambda: self._client._create_multipart_upload(self._bucket, key, {})))

    async def parts(self, key: str, upload_id: str) -> list[StoredPart]:
        """Return the stored parts by number; raises `ObjectMissing` if the upload is unknown, completed or aborted."""
        return await self._run(lambda: self._list_parts(key, upload_id))

    async def complete_multipart(self, key: str, upload_id: str, parts: list[StoredPart]) -> None:
        """Combine the parts into one object; some stores accept a repeated call.

        Raises `ObjectMissing` or `StoreUnavailable`, depending on the store, during or after another completion.
        """
        listed = [Part(part.number, part.etag) for part in parts]
        await self._run(lambda: self._client._complete_multipart_upload(self._bucket, key, upload_id, listed))

    async def abort_multipart(self, key: str, upload_id: str) -> bool:
        """Delete an upload and its parts, if it exists; return false while it is being completed."""
        with suppress(ObjectMissing):
            return await self._run(lambda: self._abort(key, upload_id))
        return True

    async def put(self, key: str, body: bytes) -> None:
        """Store a small object."""
        await self._run(lambda: self._client.put_object(self._bucket, key, io.BytesIO(body), len(body)))

    async def stat(self, key: str) -> StoredObject:
        """Return size and date; raises `ObjectMissing` if there is no such object."""
        found = await self._run(lambda: self._client.stat_object(self._bucket, key))
        return StoredObject(key, found.size, found.last_modified)

    async def read(self, key: str, offset: int, length: int) -> bytes:
        """Return exactly these bytes; raises `ObjectMissing`, or `StoreUnavailable` for a short response."""
        body = bytearray(length)
        if body:
            await self.open_range(key, offset, offset + length).read_into(memoryview(body))
        return bytes(body)

    def open_range(self, key: str, start: int, stop: int) -> AsyncRangeReader:
        """Return a reader of the bytes from `start` to `stop`, in chunks of any size; raises what `read` raises."""
        path = self._path(key)

        def headers(at: int) -> dict[str, str]:
            asked = {"x-amz-content-sha256": EMPTY_SHA256, "Range": f"bytes={at}-{stop - 1}"}
            return self._sign("GET", path, asked, EMPTY_SHA256, utc_now())

        return AsyncRangeReader(RangeReader(self._connections, path, headers, start, stop), self._run)

    async def remove(self, key: str) -> None:
        """Delete an object, if it exists."""
        await self._run(lambda: self._client.remove_object(self._bucket, key))

    async def list_objects(self, prefix: str = "") -> list[StoredObject]:
        """Return all objects under the prefix."""
        return await self._run(lambda: self._list_objects(prefix=prefix))

    async def list_page(self, after: str = "", limit: int = 1000) -> list[StoredObject]:
        """Return objects in key order, from the first key past `after`; fewer than `limit` are the last page."""
        return await self._run(lambda: self._list_objects(limit, start_after=after or None))

    async def multipart_uploads(self, prefix: str = "") -> list[MultipartUpload]:
        """Return all multipart uploads that are neither completed nor aborted; `list_objects` does not show them (R12).

        Stores encode keys differently here, so keys must consist of plain characters.
        """
        return await self._run(lambda: self._list_multipart_uploads(prefix))

    def sign_put(self, key: str, sha256: str, now: datetime, *, upload_id: str = "", part: int = 0) -> SignedPut:
        """Sign the body's SHA-256 (hex) into the headers: the store refuses a body with another digest."""
        path = self._path(key) + (f"?partNumber={part}&uploadId={quote(upload_id, safe='')}" if upload_id else "")
        headers = self._sign("PUT", path, {"x-amz-content-sha256": sha256}, sha256, now)
        return SignedPut(path, self._address.netloc, headers["Authorization"], headers["x-amz-date"], sha256)

    def close(self) -> None:
        """Stop the threads and close the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.clear()
        self._connections.close()

    async def _run(self, call: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        except S3Error as error:
            raise (ObjectMissing() if error.code in NOT_FOUND_CODES else StoreUnavailable()) from error
        except UnexpectedStatus as unexpected:
            raise (ObjectMissing() if unexpected.status == 404 else StoreUnavailable()) from unexpected
        except (MinioException, TransportError, ConnectionFailed, OSError) as error:
            raise StoreUnavailable() from error

    def _abort(self, key: str, upload_id: str) -> bool:
        try:
            self._client._abort_multipart_upload(self._bucket, key, upload_id)
        except S3Error as error:
            if error.response.status != 409:  # stores have only the status in common
                raise
            return False
        return True

    def _list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        found: list[StoredPart] = []
        marker = None
        while True:
            page = self._client._list_parts(
                self._bucket, key, upload_id, max_parts=PAGE_SIZE, part_number_marker=marker
            )
            found += [StoredPart(part.part_number, part.size, part.etag) for part in page.parts]
            if not page.is_truncated:
                return found
            marker = str(page.next_part_number_marker)

    def _list_multipart_uploads(self, prefix: str) -> list[MultipartUpload]:
        found: list[MultipartUpload] = []
        key_marker = upload_marker = None
        while True:
            page = self._client._list_multipart_uploads(
                self._bucket, prefix=prefix, key_marker=key_marker, upload_id_marker=upload_marker
            )
            found += [MultipartUpload(one.object_name, one.upload_id, one.initiated_time) for one in page.uploads]
            if not page.is_truncated:
                return found
            key_marker, upload_marker = page.next_key_marker, page.next_upload_id_marker

    def _list_objects(self, limit: int | None = None, **asked: str | None) -> list[StoredObject]:
        listed = self._client.list_objects(self._bucket, recursive=True, **asked)
        return [StoredObject(one.object_name, one.size, one.last_modified) for one in islice(listed, limit)]

    def _path(self, key: str) -> str:
        return f"/{self._bucket}/{quote(key)}"

    def _sign(self, method: str, path: str, headers: dict[str, str], sha256: str, now: datetime) -> dict[str, str]:
        """Return these headers with an AWS signature, version 4."""
        url = urlsplit(f"{self._address.scheme}://{self._address.netloc}{path}")
        given: dict[str, Any] = {"Host": self._address.netloc, **headers, "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ")}
        signed = sign_v4_s3(
            method=method,
            url=url,
            region=self._region,
            headers=given,
            credentials=self._credentials,
            content_sha256=sha256,
            date=now,
        )
        return {name: str(value) for name, value in {**given, **signed}.items()}
