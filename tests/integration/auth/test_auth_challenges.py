"""Challenges over HTTP: fetching one changes nothing, each network has a limit."""

import pytest

from tests.integration.auth.conftest import Started
from tests.integration.auth.service import AuthHarness


async def test_a_code_can_be_seen_and_heard_any_number_of_times(auth: AuthHarness) -> None:
    client = auth.at()
    drawn = (await client.post("/api/auth/challenges", json={"kind": "image", "language": "fr"})).json()
    assert drawn["question"] is None
    assert drawn["image_url"] == f"/api/auth/challenges/{drawn['challenge']}/image"
    images = [await client.get(drawn["image_url"]) for _ in range(3)]
    assert {image.headers["content-type"] for image in images} == {"image/png"}
    assert len({image.content for image in images}) == 1
    sounds = [await client.get(drawn["audio_url"], params={"language": language}) for language in ("fr", "en")]
    assert {sound.headers["content-type"] for sound in sounds} == {"audio/wav"}
    assert {answer.headers["cache-control"] for answer in (*images, *sounds)} == {"no-store"}
    kept = await auth.documents.challenges.find_one({"_id": drawn["challenge"]})
    assert kept
    wish = {"email": "ana@b.fr", "challenge": drawn["challenge"], "answer": f" {kept['code'].lower()} "}
    assert (await client.post("/api/auth/links", json=wish)).status_code == 202
    assert len(await auth.mailed("ana@b.fr")) == 1
    assert (await client.get(drawn["image_url"])).status_code == 404


async def test_the_answer_is_not_in_what_is_shown(auth: AuthHarness) -> None:
    drawn = await auth.at().post("/api/auth/challenges", json={"kind": "image"})
    kept = await auth.documents.challenges.find_one({})
    assert kept
    assert kept["code"].lower() not in drawn.text.lower().replace(drawn.json()["challenge"].lower(), "")


async def test_a_question_has_neither_image_nor_recording(auth: AuthHarness) -> None:
    client = auth.at()
    drawn = (await client.post("/api/auth/challenges", json={"kind": "question", "language": "en"})).json()
    assert drawn["question"].endswith("?")
    assert (drawn["image_url"], drawn["audio_url"]) == (None, None)
    for path in ("image", "audio"):
        assert (await client.get(f"/api/auth/challenges/{drawn['challenge']}/{path}")).status_code == 404


async def test_a_kind_that_is_not_offered_is_refused_with_those_that_are(started: Started) -> None:
    auth = await started(challenge_kinds="question")
    refused = await auth.at().post("/api/auth/challenges", json={"kind": "image"})
    assert refused.json()["type"] == "/problems/challenge-not-offered"
    assert refused.json()["offered"] == ["question"]


async def test_a_network_has_one_limit_over_all_instances(started: Started) -> None:
    auth = await started(instances=2, challenges_per_network=3)
    answers = [await auth.at(n).post("/api/auth/challenges", json={"kind": "question"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429, 429]
    assert answers[-1].headers["retry-after"]
    other = await auth.at(network="198.51.100.1").post("/api/auth/challenges", json={"kind": "question"})
    assert other.status_code == 201


async def test_recordings_have_a_limit_too(started: Started) -> None:
    auth = await started(recordings_per_network=1)
    client = auth.at()
    drawn = (await client.post("/api/auth/challenges", json={"kind": "image"})).json()
    assert [(await client.get(drawn["audio_url"])).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("path", ["image", "audio"])
async def test_an_unknown_challenge_is_not_found(auth: AuthHarness, path: str) -> None:
    assert (await auth.at().get(f"/api/auth/challenges/unknown/{path}")).status_code == 404
