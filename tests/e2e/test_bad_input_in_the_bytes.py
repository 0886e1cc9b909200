"""Parts with something that is not right: refused before they cost anything, and the file goes on."""

import hashlib
import socket
import uuid
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from client.answers import FilePlan
from client.digests import Cut
from client.parts import put_part
from client.problem import Problem
from client.upload import Uploader
from client.watching import Counting
from devstack.people import ApiUser
from services.upload.capabilities import Capabilities
from tests.contents import noise
from tests.e2e.world import World, refused
from tests.eventually import PATIENCE_SECONDS, until

PART_BYTES = 8 * 2**20


def content() -> bytes:
    return noise(3, 9_000_000)


@pytest.fixture(scope="module")
def sender(world: World) -> ApiUser:
    return world.outsider("camille")


@pytest.fixture
def plan(world: World, sender: ApiUser) -> Iterator[tuple[str, FilePlan]]:
    draft = world.draft(sender, ["x@ministere.example"])
    yield draft, sender.api.plan_file(draft, str(uuid.uuid4()), "f.bin", len(content()))
    sender.api.drop_draft(draft)


def a_cut(number: int, content: bytes) -> Cut:
    return Cut(number, content, hashlib.sha256(content).hexdigest(), zlib.crc32(content))


def put(world: World, plan: FilePlan, cut: Cut) -> None:
    put_part(world.impatient(), plan.parts_url, cut)


def test_a_part_that_does_not_have_its_digest_is_refused_by_the_store(
    world: World, plan: tuple[str, FilePlan], sender: ApiUser
) -> None:
    cut = a_cut(1, content()[:PART_BYTES])
    damaged = replace(cut, content=b"x" + cut.content[1:])
    problem = refused(lambda: put(world, plan[1], damaged))
    assert (problem.status, problem.slug) == (422, "part-digest-mismatch")
    assert sender.api.file_plan(plan[0], plan[1].file).parts == ()
    put(world, plan[1], cut)
    assert [part.number for part in sender.api.file_plan(plan[0], plan[1].file).parts] == [1]


@pytest.mark.parametrize(
    ("number", "length", "status", "slug"),
    [
        (1, 100, 422, "part-too-short"),
        (1, PART_BYTES + 1, 413, "part-too-large"),
        (2, PART_BYTES, 413, "part-too-large"),
        (3, 10, 404, "part-unknown"),
        (0, 10, 404, "not-found"),
        (10_001, 10, 404, "part-unknown"),
    ],
)
def test_a_part_of_another_length_or_number(
    world: World, plan: tuple[str, FilePlan], number: int, length: int, status: int, slug: str
) -> None:
    problem = refused(lambda: put(world, plan[1], a_cut(number, b"x" * length)))
    assert (problem.status, problem.slug) == (status, slug)


def test_a_part_without_a_checksum_or_without_a_length(world: World, plan: tuple[str, FilePlan]) -> None:
    cut = a_cut(1, content()[:PART_BYTES])
    url = f"{world.stack.gateway_url}{plan[1].parts_url}/1/{cut.sha256}"
    assert httpx.put(url, content=cut.content, timeout=PATIENCE_SECONDS).json()["type"] == "/problems/checksum-needed"
    headers = {"X-Part-CRC32": f"{cut.crc32:08x}"}
    chunked = httpx.put(url, content=iter([b"x"]), headers=headers, timeout=PATIENCE_SECONDS)
    assert chunked.status_code == 411
    assert chunked.json()["type"] == "/problems/length-required"


def test_a_part_that_is_cut_off_is_not_there(world: World, plan: tuple[str, FilePlan], sender: ApiUser) -> None:
    cut = a_cut(1, content()[:PART_BYTES])
    door = urlsplit(world.stack.gateway_url)
    head = (
        f"PUT {plan[1].parts_url}/1/{cut.sha256} HTTP/1.1\r\nHost: {door.hostname}\r\n"
        f"X-Part-CRC32: {cut.crc32:08x}\r\nContent-Length: {len(cut.content)}\r\n\r\n"
    )
    with socket.create_connection((str(door.hostname), int(door.port or 80))) as line:
        line.sendall(head.encode() + cut.content[: PART_BYTES // 2])
    assert sender.api.file_plan(plan[0], plan[1].file).parts == ()
    put(world, plan[1], cut)


def test_a_capability_that_is_forged_cut_or_another_files(world: World, plan: tuple[str, FilePlan]) -> None:
    url = plan[1].parts_url
    cut = a_cut(1, content()[:PART_BYTES])
    for forged in (url[:-1], url[:-2] + "AA", url + "A", "/parts/" + "A" * 70):
        with pytest.raises(Problem) as caught:
            put_part(world.impatient(), forged, cut)
        assert caught.value.status == 404, forged


def test_completing_before_all_is_there_and_completing_twice(
    world: World, plan: tuple[str, FilePlan], sender: ApiUser
) -> None:
    draft, file = plan[0], plan[1].file
    digest = hashlib.sha256(content()).hexdigest()
    problem = refused(lambda: sender.api.complete_file(draft, file, digest))
    assert (problem.status, problem.slug) == (409, "parts-missing")
    assert problem.members["parts"] == [1, 2]
    put(world, plan[1], a_cut(1, content()[:PART_BYTES]))
    assert refused(lambda: sender.api.complete_file(draft, file, digest)).members["parts"] == [2]
    put(world, plan[1], a_cut(2, content()[PART_BYTES:]))
    first = sender.api.complete_file(draft, file, digest)
    assert sender.api.complete_file(draft, file, digest) == first
    problem = refused(lambda: sender.api.complete_file(draft, file, "0" * 64))
    assert (problem.status, problem.slug) == (409, "digest-differs")
    problem = refused(lambda: put(world, plan[1], a_cut(1, content()[:PART_BYTES])))
    assert problem.status in (404, 409)


@pytest.mark.parametrize("digest", ["", "0" * 63, "g" * 64, "0" * 65, 7])
def test_a_digest_that_is_none(plan: tuple[str, FilePlan], sender: ApiUser, digest: str) -> None:
    problem = refused(lambda: sender.api.complete_file(plan[0], plan[1].file, digest))
    assert problem.slug == "malformed-request"


def test_sending_twice_sends_once(world: World, sender: ApiUser) -> None:
    agent = world.agent("dominique")
    sent = world.send(sender, [agent.address])
    assert sender.api.submit(sent.transfer) == sent.recap
    assert refused(lambda: sender.api.edit_draft(sent.transfer, subject="autre")).slug == "already-submitted"
    assert refused(lambda: sender.api.plan_file(sent.transfer, str(uuid.uuid4()), "a", 1)).slug == "already-submitted"
    world.link(agent)
    transfers = world.database("propagation")["propagations"].count_documents({"_id": sent.transfer})
    assert transfers == 1
    assert len(world.letters.to(agent.address)) == 1


def test_of_fifty_completions_and_fifty_submissions_at_once_each_counts_once(world: World, sender: ApiUser) -> None:
    agent = world.agent("dominique")
    draft = world.draft(sender, [agent.address])
    plan = sender.api.plan_file(draft, str(uuid.uuid4()), "f.bin", len(content()))
    put(world, plan, a_cut(1, content()[:PART_BYTES]))
    put(world, plan, a_cut(2, content()[PART_BYTES:]))
    digest = hashlib.sha256(content()).hexdigest()
    with ThreadPoolExecutor(25) as pool:
        files = list(pool.map(lambda _: sender.api.complete_file(draft, plan.file, digest), range(50)))
        recaps = list(pool.map(lambda _: sender.api.submit(draft), range(50)))
    assert all(file == files[0] for file in files)
    assert all(recap == recaps[0] for recap in recaps)
    world.link(agent)
    assert len(world.letters.to(agent.address)) == 1


def test_a_session_that_ends_in_mid_upload_costs_nothing_but_a_new_one(world: World) -> None:
    sender, agent = world.outsider("camille"), world.agent("dominique")
    draft = world.draft(sender, [agent.address])
    source = world.source("f.bin", content())
    ended: list[int] = []

    def end_the_session(more: int) -> None:
        if not ended:
            ended.append(more)
            token = sender.api.wire.token
            sender.api.close_session()
            until(lambda: refused(world.impatient(token).drafts).status == 401, "upload has heard of it")

    problem = refused(lambda: Uploader(sender.api, parallel=1, watcher=Counting(end_the_session)).send(draft, source))
    assert (problem.status, problem.slug) == (401, "session-expired")
    sender.sign_in()
    heard: list[int] = []
    Uploader(sender.api, watcher=Counting(heard.append)).send(draft, source)
    assert sum(heard) == len(content())
    world.submit(sender, draft, {"f.bin": content()})
    world.link(agent)


def test_an_address_for_parts_that_has_expired(world: World, plan: tuple[str, FilePlan]) -> None:
    draft, file = plan[0], plan[1].file
    two_hours_ago = datetime.now(UTC) - timedelta(hours=2)
    pepper = world.stack.secrets("upload")["pepper"].strip()
    expired, _ = Capabilities(pepper, timedelta(hours=1)).issue(draft, file, two_hours_ago)
    old = replace(plan[1], parts_url=f"/parts/{expired}")
    problem = refused(lambda: put(world, old, a_cut(1, content()[:PART_BYTES])))
    assert (problem.status, problem.slug) == (403, "parts-address-expired")


def test_an_address_for_parts_of_a_file_that_was_taken_out(world: World, sender: ApiUser) -> None:
    draft = world.draft(sender, ["x@ministere.example"])
    plan = sender.api.plan_file(draft, str(uuid.uuid4()), "f.bin", 5)
    put(world, plan, a_cut(1, b"12345"))
    sender.api.drop_file(draft, plan.file)
    problem = refused(lambda: put(world, plan, a_cut(1, b"12345")))
    assert (problem.status, problem.slug) == (404, "not-found")
