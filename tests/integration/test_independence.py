"""Each service starts in a folder that holds the two shared rooms and itself, with nothing to talk to (R63, R64)."""

import base64
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from devstack.keys import public_keys, signing_key
from tests.eventually import TIMEOUT_SECONDS, until
from tests.harness import free_port

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("auth", "upload", "propagation", "notify", "download")
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    key = signing_key()
    random = base64.b64encode(os.urandom(32)).decode()
    values = {
        "mongo_url": f"mongodb://probe:{random.replace('/', 'x')}@{NOWHERE}/?replicaSet=rs0",
        "amqp_url": f"amqp://probe:{random.replace('/', 'x')}@{NOWHERE}/",
        "pepper": random,
        "session_private_key": key,
        "session_jwks": public_keys(key),
        "s3_access_key": "probe",
        "s3_secret_key": random,
    }
    for name, value in values.items():
        (folder / name).write_text(value)
    return folder


class Lone:
    """One service in a folder of its own."""

    def __init__(self, service: str, folder: Path, secrets: Path) -> None:
        rooms = folder / "services"
        rooms.mkdir(parents=True)
        shutil.copy(ROOT / "services/__init__.py", rooms)
        for room in ("kit", "contracts", service):
            shutil.copytree(ROOT / "services" / room, rooms / room)
        self.service = service
        self.management = free_port()
        self._command = [sys.executable, "-m", f"services.{service}"]
        self._folder = folder
        self.settings = {
            "PATH": os.environ["PATH"],
            "SECRETS_DIR": str(secrets),
            "LISTEN_HOST": "127.0.0.1",
            "LISTEN_PORT": str(free_port()),
            "MANAGEMENT_PORT": str(self.management),
            "PUBLIC_BASE_URL": "https://melanissimo.example",
            "FILES_BASE_URL": "https://fichiers.melanissimo.example",
            "AGENT_DOMAINS": "ministere.example",
            "S3_ENDPOINT": f"http://{NOWHERE}",
            "S3_REGION": "us-east-1",
            "S3_BUCKET": "melanissimo",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": "1",
            "MAIL_FROM": "Mélanissimo <ne-pas-repondre@melanissimo.example>",
        }

    def start(self) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self.settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture
def lones(tmp_path: Path, secrets: Path) -> list[Lone]:
    return [Lone(service, tmp_path / service, secrets) for service in SERVICES]


def all_at_once(rule: Callable[[Lone], None], lones: list[Lone]) -> None:
    with ThreadPoolExecutor(len(lones)) as pool:
        list(pool.map(rule, lones))


def test_a_service_alone_is_alive_not_ready_and_stops_when_told(lones: list[Lone]) -> None:
    def alone(lone: Lone) -> None:
        with lone.start() as process:
            try:
                assert _answer(process, lone.management, "livez") == 200, lone.service
                assert _answer(process, lone.management, "readyz") == 503, lone.service
                process.send_signal(signal.SIGTERM)
                output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
            finally:
                process.kill()
        assert process.returncode == 0, output

    all_at_once(alone, lones)


def test_a_service_refuses_a_weak_secret_in_one_clear_line(lones: list[Lone], secrets: Path) -> None:
    (secrets / "amqp_url").write_text("amqp://guest:guest@127.0.0.1/")

    def refuses(lone: Lone) -> None:
        with lone.start() as process:
            output, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        assert process.returncode == 78, lone.service
        assert "amqp_url" in output
        assert "Traceback" not in output

    all_at_once(refuses, lones)


def _answer(process: "subprocess.Popen[str]", port: int, path: str) -> int:
    """The status, as soon as the port answers at all."""

    def answer() -> int:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/{path}", timeout=TIMEOUT_SECONDS).status_code
        except httpx.ConnectError:
            if process.poll() is not None:
                raise RuntimeError(process.communicate()[0]) from None
            return 0

    return until(answer, f"the port answers /{path}")
