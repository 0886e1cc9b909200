"""Three complete downloads of a file are allowed; they are counted exactly, and nothing else is."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx

from client.download import Downloader
from client.errors import Problem
from client.schemas.download import StartedFileSchema
from tests.e2e.downloads import MIB, ON_THE_WAY
from tests.e2e.scenario import Scenario, SentTransfer, refused
from tests.eventually import TIMEOUT_SECONDS, until

AT_ONCE = 200


def a_link(scenario: Scenario, content: bytes = b"trois fois") -> tuple[SentTransfer, str, str]:
    agent, other = scenario.agent("dominique", signed_in=True), scenario.external("sacha", signed_in=False)
    sent = scenario.send(agent, [other.address], {"f.bin": content})
    link = scenario.link(other)
    return sent, link, sent.recap.files[0].file


def test_the_fourth_complete_download_is_refused_and_the_sender_sees_three(scenario: Scenario) -> None:
    sent, link, file = a_link(scenario)
    api = scenario.api_without_retries()
    for left in (3, 2, 1):
        offered = api.offer(link).file("f.bin")
        assert offered.left == left
        Downloader(api, link).fetch(offered, scenario.folder / f"{sent.transfer}.{left}")
    until(lambda: api.offer(link).file("f.bin").left == 0, "the third one is counted")
    problem = refused(lambda: api.start_download(link, file, str(uuid.uuid4())))
    assert (problem.status, problem.slug) == (410, "downloads-exhausted")

    def all_done() -> bool:
        recipient = sent.sender.api.tracking(sent.transfer).recipients[0]
        return recipient.files[0].done == 3

    until(all_done, "the sender sees three")


def test_of_two_hundred_starts_at_once_exactly_three_are_granted(scenario: Scenario) -> None:
    _, link, file = a_link(scenario)
    api = scenario.api_without_retries()

    def start(_: int) -> str:
        try:
            api.start_download(link, file, str(uuid.uuid4()))
        except Problem as problem:
            return problem.slug
        return "granted"

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(start, range(AT_ONCE)))
    assert outcomes.count("granted") == 3
    assert set(outcomes) == {"granted", "downloads-running"}


def test_the_same_id_again_takes_nothing_more(scenario: Scenario) -> None:
    _, link, file = a_link(scenario)
    api, download = scenario.api_without_retries(), str(uuid.uuid4())
    with ThreadPoolExecutor(10) as pool:
        grants: list[StartedFileSchema] = list(pool.map(lambda _: api.start_download(link, file, download), range(20)))
    assert {grant.left for grant in grants} == {2}


def test_a_download_that_was_given_back_costs_nothing(scenario: Scenario) -> None:
    _, link, file = a_link(scenario, b"x" * (ON_THE_WAY + 2 * MIB))
    api = scenario.api_without_retries()
    for _ in range(5):
        download = str(uuid.uuid4())
        grant = api.start_download(link, file, download)
        with httpx.stream("GET", grant.url, timeout=TIMEOUT_SECONDS) as answer:
            next(answer.iter_raw())
        api.give_back(link, file, download)
    until(lambda: api.offer(link).file("f.bin").left == 3, "all three are there again")


def test_ranges_within_one_download_are_free(scenario: Scenario) -> None:
    content = bytes(range(256)) * 20_000
    _, link, file = a_link(scenario, content)
    api = scenario.api_without_retries()
    grant = api.start_download(link, file, str(uuid.uuid4()))
    found = b""
    for start in range(0, len(content), 1_000_000):
        stop = min(start + 1_000_000, len(content)) - 1
        answer = httpx.get(grant.url, headers={"Range": f"bytes={start}-{stop}"}, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 206
        found += answer.content
    assert found == content
    until(lambda: api.offer(link).file("f.bin").left == 2, "counted once")
