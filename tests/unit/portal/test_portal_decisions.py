"""Approving, refusing, downloading, following: what the pages show, what their buttons do, what looking costs."""

import json
import re

import pytest

from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import AGENT, FILE, OUTSIDER, SENT, TOKEN, WHEN, archive, no_archive, offer
from tests.unit.portal.visitor import Visitor, hidden

DECISION = f"/approve/{TOKEN}"
OFFER = f"/download/{TOKEN}"
DOWNLOAD = f"{OFFER}/files/{FILE}"
TRACKING = f"/tracking/{SENT}"


def words(html: str) -> str:
    """What is read on the page."""
    return re.sub(r"\s+", " ", re.sub(r"<wbr>", "", html))


async def test_an_approver_is_shown_everything_and_looking_decides_nothing(api: FakeApi, visitor: Visitor) -> None:
    page = words((await visitor.get(DECISION)).text)
    for shown in (AGENT["address"], OUTSIDER["address"], "camille.martin@ville.example", "Camille Martin"):
        assert shown in page
    assert "L’adresse a été vérifiée, le nom ne l’a pas été" in page
    assert "voici les relevés demandés" in page
    assert "novembre.csv" in page
    assert {request.method for request in api.asked} == {"GET"}


async def test_that_nothing_was_scanned_is_said_to_who_decides_and_to_who_downloads(visitor: Visitor) -> None:
    for path in (DECISION, OFFER):
        assert "n’ont pas été analysés par un antivirus" in (await visitor.get(path)).text


async def test_approving_takes_three_keys(visitor: Visitor) -> None:
    """The first stop of the keyboard is a link to the button: tab, enter, enter."""
    page = (await visitor.get(DECISION)).text
    first = re.findall(r"<(?:a|button|input|textarea|summary)\b[^>]*>", page)[0]
    assert first == '<a href="#approve">'
    assert '<button id="approve"' in page


async def test_approving_says_who_and_when(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.walk(await visitor.send(await visitor.get(DECISION), f"{DECISION}/approval"))
    assert "Validé" in page.text
    assert AGENT["address"] in page.text
    assert "/approval" not in page.text
    body = next(request.content for request in api.asked if request.url.path.endswith("/approval"))
    assert api.propagation.decisions[SENT]["snapshot"]["digest"].encode() in body


async def test_a_refusal_needs_a_reason_and_passes_it_on(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(DECISION)
    again = await visitor.send(page, f"{DECISION}/refusal", reason="  ")
    assert again.status_code == 422
    assert 'id="reason-error"' in again.text
    assert api.propagation.decisions[SENT]["state"] == "waiting"
    refused = await visitor.walk(await visitor.send(page, f"{DECISION}/refusal", reason="Pas <pour> nous"))
    assert "Pas &lt;pour&gt; nous" in refused.text


async def test_whoever_comes_second_reads_who_decided_first(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(DECISION)
    by = {"address": "autre@ministere.example", "name": "Autre Agent"}
    decided = {"outcome": "refused", "by": by, "at": WHEN, "reason": "Doublon"}
    api.propagation.decisions[SENT] |= {"state": "refused", "decided": decided, "may_decide": False}
    answer = await visitor.send(page, f"{DECISION}/approval")
    assert answer.status_code == 409
    assert "Une autre personne a déjà décidé" in answer.text
    assert "Autre Agent" in answer.text


async def test_what_changed_meanwhile_is_shown_again_with_the_reason_that_was_typed(
    api: FakeApi, visitor: Visitor
) -> None:
    page = await visitor.get(DECISION)
    api.propagation.decisions[SENT]["snapshot"]["digest"] = "0" * 64
    answer = await visitor.send(page, f"{DECISION}/refusal", reason="Longue explication")
    assert answer.status_code == 409
    assert "Longue explication</textarea>" in answer.text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("withdrawn", "L’expéditeur a supprimé cet envoi"),
        ("lapsed", "Personne n’a validé cet envoi à temps"),
        ("quarantined", "en cours d’examen"),
    ],
)
async def test_a_decision_that_is_over_has_no_buttons(api: FakeApi, visitor: Visitor, state: str, said: str) -> None:
    api.propagation.decisions[SENT] |= {"state": state, "may_decide": False, "decide_by": None}
    page = (await visitor.get(DECISION)).text
    assert said in page
    assert "/approval" not in page


async def test_when_all_who_waited_were_revoked_the_page_says_that_nothing_is_left_to_decide(
    api: FakeApi, visitor: Visitor
) -> None:
    page = await visitor.get(DECISION)
    api.propagation.decisions[SENT] |= {"state": "released", "may_decide": False, "decide_by": None}
    late = (await visitor.send(page, f"{DECISION}/approval")).text
    for html in (late, (await visitor.get(DECISION)).text):
        assert "a révoqué tous les destinataires en attente de validation" in html
        assert "n’y a plus rien à décider" in html
    assert "/approval" not in late


async def test_an_agent_with_a_session_decides_the_same_way(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in("agent")
    assert f'href="/pending/{SENT}"' in (await visitor.get("/pending")).text
    page = await visitor.get(f"/pending/{SENT}")
    await visitor.send(page, f"/pending/{SENT}/approval")
    assert api.propagation.decisions[SENT]["state"] == "approved"
    assert api.asked[-1].url.path == f"/api/propagation/transfers/{SENT}/approval"


async def test_the_page_of_a_link_shows_what_there_is_and_costs_nothing(api: FakeApi, visitor: Visitor) -> None:
    page = (await visitor.get(OFFER)).text
    assert "restent 2 téléchargements sur 3" in page
    assert "Limite de téléchargements atteinte" in page
    assert "sha256sum" in page
    assert "Get-FileHash" in page
    assert page.count(f'action="{OFFER}/files/') == 1
    assert {request.method for request in api.asked} == {"GET"}


async def test_while_undone_downloads_run_the_page_and_the_refusal_say_when_one_is_free_again(
    api: FakeApi, visitor: Visitor
) -> None:
    for _ in range(2):
        await visitor.send(await visitor.get(OFFER), DOWNLOAD)
    page = await visitor.get(OFFER)
    assert "restants sont en cours" in page.text
    assert DOWNLOAD not in page.text
    assert "Limite de téléchargements atteinte" in page.text, "the other file was downloaded as often as it may be"
    api.download.offers[TOKEN]["files"][0]["left"] = 1
    page = await visitor.get(OFFER)
    api.download.offers[TOKEN]["files"][0]["left"] = 0
    refused = await visitor.send(page, DOWNLOAD)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert "redevient disponible sous 90 secondes" in refused.text


async def test_a_double_click_takes_one_download_and_leads_to_the_bytes(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(OFFER)
    first, second = [await visitor.send(page, DOWNLOAD) for _ in range(2)]
    assert first.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert first.headers["location"].startswith("http://files.test/files/")
    assert len(api.download.downloads) == 1
    assert len({await _download_id(visitor), await _download_id(visitor)}) == 2


async def _download_id(visitor: Visitor) -> str:
    (id,) = re.findall(r'name="download" value="([^"]*)"', (await visitor.get(OFFER)).text)
    return str(id)


@pytest.mark.parametrize("how", ["done", "download-already-done", "download-spent"])
async def test_a_download_that_has_ended_begins_no_other_by_itself(api: FakeApi, visitor: Visitor, how: str) -> None:
    page = await visitor.get(OFFER)
    path = f"/api/download/links/{TOKEN}/files/{FILE}/downloads/.*"
    if how == "done":
        api.download.done.add(hidden(page, DOWNLOAD)["download"])
    else:
        api.refuse("PUT", path, how, unchecked="the bytes of a download are refused so too")
    again = await visitor.walk(await visitor.send(page, DOWNLOAD))
    assert "Rien n’a été décompté cette fois" in again.text
    assert DOWNLOAD in again.text


async def test_the_limit_is_a_page_in_words(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(OFFER)
    api.download.offers[TOKEN]["files"][0]["left"] = 0
    answer = await visitor.send(page, DOWNLOAD)
    assert answer.status_code == 410
    assert "Limite de téléchargements atteinte" in answer.text
    assert "L’expéditeur" in answer.text


async def test_everything_is_offered_as_one_archive_while_it_can_be_had(api: FakeApi, visitor: Visitor) -> None:
    assert "/archive" not in (await visitor.get(OFFER)).text
    api.download.offers[TOKEN] = offer(archive=archive())
    page = await visitor.get(OFFER)
    assert "Tout télécharger" in page.text
    answer = await visitor.send(page, f"{OFFER}/archive")
    assert answer.headers["location"].startswith("http://files.test/files/")
    assert list(api.download.downloads.values()) == ["archive"]
    api.download.offers[TOKEN] = offer(archive=no_archive(FILE))
    assert f"{OFFER}/archive" not in (await visitor.get(OFFER)).text


async def test_a_suspended_file_says_so_and_has_no_button(api: FakeApi, visitor: Visitor) -> None:
    api.download.offers[TOKEN]["files"][0]["suspended"] = True
    page = (await visitor.get(OFFER)).text
    assert "Trop de téléchargements ont été interrompus" in page
    assert f'action="{DOWNLOAD}"' not in page


async def test_a_person_who_looks_is_noted_when_the_page_says_so(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(OFFER)
    said = re.findall(r'data-csrf="([^"]*)"', page.text)[0]
    assert (await visitor.post(f"{OFFER}/opened", {"csrf": said})).status_code == 204
    assert api.asked[-1].url.path.endswith("/opened")


async def test_tracking_shows_the_responses_of_three_services(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    page = words((await visitor.get(TRACKING)).text)
    assert "En attente de validation" in page
    assert "tout téléchargé" in page
    assert "courriel retardé" in page
    assert "450 4.2.0 Greylisted" in page
    assert "interrompu à 40 %, non décompté" in page
    assert "1 destinataire n’a pas encore tout téléchargé." in page


async def test_tracking_works_before_the_other_services_have_heard_of_the_transfer(
    api: FakeApi, visitor: Visitor
) -> None:
    visitor.sign_in()
    api.tracking.cards.clear()
    api.propagation.decisions.clear()
    page = await visitor.get(TRACKING)
    assert page.status_code == 200
    assert "Reçu" in page.text


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("withdrawn", "Supprimé par vous"),
        ("expired", "les fichiers ont été supprimés"),
        ("quarantined", "En cours d’examen"),
    ],
)
async def test_how_a_transfer_ended_is_said(api: FakeApi, visitor: Visitor, outcome: str, said: str) -> None:
    visitor.sign_in()
    api.upload.transfers[SENT] |= {"state": "closed", "outcome": outcome, "closed_at": WHEN}
    page = (await visitor.get(TRACKING)).text
    assert said in page
    assert f"{TRACKING}/delete" not in page


async def test_deleting_asks_first(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    page = await visitor.get(f"{TRACKING}/delete")
    assert api.upload.transfers[SENT]["state"] == "submitted"
    after = await visitor.walk(await visitor.send(page, f"{TRACKING}/delete"))
    assert "Supprimé par vous" in after.text


async def test_a_suspended_file_can_be_opened_again_by_its_sender(api: FakeApi, visitor: Visitor) -> None:
    visitor.sign_in()
    await visitor.send(await visitor.get(TRACKING), f"{TRACKING}/reopen")
    asked = next(one for one in reversed(api.asked) if one.url.path.endswith("/reopenings"))
    assert json.loads(asked.content) == {"recipient": OUTSIDER["address"], "file": FILE}
