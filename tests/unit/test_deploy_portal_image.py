"""The image of the portal: its pages, the client library and the kit; no Node, an unprivileged user."""

import re
import subprocess
import sys
import tomllib

from deploy.tools import PROJECT

RECIPE = (PROJECT / "deploy" / "Dockerfile.portal").read_text(encoding="utf-8")
LINES = [line for line in re.sub(r"\\\n *", "", RECIPE).splitlines() if line and not line.startswith("#")]
FINAL = LINES[LINES.index("FROM ${BASE}") :]
ABSENT = ("motor", "pymongo", "aio_pika", "jose", "minio", "typer", "client.commands")


def test_it_holds_only_the_kit_the_client_library_and_the_portal() -> None:
    copied = [line for line in FINAL if line.startswith("COPY")]
    assert [line.split()[-1] for line in copied] == [
        "/app/venv",
        "/app/services/__init__.py",
        "/app/services/kit",
        "/app/client",
        "/app/portal",
    ]


def test_islands_are_built_before_and_the_image_has_no_node() -> None:
    assert not [line for line in FINAL if "npm" in line or "nodejs" in line]
    (build,) = [line for line in LINES if "npm ci" in line]
    assert "--ignore-scripts" in build
    assert "rm -rf islands" in build


def test_packages_come_from_the_lock_with_their_hashes() -> None:
    installs = [line for line in LINES if "pip install" in line]
    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)
    assert installs[1].endswith('--constraint requirements.lock --group "pyproject.toml:portal"')
    lock = (PROJECT / "requirements.lock").read_text()
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text())["dependency-groups"]
    own = [each for each in groups["portal"] if isinstance(each, str)]
    for entry in (*groups["web"], *groups["client-library"], *own):
        name = re.match(r"[A-Za-z0-9-]+", entry)
        assert name
        assert re.search(rf"^{name[0].lower()}(?:\[.*\])?==", lock, re.M), entry


def test_it_runs_as_an_unprivileged_user_and_stops_on_sigterm() -> None:
    assert "USER 10001:10001" in FINAL
    assert "STOPSIGNAL SIGTERM" in FINAL
    assert LINES[-1] == 'CMD ["python", "-m", "portal"]'
    assert not [line for line in FINAL[FINAL.index("USER 10001:10001") :] if line.startswith(("RUN", "COPY", "ADD"))]


def test_the_portal_imports_no_driver_of_a_server_and_no_command_line() -> None:
    ask = f"import sys, portal.app; print([name for name in {ABSENT!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", ask], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
