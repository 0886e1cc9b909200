"""Recipients who have not downloaded are reminded, nobody else, and nobody twice in one day."""

from devstack.people import OFFER
from tests.e2e.downloads import new, offered
from tests.e2e.scenario import Scenario, refused
from tests.eventually import until


def test_only_recipients_without_a_download_are_reminded_and_once_a_day(scenario: Scenario) -> None:
    done, waits, named = offered(scenario, b"le rapport", readers=3)
    sender, transfer, wish = done.sent.sender.api, done.sent.transfer, new()
    done.fetch()
    until(lambda: done.done == 1, "one has it")
    assert sender.remind(transfer, new(), named.address).reminded == [named.address]
    for _ in range(2):
        card = sender.remind(transfer, wish)
        assert card.document == {"reminded": [waits.address], "passed_over": [named.address]}
    for one in (waits, named):
        mail = scenario.inbox.wait(one.address, OFFER, seen=1)
        assert "Rappel" in mail.subject
        assert mail.token(OFFER) == one.link
    hurried = scenario.api_without_retries(sender.transport.token)
    assert refused(lambda: hurried.remind(transfer, new())).slug == "nobody-to-remind"
    assert refused(lambda: hurried.remind(transfer, new(), waits.address)).slug == "reminded-lately"
    assert refused(lambda: hurried.remind(transfer, new(), done.address)).slug == "everything-downloaded"
    kinds = until(lambda: mails_of(scenario, done.sent.transfer), "the sender sees it")
    assert kinds == {done.address: {"link"}, waits.address: {"link", "reminder"}, named.address: {"link", "reminder"}}
    assert len(scenario.inbox.with_page(done.address, OFFER)) == 1


def mails_of(scenario: Scenario, transfer: str) -> dict[str, set[str]]:
    """The kinds of accepted mails of each recipient, once nothing is on its way."""
    delivery = scenario.database("download")["deliveries"].find_one({"_id": transfer})
    assert delivery is not None
    found: dict[str, set[str]] = {}
    for mail in delivery["mails"]:
        if mail["kind"] in ("link", "reminder") and mail["state"] == "accepted":
            found.setdefault(mail["recipient"], set()).add(mail["kind"])
    assert sum(len(kinds) for kinds in found.values()) == 5
    return found
