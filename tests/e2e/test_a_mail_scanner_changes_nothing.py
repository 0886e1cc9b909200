"""Scanners that follow every link of every mail and submit every form empty cause no change."""

import re
from collections.abc import Iterator

import httpx

from client.download import Downloader
from devstack.inbox import ReceivedMail
from devstack.people import ACCESS, DECISION, OFFER, ApiUser
from tests.e2e.scenario import Scenario

SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) SafeLinks",
    "BarracudaCentral/1.0",
    "Proofpoint URL Defense",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
)
TOKEN = re.compile(r"/(access|approve|download|tracking)/([^/?#\s]+)")
UUID = "00000000-0000-4000-8000-000000000000"


def addresses(mail: ReceivedMail, base_url: str) -> Iterator[str]:
    """Every address in a mail, and every address of the API that can be made of its tokens."""
    for link in mail.all_links:
        yield link
        for page, token in TOKEN.findall(link):
            yield from (base_url + path for path in api_paths(page, token))


def api_paths(page: str, token: str) -> Iterator[str]:
    """What a curious machine could make of a token."""
    if page == "access":
        yield "/api/auth/sessions"
        yield f"/api/auth/sessions/{token}"
        yield "/api/auth/links"
    for noun in ("approvals", "transfers"):
        for verb in ("", "/approval", "/refusal"):
            yield f"/api/propagation/{noun}/{token}{verb}"
    yield f"/api/download/links/{token}"
    yield f"/api/download/links/{token}/archive"
    yield f"/api/download/links/{token}/files/{UUID}/downloads/{UUID}"
    yield f"/api/download/transfers/{token}"
    yield f"/api/upload/transfers/{token}"
    yield f"/api/upload/drafts/{token}/submission"


def scan(mails: list[ReceivedMail], base_url: str) -> int:
    """Looks and presses; how many requests that were."""
    asked = 0
    with httpx.Client(timeout=10, follow_redirects=True) as http:
        for mail in mails:
            for number, address in enumerate(dict.fromkeys(addresses(mail, base_url))):
                headers = {"User-Agent": SCANNERS[number % len(SCANNERS)], "Sec-Purpose": "prefetch"}
                for method in ("HEAD", "GET", "GET", "OPTIONS"):
                    assert http.request(method, address, headers=headers).status_code < 500
                for content in ("", "{}"):
                    told = {"Content-Type": "application/json", **headers}
                    assert http.post(address, content=content, headers=told).status_code < 500
                asked += 6
    return asked


def everything(scenario: Scenario, *people: ApiUser) -> list[ReceivedMail]:
    return [mail for person in people for mail in scenario.inbox.to(person.address)]


def test_after_a_scan_of_every_mail_each_link_still_works(scenario: Scenario) -> None:
    sender, other = scenario.external("camille", signed_in=False), scenario.external("sacha", signed_in=False)
    agent, base_url = scenario.agent("dominique"), scenario.stack.gateway_url
    sender.request_link()
    access = sender.wait_for_mail(ACCESS)
    assert scan(everything(scenario, sender), base_url) > 10
    sender.open_session(access)

    sent = scenario.send(sender, [agent.address, other.address], {"f.txt": b"intact"})
    link, decision = scenario.link(agent), agent.wait_for_mail(DECISION).token(DECISION)
    scan(everything(scenario, agent), base_url)
    card = agent.api.approval_request(decision)
    assert card.state == "waiting"
    assert scenario.has_no_link(other)
    assert agent.api.offer(link).file("f.txt").left == 3

    agent.api.approve(decision, card.snapshot.digest)
    link = scenario.link(other)
    scan(everything(scenario, agent, other, sender), base_url)
    offered = other.api.offer(link).file("f.txt")
    assert offered.left == 3
    assert Downloader(other.api, link).fetch(offered, scenario.folder / sent.transfer).read_bytes() == b"intact"
    assert agent.api.approval_request(decision).state == "approved"
    assert sender.api.sent_transfer(sent.transfer).outcome is None
    assert f"/{OFFER}/" in everything(scenario, other)[-1].text
