"""Writing, saving, adding a file with a plain form, looking over, sending."""

import hashlib
import html
import json
import re
from asyncio import to_thread

import httpx
import pytest

from services.upload.domain.submission import SubjectMissing, problem_view
from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import DRAFT, FILE, SENT, SUBJECT, two_files
from tests.fakes.api.drafts import write
from tests.unit.portal.visitor import Visitor, hidden, new_visitor

PAGE = f"/drafts/{DRAFT}"
TYPED = {"to": "a@ministere.example\nb@ville.example", "subject": "Objet", "text": "Bonjour", "validity_days": "9"}
MIB = 2**20


@pytest.fixture(autouse=True)
def _signed_in(visitor: Visitor) -> None:
    visitor.sign_in()


async def test_a_new_draft_is_begun_once_however_often_the_button_is_pressed(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get("/drafts")
    for _ in range(2):
        answer = await visitor.send(page, "/drafts", draft=FILE)
        assert answer.headers["location"] == f"/drafts/{FILE}"
    assert len(api.upload.drafts) == 2


async def test_what_is_typed_is_saved_and_shown_again(api: FakeApi, visitor: Visitor) -> None:
    answer = await visitor.send_file(await visitor.get(PAGE), PAGE, ("", b""), **TYPED)
    assert answer.headers["location"] == f"{PAGE}?saved=yes"
    saved = next(json.loads(one.content) for one in api.asked if one.method == "PATCH")
    assert set(saved.pop("was")) == set(saved)
    assert saved == {
        "subject": "Objet",
        "text": "Bonjour",
        "to": ["a@ministere.example\nb@ville.example"],
        "validity_days": 9,
    }
    assert "Le brouillon est enregistré" in (await visitor.walk(answer)).text


@pytest.mark.parametrize("size", [0, 1, 8 * MIB, 8 * MIB + 1, 16 * MIB, 17 * MIB + 123])
async def test_a_file_reaches_the_store_in_parts_whole_and_in_order(api: FakeApi, visitor: Visitor, size: int) -> None:
    content = hashlib.shake_128(b"file").digest(size)
    page = await visitor.get(PAGE)
    answer = await visitor.send_file(page, PAGE, ('Été 2025 "b".pdf', content), **TYPED)
    assert answer.headers["location"] == f"{PAGE}?saved=yes#files"
    (sent,) = [one for one in api.upload.drafts[DRAFT]["files"] if one["path"] == 'Été 2025 "b".pdf']
    assert (sent["state"], sent["sha256"]) == ("complete", hashlib.sha256(content).hexdigest())
    assert api.upload.whole(sent["file"]) == content
    assert api.upload.drafts[DRAFT]["subject"] == "Objet"


async def test_a_file_over_the_limit_of_the_form_is_refused_before_a_part_of_it_goes_on(api: FakeApi) -> None:
    visitor = new_visitor(api, form_file_bytes=9 * MIB)
    visitor.sign_in()
    page = await visitor.get(PAGE)
    answer = await visitor.send_file(page, PAGE, ("big.bin", bytes(9 * MIB + 400_000)), **TYPED)
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert api.upload.drafts[DRAFT]["files"] == two_files()
    assert api.upload.drafts[DRAFT]["subject"] == "Objet"
    await visitor.http.aclose()


async def test_a_form_of_a_gigabyte_leads_to_a_page_that_says_so(visitor: Visitor) -> None:
    page = await visitor.get(f"{PAGE}?too-large=yes")
    assert page.status_code == 422
    assert 'id="file-error"' in page.text
    assert "le formulaire n’a pas été lu" in page.text
    assert "le formulaire n’a pas été lu" not in (await visitor.get(PAGE)).text


async def test_a_file_that_is_refused_does_not_keep_others_waiting(api: FakeApi) -> None:
    visitor = new_visitor(api, form_file_bytes=9 * MIB, form_files_at_once=1)
    visitor.sign_in()
    page = await visitor.get(PAGE)
    for _ in range(3):
        assert (await visitor.send_file(page, PAGE, ("big.bin", bytes(30 * MIB)), **TYPED)).status_code == 422
    assert (await visitor.send_file(page, PAGE, ("small.bin", b"small"), **TYPED)).status_code == 303
    await visitor.http.aclose()


async def test_a_file_that_does_not_arrive_leaves_nothing_in_the_draft(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(PAGE)
    fields = {**hidden(page, PAGE), **TYPED}
    body = b""
    for name, value in fields.items():
        part = f'--b0undary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        body += part.encode()
    body += b'--b0undary\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    body += bytes(9 * MIB)  # and then the line is cut: no last boundary
    headers = {"Content-Type": "multipart/form-data; boundary=b0undary", **visitor.cookie()}
    answer = await visitor.http.post(PAGE, content=body, headers=headers)
    assert answer.status_code == 422
    assert not api.upload.parts
    assert api.upload.drafts[DRAFT]["files"] == two_files()


async def test_a_refused_field_is_told_where_it_stands_and_what_was_typed_stays(api: FakeApi, visitor: Visitor) -> None:
    api.refuse("PATCH", f"/api/upload/drafts/{DRAFT}", "subject-too-long")
    page = await visitor.get(PAGE)
    answer = await visitor.send_file(page, PAGE, ("a.txt", b"never sent"), **{**TYPED, "subject": "Long <objet>"})
    assert answer.status_code == 422
    assert 'value="Long &lt;objet&gt;"' in answer.text
    assert 'href="#subject"' in answer.text
    assert "<title>Erreur" in answer.text
    assert not api.upload.parts


async def test_a_refused_file_is_told_at_the_file_and_the_words_are_saved(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(PAGE)
    answer = await visitor.send_file(page, PAGE, ("a.exe", b"MZ"), **TYPED)
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    assert "ne sont pas acceptés ici" in answer.text
    assert api.upload.drafts[DRAFT]["subject"] == "Objet"


async def test_when_the_session_is_over_what_was_typed_is_saved_in_the_next_one(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(PAGE)
    visitor.sign_in(age=1000)
    api.auth.session = None
    over = await visitor.send_file(page, PAGE, ("", b""), **{**_as_shown(page), "text": "Deux heures <de> travail"})
    assert over.status_code == 401
    assert "Deux heures &lt;de&gt; travail" in over.text
    assert "Vos modifications non enregistrées" in over.text
    assert not [one for one in api.asked if one.method == "PATCH"]
    visitor.sign_in(session="session-2")
    answer = await visitor.send_file(over, PAGE, ("", b""), text="Deux heures <de> travail")
    assert answer.status_code == 303
    assert api.upload.drafts[DRAFT]["text"] == "Deux heures <de> travail"
    assert api.upload.drafts[DRAFT]["subject"] == SUBJECT


@pytest.mark.parametrize(("another", "said"), [(None, "Vous êtes déconnecté"), ("person-2", "La session a changé")])
async def test_whoever_is_signed_in_what_was_typed_is_kept_for_who_typed_it(
    api: FakeApi, visitor: Visitor, another: str | None, said: str
) -> None:
    page = await visitor.get(PAGE)
    visitor.cookies.clear()
    if another:
        visitor.sign_in(person=another)
    shown = await visitor.send_file(page, PAGE, ("", b""), **{**_as_shown(page), "text": "Deux heures"})
    assert (shown.status_code, said in shown.text) == (403 if another else 401, True)
    visitor.sign_in(session="session-2")
    assert (await visitor.send_file(shown, PAGE, ("", b""), text="Deux heures")).status_code == 303
    assert api.upload.drafts[DRAFT]["text"] == "Deux heures"


def _token(page: httpx.Response) -> dict[str, str]:
    return {"X-CSRF-Token": page.text.split('data-csrf="')[1].split('"')[0]}


async def test_an_open_page_goes_on_in_the_next_session_of_the_same_person(api: FakeApi, visitor: Visitor) -> None:
    said = _token(await visitor.get(PAGE))
    visitor.sign_in(session="session-2")
    answer = await visitor.http.patch(f"/api-proxy{PAGE}", json={"text": "Après"}, headers={**said, **visitor.cookie()})
    assert answer.status_code == 200
    assert api.upload.drafts[DRAFT]["text"] == "Après"


async def test_an_open_page_goes_on_after_a_lunch(api: FakeApi, visitor: Visitor) -> None:
    said = _token(await visitor.get(PAGE))
    visitor.sign_in(age=20 * 3600)
    answer = await visitor.http.patch(f"/api-proxy{PAGE}", json={"text": "Après"}, headers={**said, **visitor.cookie()})
    assert answer.status_code == 200
    assert "__Host-session=" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("cookie", "status", "type", "title"),
    [
        ("over", 401, "session-expired", "Votre session a expiré"),
        ("none", 401, "signed-out", "Vous êtes déconnecté"),
        ("another", 403, "session-changed", "Une autre personne est désormais connectée"),
    ],
)
async def test_a_script_is_told_in_a_problem_what_became_of_its_session(
    api: FakeApi, visitor: Visitor, cookie: str, status: int, type: str, title: str
) -> None:
    said = _token(await visitor.get(PAGE))
    visitor.cookies.clear()
    if cookie == "over":
        api.auth.session = None
        visitor.sign_in(age=1000)
    elif cookie == "another":
        visitor.sign_in(person="person-2")
    for _ in range(2):
        answer = await visitor.http.patch(f"/api-proxy{PAGE}", json={"text": "x"}, headers={**said, **visitor.cookie()})
        assert answer.headers["content-type"] == "application/problem+json"
        found = answer.json()
        assert (answer.status_code, found["status"], found["type"]) == (status, status, f"/problems/{type}")
        assert title in found["title"]


async def test_every_refusal_of_a_script_is_a_problem(api: FakeApi, visitor: Visitor) -> None:
    headers = {**_token(await visitor.get(PAGE)), **visitor.cookie()}

    def unreachable(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no gateway")

    api.faults.append(unreachable)
    for path, status in ((f"/api-proxy{PAGE}", 503), ("/api-proxy/config", 404)):
        answer = await visitor.http.get(path, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["title"]
    from_elsewhere = await visitor.http.get(f"/api-proxy{PAGE}", headers=visitor.cookie())
    assert from_elsewhere.json()["type"] == "/problems/form-from-elsewhere"


async def test_a_file_is_taken_out_and_the_words_are_saved_with_it(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(PAGE)
    assert f'formaction="{PAGE}?remove={FILE}"' in page.text
    answer = await visitor.send_file(page, PAGE, ("", b""), f"?remove={FILE}", **TYPED)
    assert answer.headers["location"] == f"{PAGE}?saved=yes#files"
    assert any(request.method == "DELETE" and request.url.path.endswith(FILE) for request in api.asked)
    assert api.upload.drafts[DRAFT]["subject"] == "Objet"


async def test_who_has_to_approve_is_said_before_sending(api: FakeApi, visitor: Visitor) -> None:
    for page in (await visitor.get(PAGE), await visitor.get(f"{PAGE}/recap")):
        assert "1 destinataire externe\N{NO-BREAK SPACE}: un agent destinataire devra valider l’envoi." in page.text
    api.upload.drafts[DRAFT]["approvers"] = []
    assert "ajoutez au moins un agent" in (await visitor.get(PAGE)).text
    api.upload.drafts[DRAFT]["needs_approval"] = False
    assert "l’envoi est immédiat" in (await visitor.get(PAGE)).text


async def test_what_is_no_address_is_listed_and_kept_in_its_field(api: FakeApi, visitor: Visitor) -> None:
    api.upload.drafts[DRAFT]["unreadable"] = [{"text": "sacha(at)x", "field": "to", "reason": "no-at-sign"}]
    page = await visitor.get(PAGE)
    assert "sacha(at)x</textarea>" in page.text
    assert "elle ne contient pas de signe @" in page.text


async def test_the_recap_names_what_is_no_address_and_why(api: FakeApi, visitor: Visitor) -> None:
    write(api.upload.drafts[DRAFT], {"to": ["c@ministere.example; rené@ville.example; Martin"]})
    for page in (await visitor.get(f"{PAGE}/recap"), await visitor.get(PAGE)):
        assert "<code>rené@ville.example</code> – une adresse ne peut pas contenir «\N{NO-BREAK SPACE}é" in page.text
        assert "<code>Martin</code> – elle ne contient pas de signe @" in page.text
        assert "l’envoi est immédiat" not in page.text


async def test_a_domain_is_shown_in_unicode_and_can_be_saved_again(api: FakeApi, visitor: Visitor) -> None:
    write(api.upload.drafts[DRAFT], {"to": ["Ana@mairie-évian.fr; eva@почта.рф"], "cc": []})
    page = await visitor.get(PAGE)
    field = "Ana@mairie-évian.fr\neva@почта.рф &lt;eva@xn--80a1acny.xn--p1ai&gt;</textarea>"
    assert field in page.text
    shown = (await visitor.get(f"{PAGE}/recap")).text.replace("<wbr>", "")
    assert "ana@mairie-évian.fr" in shown
    assert "eva@почта.рф &lt;eva@xn--80a1acny.xn--p1ai&gt;" in shown
    before = api.upload.drafts[DRAFT]["recipients"]
    await visitor.send(page, PAGE)
    assert api.upload.drafts[DRAFT]["recipients"] == before


async def test_what_is_missing_is_listed_and_there_is_no_way_to_send(api: FakeApi, visitor: Visitor) -> None:
    api.upload.drafts[DRAFT]["problems"] = [problem_view(SubjectMissing())]
    page = await visitor.get(f"{PAGE}/recap")
    assert "pas encore d&#39;objet" in page.text
    assert f"{PAGE}/submission" not in page.text


async def test_sending_shows_who_approves_and_where_to_follow_it(api: FakeApi, visitor: Visitor) -> None:
    recap = await visitor.get(f"{PAGE}/recap")
    page = await visitor.walk(await visitor.send(recap, f"{PAGE}/submission"))
    assert "En attente de validation" in page.text
    assert f'value="http://127.0.0.1:8080/tracking/{DRAFT}"' in page.text
    assert DRAFT not in api.upload.drafts


async def test_a_draft_that_became_incomplete_is_shown_again(api: FakeApi, visitor: Visitor) -> None:
    recap = await visitor.get(f"{PAGE}/recap")
    api.upload.drafts[DRAFT]["files"] = []
    answer = await visitor.send(recap, f"{PAGE}/submission")
    assert answer.headers["location"] == f"{PAGE}/recap"


@pytest.mark.parametrize("removed", [False, True])
async def test_a_draft_that_was_changed_since_it_was_looked_over_is_not_sent_but_shown_again(
    api: FakeApi, visitor: Visitor, removed: bool
) -> None:
    recap = await visitor.get(f"{PAGE}/recap")
    if removed:
        api.upload.drafts[DRAFT]["files"].pop()
    else:
        await _elsewhere(api, to=["a@ministere.example"], subject="Plans")
    again = await visitor.walk(await visitor.send(recap, f"{PAGE}/submission"))
    assert (DRAFT in api.upload.drafts, DRAFT in api.upload.transfers) == (True, False)
    assert "Rien n’a été envoyé" in again.text
    assert ("Plans" in again.text) is not removed
    answer = await visitor.send(again, f"{PAGE}/submission")
    assert answer.headers["location"] == f"{PAGE}/sent"


async def test_a_draft_that_was_sent_leads_to_its_tracking(visitor: Visitor) -> None:
    assert (await visitor.get(f"/drafts/{SENT}")).headers["location"] == f"/tracking/{SENT}"
    assert (await visitor.get(f"/drafts/{SENT}/recap")).headers["location"] == f"/drafts/{SENT}/sent"


@pytest.mark.parametrize(("query", "typed"), [("", TYPED), ("?then=recap", TYPED), (f"?remove={FILE}", {})])
async def test_the_old_page_of_a_draft_that_was_sent_elsewhere_leads_to_its_tracking(
    api: FakeApi, visitor: Visitor, query: str, typed: dict[str, str]
) -> None:
    page = await visitor.get(PAGE)
    await to_thread(api.client().submit, DRAFT)
    answer = await visitor.send_file(page, PAGE, ("", b""), query, **typed)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tracking/{DRAFT}")
    assert api.upload.transfers[DRAFT]["subject"] == SUBJECT


async def test_a_draft_is_deleted_only_after_a_page_that_asks(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(f"{PAGE}/delete")
    assert DRAFT in api.upload.drafts
    await visitor.send(page, f"{PAGE}/delete")
    assert DRAFT not in api.upload.drafts


async def test_what_is_no_id_leads_nowhere(visitor: Visitor) -> None:
    for path in ("/drafts/x", "/tracking/x", "/drafts/new/recap"):
        assert (await visitor.get(path)).status_code == 404


async def test_scripts_may_ask_for_their_drafts_files_and_for_nothing_else(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(PAGE)
    said = {"X-CSRF-Token": page.text.split('data-csrf="')[1].split('"')[0]}
    headers = {**said, **visitor.cookie()}
    asked = {"path": "a.txt", "size_bytes": 3}
    plan = await visitor.http.put(f"/api-proxy/drafts/{DRAFT}/files/{SENT}", json=asked, headers=headers)
    assert plan.json()["parts_url"] == f"/parts/{SENT}_1"
    assert (await visitor.http.get(f"/api-proxy/drafts/{DRAFT}", headers=headers)).json()["draft"] == DRAFT
    refused = await visitor.http.get(f"/api-proxy/drafts/{FILE}", headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (404, "/problems/not-found")
    assert refused.headers["content-type"] == "application/problem+json"
    for path in ("transfers", f"drafts/{DRAFT}/submission", f"drafts/{DRAFT}/../../auth", "config"):
        assert (await visitor.http.post(f"/api-proxy/{path}", json={}, headers=headers)).status_code == 404
    assert (await visitor.http.get(f"/api-proxy/drafts/{DRAFT}", headers=visitor.cookie())).status_code == 403


NEWER = {"to": ["a@ministere.example"], "subject": "Plans", "text": "Le vrai message", "validity_days": 9}


async def _elsewhere(api: FakeApi, **changed: object) -> None:
    client = api.client()
    await to_thread(client.edit_draft, DRAFT, **changed)


def _as_shown(page: httpx.Response) -> dict[str, str]:
    """What a browser posts of a page in which nothing was typed."""
    areas = re.findall(r'<textarea id="(\w+)"[^>]*>\n(.*?)</textarea>', page.text, re.S)
    subject = re.findall(r'<input id="(subject)"[^>]* value="([^"]*)"', page.text)
    days = re.findall(r'<option value="(\d+)" selected>', page.text)
    fields = {name: html.unescape(value).replace("\n", "\r\n") for name, value in [*areas, *subject]}
    return {**fields, "validity_days": days[0]}


async def test_an_old_page_does_not_wipe_what_was_written_elsewhere(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(PAGE)
    await _elsewhere(api, **NEWER)
    before = dict(api.upload.drafts[DRAFT])
    answer = await visitor.send_file(page, PAGE, ("", b""), "?then=recap", **_as_shown(page))
    assert answer.headers["location"] == f"{PAGE}/recap"
    assert api.upload.drafts[DRAFT] == before


async def test_a_list_that_was_not_touched_in_an_old_page_is_not_sent_however_it_was_typed(
    api: FakeApi, visitor: Visitor
) -> None:
    write(api.upload.drafts[DRAFT], {"to": ["Ana@mairie-évian.fr; eva@почта.рф; oups"]})
    page = await visitor.get(PAGE)
    await _elsewhere(api, to=["ana@mairie-évian.fr"])
    answer = await visitor.send_file(page, PAGE, ("", b""), **{**_as_shown(page), "subject": "Objet"})
    assert answer.status_code == 303
    saved = api.upload.drafts[DRAFT]
    assert [one["shown"] for one in saved["recipients"] if one["field"] == "to"] == ["ana@mairie-évian.fr"]
    assert saved["subject"] == "Objet"


async def test_a_form_that_does_not_say_what_it_was_made_from_wipes_nothing(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(PAGE)
    before = dict(api.upload.drafts[DRAFT])
    empty = {"csrf": hidden(page, PAGE)["csrf"], "to": "", "cc": "", "bcc": "", "subject": "", "text": ""}
    files = {name: (None, value) for name, value in {**empty, "validity_days": "7"}.items()}
    answer = await visitor.http.post(f"{PAGE}?then=recap", files=files, headers=visitor.cookie())
    assert answer.headers["location"] == f"{PAGE}/recap"
    assert api.upload.drafts[DRAFT] == before


async def test_what_was_typed_into_an_old_page_is_saved_beside_what_was_changed_elsewhere(
    api: FakeApi, visitor: Visitor
) -> None:
    page = await visitor.get(PAGE)
    await _elsewhere(api, text=NEWER["text"])
    await visitor.send_file(page, PAGE, ("", b""), **{**_as_shown(page), "subject": "Objet"})
    saved = api.upload.drafts[DRAFT]
    assert (saved["subject"], saved["text"]) == ("Objet", NEWER["text"])


async def test_one_field_changed_in_two_places_is_shown_in_both_versions_and_the_next_save_decides(
    api: FakeApi, visitor: Visitor
) -> None:
    page = await visitor.get(PAGE)
    await _elsewhere(api, text="La version <du bureau>", subject="Plans")
    typed = {**_as_shown(page), "text": "La version de la maison", "to": "a@ministere.example"}
    shown = await visitor.send_file(page, PAGE, ("a.txt", b"never sent"), **typed)
    assert shown.status_code == 422
    assert "modifié ailleurs" in shown.text
    assert "La version &lt;du bureau&gt;" in shown.text
    assert _as_shown(shown)["text"] == "La version de la maison"
    assert _as_shown(shown)["to"] == "a@ministere.example"
    assert _as_shown(shown)["subject"] == "Plans"
    assert api.upload.drafts[DRAFT]["text"] == "La version <du bureau>"
    answer = await visitor.send_file(shown, PAGE, ("", b""), **_as_shown(shown))
    assert answer.status_code == 303
    saved = api.upload.drafts[DRAFT]
    assert (saved["text"], saved["subject"]) == ("La version de la maison", "Plans")
    assert [one["address"] for one in saved["recipients"] if one["field"] == "to"] == ["a@ministere.example"]


async def test_a_page_that_is_shown_again_after_a_refusal_still_wipes_nothing(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(PAGE)
    api.refuse("PATCH", f"/api/upload/drafts/{DRAFT}", "text-too-long")
    shown = await visitor.send_file(page, PAGE, ("", b""), **{**_as_shown(page), "text": "Long"})
    api.faults.clear()
    await _elsewhere(api, **NEWER)
    again = await visitor.send_file(shown, PAGE, ("", b""), **{**_as_shown(shown), "text": "Court"})
    assert again.status_code == 422
    assert api.upload.drafts[DRAFT]["text"] == NEWER["text"]


async def test_after_a_refused_file_the_page_continues_from_what_it_has_saved(api: FakeApi, visitor: Visitor) -> None:
    page = await visitor.get(PAGE)
    shown = await visitor.send_file(page, PAGE, ("a.exe", b"MZ"), **TYPED)
    answer = await visitor.send_file(shown, PAGE, ("", b""), **{**_as_shown(shown), "text": "Bonsoir"})
    assert answer.status_code == 303
    assert (api.upload.drafts[DRAFT]["text"], api.upload.drafts[DRAFT]["subject"]) == ("Bonsoir", "Objet")
