"""Invalid parts are refused before they cost anything, and the file can be completed."""

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

from client.errors import Problem
from client.part_reader import FilePart
from client.part_upload import put_part
from client.progress import ProgressSum
from client.schemas.upload import FilePlanSchema
from client.upload import Uploader
from devstack.people import ApiUser
from services.upload.capabilities import PartsCapabilities
from tests.contents import random_content
from tests.e2e.scenario import Scenario, refused
from tests.eventually import TIMEOUT_SECONDS, until

PART_BYTES = 8 * 2**20


def content() -> bytes:
    return random_content(3, 9_000_000)


@pytest.fixture(scope="module")
def sender(scenario: Scenario) -> ApiUser:
    return scenario.external("camille")


@pytest.fixture
def plan(scenario: Scenario, sender: ApiUser) -> Iterator[tuple[str, FilePlanSchema]]:
    draft = scenario.draft(sender, ["x@ministere.example"])
    yield draft, sender.api.announce_file(draft, str(uuid.uuid4()), "f.bin", len(content()))
    sender.api.delete_draft(draft)


def a_cut(number: int, content: bytes) -> FilePart:
    return FilePart(number, content, hashlib.sha256(content).hexdigest(), zlib.crc32(content))


def put(scenario: Scenario, plan: FilePlanSchema, cut: FilePart) -> None:
    put_part(scenario.api_without_retries(), plan.parts_url, cut)


def test_a_part_that_does_not_have_its_digest_is_refused_by_the_store(
    scenario: Scenario, plan: tuple[str, FilePlanSchema], sender: ApiUser
) -> None:
    cut = a_cut(1, content()[:PART_BYTES])
    damaged = replace(cut, content=b"x" + cut.content[1:])
    problem = refused(lambda: put(scenario, plan[1], damaged))
    assert (problem.status, problem.slug) == (422, "part-digest-mismatch")
    assert sender.api.file_plan(plan[0], plan[1].file).parts == []
    put(scenario, plan[1], cut)
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
    scenario: Scenario, plan: tuple[str, FilePlanSchema], number: int, length: int, status: int, slug: str
) -> None:
    problem = refused(lambda: put(scenario, plan[1], a_cut(number, b"x" * length)))
    assert (problem.status, problem.slug) == (status, slug)


def test_a_part_without_a_checksum_or_without_a_length(scenario: Scenario, plan: tuple[str, FilePlanSchema]) -> None:
    cut = a_cut(1, content()[:PART_BYTES])
    url = f"{scenario.stack.gateway_url}{plan[1].parts_url}/1/{cut.sha256}"
    assert httpx.put(url, content=cut.content, timeout=TIMEOUT_SECONDS).json()["type"] == "/problems/checksum-needed"
    headers = {"X-Part-CRC32": f"{cut.crc32:08x}"}
    chunked = httpx.put(url, content=iter([b"x"]), headers=headers, timeout=TIMEOUT_SECONDS)
    assert chunked.status_code == 411
    assert chunked.json()["type"] == "/problems/length-required"


def test_an_interrupted_part_is_not_stored(
    scenario: Scenario, plan: tuple[str, FilePlanSchema], sender: ApiUser
) -> None:
    cut = a_cut(1, content()[:PART_BYTES])
    gateway = urlsplit(scenario.stack.gateway_url)
    head = (
        f"PUT {plan[1].parts_url}/1/{cut.sha256} HTTP/1.1\r\nHost: {gateway.hostname}\r\n"
        f"X-Part-CRC32: {cut.crc32:08x}\r\nContent-Length: {len(cut.content)}\r\n\r\n"
    )
    with socket.create_connection((str(gateway.hostname), int(gateway.port or 80))) as connection:
        connection.sendall(head.encode() + cut.content[: PART_BYTES // 2])
    assert sender.api.file_plan(plan[0], plan[1].file).parts == []
    put(scenario, plan[1], cut)


def test_a_capability_that_is_forged_truncated_or_of_another_file_is_refused(
    scenario: Scenario, plan: tuple[str, FilePlanSchema]
) -> None:
    url = plan[1].parts_url
    cut = a_cut(1, content()[:PART_BYTES])
    for forged in (url[:-1], url[:-2] + "AA", url + "A", "/parts/" + "A" * 70):
        with pytest.raises(Problem) as caught:
            put_part(scenario.api_without_retries(), forged, cut)
        assert caught.value.status == 404, forged


def test_completing_before_all_is_there_and_completing_twice(
    scenario: Scenario, plan: tuple[str, FilePlanSchema], sender: ApiUser
) -> None:
    draft, file = plan[0], plan[1].file
    digest = hashlib.sha256(content()).hexdigest()
    problem = refused(lambda: sender.api.complete_file(draft, file, digest))
    assert (problem.status, problem.slug) == (409, "parts-missing")
    assert problem.members["parts"] == [1, 2]
    put(scenario, plan[1], a_cut(1, content()[:PART_BYTES]))
    assert refused(lambda: sender.api.complete_file(draft, file, digest)).members["parts"] == [2]
    put(scenario, plan[1], a_cut(2, content()[PART_BYTES:]))
    first = sender.api.complete_file(draft, file, digest)
    assert sender.api.complete_file(draft, file, digest).document == first.document
    problem = refused(lambda: sender.api.complete_file(draft, file, "0" * 64))
    assert (problem.status, problem.slug) == (409, "digest-differs")
    problem = refused(lambda: put(scenario, plan[1], a_cut(1, content()[:PART_BYTES])))
    assert problem.status in (404, 409)


@pytest.mark.parametrize("digest", ["", "0" * 63, "g" * 64, "0" * 65, 7])
def test_an_invalid_digest(plan: tuple[str, FilePlanSchema], sender: ApiUser, digest: str) -> None:
    problem = refused(lambda: sender.api.complete_file(plan[0], plan[1].file, digest))
    assert problem.slug == "malformed-request"


def test_sending_twice_sends_once(scenario: Scenario, sender: ApiUser) -> None:
    agent = scenario.agent("dominique")
    sent = scenario.send(sender, [agent.address])
    assert sender.api.submit(sent.transfer).document == sent.recap.document
    assert refused(lambda: sender.api.edit_draft(sent.transfer, subject="autre")).slug == "already-submitted"
    assert (
        refused(lambda: sender.api.announce_file(sent.transfer, str(uuid.uuid4()), "a", 1)).slug == "already-submitted"
    )
    scenario.link(agent)
    transfers = scenario.database("propagation")["propagations"].count_documents({"_id": sent.transfer})
    assert transfers == 1
    assert len(scenario.inbox.to(agent.address)) == 1


def test_of_fifty_completions_and_fifty_submissions_at_once_each_counts_once(
    scenario: Scenario, sender: ApiUser
) -> None:
    agent = scenario.agent("dominique")
    draft = scenario.draft(sender, [agent.address])
    plan = sender.api.announce_file(draft, str(uuid.uuid4()), "f.bin", len(content()))
    put(scenario, plan, a_cut(1, content()[:PART_BYTES]))
    put(scenario, plan, a_cut(2, content()[PART_BYTES:]))
    digest = hashlib.sha256(content()).hexdigest()
    with ThreadPoolExecutor(25) as pool:
        files = list(pool.map(lambda _: sender.api.complete_file(draft, plan.file, digest), range(50)))
        recaps = list(pool.map(lambda _: sender.api.submit(draft), range(50)))
    assert all(file.document == files[0].document for file in files)
    assert all(recap.document == recaps[0].document for recap in recaps)
    scenario.link(agent)
    assert len(scenario.inbox.to(agent.address)) == 1


def test_an_upload_continues_with_a_new_session_after_the_first_one_ended(scenario: Scenario) -> None:
    sender, agent = scenario.external("camille"), scenario.agent("dominique")
    draft = scenario.draft(sender, [agent.address])
    source = scenario.source("f.bin", content())
    ended: list[int] = []

    def end_the_session(more: int) -> None:
        if not ended:
            ended.append(more)
            token = sender.api.transport.token
            sender.api.close_session()
            until(lambda: refused(scenario.api_without_retries(token).drafts).status == 401, "upload has heard of it")

    problem = refused(
        lambda: Uploader(sender.api, parallel=1, listener=ProgressSum(end_the_session)).send(draft, source)
    )
    assert (problem.status, problem.slug) == (401, "session-expired")
    sender.sign_in()
    heard: list[int] = []
    Uploader(sender.api, listener=ProgressSum(heard.append)).send(draft, source)
    assert sum(heard) == len(content())
    scenario.submit(sender, draft, {"f.bin": content()})
    scenario.link(agent)


def test_an_address_for_parts_that_has_expired(scenario: Scenario, plan: tuple[str, FilePlanSchema]) -> None:
    draft, file = plan[0], plan[1].file
    two_hours_ago = datetime.now(UTC) - timedelta(hours=2)
    pepper = scenario.stack.secrets("upload")["pepper"].strip()
    expired, _ = PartsCapabilities(pepper, timedelta(hours=1)).seal(draft, file, two_hours_ago)
    old = plan[1].model_copy(update={"parts_url": f"/parts/{expired}"})
    problem = refused(lambda: put(scenario, old, a_cut(1, content()[:PART_BYTES])))
    assert (problem.status, problem.slug) == (403, "parts-address-expired")


def test_a_parts_address_of_a_removed_file(scenario: Scenario, sender: ApiUser) -> None:
    draft = scenario.draft(sender, ["x@ministere.example"])
    plan = sender.api.announce_file(draft, str(uuid.uuid4()), "f.bin", 5)
    put(scenario, plan, a_cut(1, b"12345"))
    sender.api.delete_file(draft, plan.file)
    problem = refused(lambda: put(scenario, plan, a_cut(1, b"12345")))
    assert (problem.status, problem.slug) == (404, "not-found")
