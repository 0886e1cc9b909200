"""Auth as a process: it publishes its events, survives a kill, stops gracefully and logs no secret."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import aio_pika
import httpx
import pytest
from pymongo import AsyncMongoClient

from devstack.keys import signing_key
from devstack.stack import Stack
from devstack.workspace import PROJECT
from services.auth.app import build
from services.kit.service import main
from services.kit.version import VERSION
from tests.eventually import TIMEOUT_SECONDS, eventually

WHO = {"last_name": "Canarival", "first_name": "Canaripre"}
QUEUE = "notify.on.auth.one-time-link-issued.v1"


class Running:
    """The process, its database and the queue of its events."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.client = httpx.AsyncClient(base_url=stack.components["auth"].address(), timeout=TIMEOUT_SECONDS)
        self.eyes: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.mongo_admin_url, tz_aware=True)

    async def ask(self, email: str) -> str:
        """Request a link; return the id of the challenge."""
        drawn = await self.client.post("/api/auth/challenges", json={"kind": "question", "language": "fr"})
        challenge = str(drawn.json()["challenge"])
        kept = await self.eyes["auth"].challenges.find_one({"_id": challenge})
        assert kept
        wish = {"email": email, "challenge": challenge, "answer": kept["answers"][0]}
        assert (await self.client.post("/api/auth/links", json=wish)).status_code == 202
        return challenge

    async def announced(self, email: str) -> dict[str, Any]:
        """Return the event that notify receives from the bus."""
        connection = await aio_pika.connect(self.stack.amqp_admin_url)
        async with connection:
            queue = await (await connection.channel()).get_queue(QUEUE)

            async def look() -> dict[str, Any] | None:
                message = await queue.get(fail=False, timeout=TIMEOUT_SECONDS)
                if message is None:
                    return None
                await message.ack()
                body: dict[str, Any] = json.loads(message.body)
                return body if body["address"] == email else None

            found = await eventually(look)
            assert found
            return found


@pytest.fixture
async def running(servers: Stack) -> AsyncIterator[Running]:
    servers.start({"auth"})
    servers.wait_ready("auth")
    found = Running(servers)
    yield found
    await found.client.aclose()
    await found.eyes.close()


async def test_a_link_reaches_notify_and_leaves_no_secret_behind(running: Running) -> None:
    await running.ask("ana@travels.example")
    event = await running.announced("ana@travels.example")

    async def dropped() -> bool:
        kept = await running.eyes["auth"].sign_ins.find_one({"_id": event["link"]})
        return kept is not None and kept["outbox"] == [] and event["token"] not in str(kept)

    await eventually(dropped)


async def test_the_log_says_which_version_was_started(running: Running) -> None:
    log = running.stack.workspace.log("auth").read_text().splitlines()
    started = [line for line in log if '"event": "started"' in line]
    assert json.loads(started[-1])["version"] == VERSION


async def test_no_secret_and_no_address_is_in_any_log_line(running: Running) -> None:
    challenge = await running.ask("canary@canari.example")
    event = await running.announced("canary@canari.example")
    wish = {"link": event["token"], "key": event["key"], **WHO}
    await running.client.post("/api/auth/sessions", json={**wish, "key": "CANARY-KEY"})
    await running.client.post("/api/auth/sessions", json={**wish, "link": "CANARY-LINK"})
    await running.client.post("/api/auth/sessions", json={"canary": "CANARY-BODY", "link": 5})
    token = (await running.client.post("/api/auth/sessions", json=wish)).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    await running.client.get("/api/auth/sessions/current", headers=bearer)
    await running.client.get("/api/auth/sessions/current", headers={"Authorization": "Bearer CANARY-TOKEN"})
    await running.client.get(f"/api/auth/challenges/{challenge}/image", params={"canary": "CANARY-QUERY"})
    await running.client.get("/api/auth/CANARY-PATH")
    await running.client.delete("/api/auth/sessions/current", headers=bearer)
    log = running.stack.workspace.log("auth").read_text()
    assert "/api/auth/sessions/current" in log
    secrets = [event["token"], event["key"], event["link"], token, token.split(".")[1], challenge]
    for word in ("canary", "canari", *(secret.lower() for secret in secrets)):
        assert word not in log.lower()


async def test_a_session_survives_the_death_of_the_process_between_the_write_and_the_answer(running: Running) -> None:
    """Killed at any moment of the request: the same request again gives the one session there is."""
    for pause in (0.0, 0.003, 0.01):
        email = f"ana-{uuid4().hex[:6]}@killed.example"
        await running.ask(email)
        event = await running.announced(email)
        wish = {"link": event["token"], "key": event["key"], **WHO, "request_id": str(uuid4())}
        lost = asyncio.ensure_future(running.client.post("/api/auth/sessions", json=wish))
        await asyncio.sleep(pause)
        running.stack.kill("auth", signal.SIGKILL)
        await asyncio.gather(lost, return_exceptions=True)
        running.stack.restart("auth")
        again = await running.client.post("/api/auth/sessions", json=wish)
        assert again.status_code == 201
        kept = await running.eyes["auth"].sign_ins.find_one({"_id": event["link"]})
        assert kept
        assert kept["attempts"] == 1


async def test_a_crawler_finds_only_what_is_public(running: Running) -> None:
    for path in ("/metrics", "/livez", "/readyz", "/openapi.json", "/docs", "/internal/x", "/api/auth"):
        assert (await running.client.get(path)).status_code == 404


SETTINGS = {"PUBLIC_BASE_URL": "https://melanissimo.example", "AGENT_DOMAINS": "ministere.example"}
SECRETS = {
    "mongo_url": "mongodb://auth:not-there@127.0.0.1:9/",
    "amqp_url": "amqp://auth:not-there@127.0.0.1:9/",
    "pepper": "p" * 40,
    "session_private_key": signing_key(),
}


@pytest.mark.parametrize(
    ("settings", "secrets"),
    [
        ({"AGENT_DOMAINS": ""}, {}),
        ({"AGENT_DOMAINS": "ministere.example,*"}, {}),
        ({"CHALLENGE_KINDS": "image,riddle"}, {}),
        ({"CHALLENGE_KINDS": " , "}, {}),
        ({"PUBLIC_BASE_URL": "http://melanissimo.example"}, {}),
        ({"TRUSTED_PROXIES": "*"}, {}),
        ({"KEY_ATTEMPTS": "6"}, {}),
        ({"TOKEN_MINUTES": "31"}, {}),
        ({}, {"pepper": "short"}),
        ({}, {"pepper": ""}),
        ({}, {"session_private_key": "-----BEGIN NONSENSE-----"}),
        ({}, {"mongo_url": "mongodb://auth:changeme@127.0.0.1:9/"}),
    ],
)
def test_bad_settings_end_the_start_with_a_line_and_no_secret(
    settings: dict[str, str],
    secrets: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment = _environment(settings, secrets, tmp_path)
    monkeypatch.setattr(os, "environ", environment)
    with pytest.raises(SystemExit) as ended:
        main(build, "auth")
    assert ended.value.code == 78
    _is_one_line_without_secrets(capsys.readouterr().err, secrets)


def test_a_process_with_bad_settings_ends_with_a_line_and_no_secret(tmp_path: Path) -> None:
    secrets = {"pepper": "short"}
    ended = subprocess.run(
        [sys.executable, "-m", "services.auth"],
        cwd=PROJECT,
        env=_environment({}, secrets, tmp_path),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert ended.returncode == 78
    _is_one_line_without_secrets(ended.stderr, secrets)


def _environment(settings: dict[str, str], secrets: dict[str, str], folder: Path) -> dict[str, str]:
    for name, secret in {**SECRETS, **secrets}.items():
        (folder / name).write_text(secret)
    return {"PATH": os.environ["PATH"], "SECRETS_DIR": str(folder), **SETTINGS, **settings}


def _is_one_line_without_secrets(printed: str, secrets: dict[str, str]) -> None:
    assert printed.startswith("auth: ")
    assert "Traceback" not in printed
    assert not any(secret in printed for secret in {**SECRETS, **secrets}.values() if secret)
