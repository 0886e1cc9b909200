"""What the code expects of an S3 store, whichever it is: `S3_URL=http://key:secret@host:port/bucket` names another."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import httpx
import pytest

from devstack.stack import Stack
from services.kit import objects
from services.kit.objects import ObjectMissing, ObjectStore, StoreUnavailable
from tests.eventually import TIMEOUT_SECONDS

MIB = 2**20
NOTHING = hashlib.sha256(b"").hexdigest()


@pytest.fixture(scope="module")
def bucket(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    """The bucket that `S3_URL` names, else the one of the development stack."""
    if url := os.environ.get("S3_URL"):
        address = urlsplit(url)
        endpoint = f"{address.scheme}://{address.hostname}:{address.port}"
        keys = unquote(address.username or ""), unquote(address.password or "")
        found = ObjectStore(endpoint, os.environ.get("S3_REGION", "us-east-1"), address.path.strip("/"), *keys)
    else:
        stack: Stack = request.getfixturevalue("servers")
        found = ObjectStore(
            stack.s3_endpoint, stack.s3_region, stack.s3_bucket, stack.s3_access_key, stack.s3_secret_key
        )
    yield found
    found.close()


@pytest.fixture
async def key(bucket: ObjectStore) -> AsyncIterator[str]:
    """A key of one's own; whatever is under it is removed."""
    name = f"conformance-{uuid4().hex}/objet é+%20 1"
    yield name
    for pending in await bucket.multipart_uploads(name.split("/")[0]):
        await bucket.abort_multipart(pending.key, pending.upload_id)
    for found in await bucket.list_objects(name.split("/")[0]):
        await bucket.remove(found.key)


async def put(
    bucket: ObjectStore, key: str, body: bytes, *, digest: str = "", upload_id: str = "", part: int = 0, ago: float = 0
) -> httpx.Response:
    """PUT a body with a header signature, as the gateway does."""
    now = datetime.now(UTC) - timedelta(minutes=ago)
    signed = bucket.sign_put(key, digest or hashlib.sha256(body).hexdigest(), now, upload_id=upload_id, part=part)
    headers = {
        "Authorization": signed.authorization,
        "X-Amz-Date": signed.date,
        "X-Amz-Content-Sha256": signed.sha256,
        "Content-Length": str(len(body)),
    }
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as client:
        return await client.put(f"http://{signed.host}{signed.path}", content=body, headers=headers)


async def test_what_is_put_is_read_in_any_range(bucket: ObjectStore, key: str) -> None:
    body = os.urandom(100_000)
    await bucket.put(key, body)
    assert await bucket.read(key, 0, len(body)) == body
    assert await bucket.read(key, 99_990, 10) == body[-10:]
    assert await bucket.read(key, 5, 0) == b""
    found = await bucket.stat(key)
    assert found.size_bytes == len(body)
    assert abs((found.modified_at - datetime.now(UTC)).total_seconds()) < 300


async def test_a_read_past_the_end_is_refused(bucket: ObjectStore, key: str) -> None:
    await bucket.put(key, b"0123456789")
    with pytest.raises(StoreUnavailable):
        await bucket.read(key, 5, 10)


async def test_what_is_not_there_is_missing(bucket: ObjectStore, key: str) -> None:
    with pytest.raises(ObjectMissing):
        await bucket.stat(key)
    with pytest.raises(ObjectMissing):
        await bucket.read(key, 0, 1)
    with pytest.raises(ObjectMissing):
        await bucket.parts(key, "2~unknown")


async def test_removing_twice_is_removing_once(bucket: ObjectStore, key: str) -> None:
    await bucket.put(key, b"x")
    await bucket.remove(key)
    await bucket.remove(key)
    with pytest.raises(ObjectMissing):
        await bucket.stat(key)


@pytest.mark.parametrize("body", [b"", b"x", os.urandom(MIB)])
async def test_a_signed_put_is_taken_once_its_digest_is_that_of_the_body(
    bucket: ObjectStore, key: str, body: bytes
) -> None:
    answer = await put(bucket, key, body)
    assert answer.status_code == 200, answer.text
    assert (await bucket.stat(key)).size_bytes == len(body)


async def test_a_body_with_another_digest_is_refused_and_nothing_is_kept(bucket: ObjectStore, key: str) -> None:
    answer = await put(bucket, key, b"other", digest=hashlib.sha256(b"right").hexdigest())
    assert answer.status_code in (400, 403)
    with pytest.raises(ObjectMissing):
        await bucket.stat(key)


async def test_an_old_signature_is_refused(bucket: ObjectStore, key: str) -> None:
    assert (await put(bucket, key, b"late", ago=20)).status_code == 403


async def test_a_part_with_another_digest_is_refused_and_not_listed(bucket: ObjectStore, key: str) -> None:
    upload_id = await bucket.start_multipart(key)
    answer = await put(bucket, key, b"other", digest=NOTHING, upload_id=upload_id, part=1)
    assert answer.status_code in (400, 403)
    assert await bucket.parts(key, upload_id) == []


async def test_parts_come_in_any_order_and_are_sent_again(bucket: ObjectStore, key: str) -> None:
    upload_id = await bucket.start_multipart(key)
    first, last = os.urandom(5 * MIB), b"the end"
    assert (await put(bucket, key, last, upload_id=upload_id, part=2)).status_code == 200
    assert (await put(bucket, key, first, upload_id=upload_id, part=1)).status_code == 200
    assert (await put(bucket, key, first, upload_id=upload_id, part=1)).status_code == 200
    parts = await bucket.parts(key, upload_id)
    assert [(part.number, part.size_bytes) for part in parts] == [(1, 5 * MIB), (2, 7)]
    await bucket.complete_multipart(key, upload_id, parts)
    assert await bucket.read(key, 0, 5 * MIB + 7) == first + last
    with pytest.raises(ObjectMissing):
        await bucket.parts(key, upload_id)


async def test_more_parts_than_the_store_lists_at_once_are_all_listed(
    bucket: ObjectStore, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "PAGE_SIZE", 2)
    upload_id = await bucket.start_multipart(key)
    for number in (1, 2, 3, 4, 9_999):
        assert (await put(bucket, key, bytes(number % 7), upload_id=upload_id, part=number)).status_code == 200
    parts = await bucket.parts(key, upload_id)
    assert [(part.number, part.size_bytes) for part in parts] == [(1, 1), (2, 2), (3, 3), (4, 4), (9_999, 3)]


async def test_an_upload_is_completed_once_whoever_asks_at_once(bucket: ObjectStore, key: str) -> None:
    upload_id = await bucket.start_multipart(key)
    await put(bucket, key, b"whole", upload_id=upload_id, part=1)
    parts = await bucket.parts(key, upload_id)
    outcomes = await asyncio.gather(
        *(bucket.complete_multipart(key, upload_id, parts) for _ in range(10)), return_exceptions=True
    )
    assert None in outcomes
    assert {type(outcome) for outcome in outcomes} <= {type(None), ObjectMissing, StoreUnavailable}
    assert await bucket.read(key, 0, 5) == b"whole"


@pytest.mark.parametrize("parts_sent", [1, 2, 3])
async def test_an_upload_that_is_being_completed_is_dropped_or_said_to_stay(
    bucket: ObjectStore, key: str, parts_sent: int
) -> None:
    upload_id = await bucket.start_multipart(key)
    for number in range(1, parts_sent + 1):
        await put(bucket, key, bytes(5 * MIB), upload_id=upload_id, part=number)
    parts = await bucket.parts(key, upload_id)
    completing = asyncio.create_task(bucket.complete_multipart(key, upload_id, parts))
    while not completing.done():
        await bucket.abort_multipart(key, upload_id)
    await asyncio.gather(completing, return_exceptions=True)
    assert await bucket.abort_multipart(key, upload_id)
    assert await bucket.multipart_uploads(key.split("/")[0]) == []


async def test_an_aborted_upload_is_gone_and_takes_no_part(bucket: ObjectStore, key: str) -> None:
    upload_id = await bucket.start_multipart(key)
    await put(bucket, key, b"whole", upload_id=upload_id, part=1)
    parts = await bucket.parts(key, upload_id)
    assert await bucket.abort_multipart(key, upload_id)
    assert await bucket.abort_multipart(key, upload_id)
    assert (await put(bucket, key, b"late", upload_id=upload_id, part=2)).status_code == 404
    with pytest.raises((ObjectMissing, StoreUnavailable)):  # some say that a completion is going on already
        await bucket.complete_multipart(key, upload_id, parts)
    with pytest.raises(ObjectMissing):
        await bucket.stat(key)


async def test_open_uploads_are_listed_even_without_parts(bucket: ObjectStore, key: str) -> None:
    prefix = key.split("/")[0]
    uploads = {await bucket.start_multipart(f"{prefix}/0a-1") for _ in range(3)}
    found = await bucket.multipart_uploads(prefix)
    assert {pending.upload_id for pending in found} == uploads
    assert {pending.key for pending in found} == {f"{prefix}/0a-1"}
    assert all(abs((one.started_at - datetime.now(UTC)).total_seconds()) < 300 for one in found)


async def test_objects_are_listed_page_by_page(bucket: ObjectStore, key: str) -> None:
    prefix = key.split("/")[0]
    keys = [f"{prefix}/{number:03}" for number in range(25)]
    await asyncio.gather(*(bucket.put(one, b"x") for one in keys))
    assert [found.key for found in await bucket.list_objects(prefix)] == keys
    seen: list[str] = []
    while page := await bucket.list_page(seen[-1] if seen else prefix, 10):
        seen += [found.key for found in page if found.key.startswith(prefix)]
        if not page[-1].key.startswith(prefix):
            break
    assert seen == keys


async def test_a_store_that_does_not_answer_is_unavailable() -> None:
    nowhere = ObjectStore("http://127.0.0.1:9", "us-east-1", "bucket", "key", "secret")
    with pytest.raises(StoreUnavailable):
        await nowhere.ping()
    nowhere.close()


@pytest.mark.parametrize("code", ["BucketAlreadyExists", "OperationAborted"])
async def test_a_conflict_says_that_somebody_completes_the_upload(code: str) -> None:
    async def conflict(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = f"<Error><Code>{code}</Code></Error>".encode()
        head = f"HTTP/1.1 409 Conflict\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        writer.close()

    async with await asyncio.start_server(conflict, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        store = ObjectStore(f"http://127.0.0.1:{port}", "us-east-1", "bucket", "key", "secret")
        assert not await store.abort_multipart("a/b", "upload")
        store.close()
