"""The Dockerfile of the five services: one service per image, verified packages, an unprivileged user."""

import re
import tomllib

import pytest

from deploy.tools import PROJECT

RECIPE = (PROJECT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
LINES = [line for line in re.sub(r"\\\n *", "", RECIPE).splitlines() if line and not line.startswith("#")]
SERVICES = ("auth", "upload", "propagation", "notify", "download")


def test_the_base_image_is_a_build_argument() -> None:
    assert LINES[:2] == ["ARG BASE", "FROM ${BASE} AS packages"]
    assert [line for line in LINES if line.startswith("FROM")] == [
        "FROM ${BASE} AS packages",
        "FROM ${BASE} AS mails",
        "FROM ${BASE}",
    ]


def test_an_image_holds_the_two_shared_packages_and_one_service() -> None:
    copied = [line.split()[1] for line in LINES[LINES.index("FROM ${BASE}") :] if line.startswith("COPY services")]
    assert copied == ["services/__init__.py", "services/kit", "services/contracts", "services/${SERVICE}"]


def test_the_mail_templates_are_compiled_before_and_no_image_has_node() -> None:
    final = LINES[LINES.index("FROM ${BASE}") :]
    assert "COPY --from=mails /build/services/notify/compiled /app/services/${SERVICE}/compiled" in final
    assert not [line for line in final if "npm" in line or "nodejs" in line]
    assert [line for line in LINES if "npm ci" in line] == [
        'RUN if [ "${SERVICE}" = notify ]; then cd tools/mails && npm ci --ignore-scripts --no-audit --no-fund; fi'
    ]


def test_packages_come_from_the_lock_with_their_hashes() -> None:
    installs = [line for line in LINES if "pip install" in line]
    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)
    assert "--constraint requirements.lock --group" in installs[1]


def test_it_runs_as_an_unprivileged_user_and_stops_on_sigterm() -> None:
    last = LINES[LINES.index("FROM ${BASE}") :]
    assert "USER 10001:10001" in last
    assert "STOPSIGNAL SIGTERM" in last
    assert LINES[-1] == 'CMD ["python", "/app/start.py"]'
    assert not [line for line in last[last.index("USER 10001:10001") :] if line.startswith(("RUN", "COPY", "ADD"))]


def test_only_copied_files_are_in_the_build_context() -> None:
    kept = {line[1:] for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        word for line in LINES if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    }
    assert all(any(path == each or path.startswith(f"{each}/") for each in kept) for path in copied)
    assert "*" in (PROJECT / ".dockerignore").read_text().splitlines()


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_a_dependency_group_whose_packages_are_locked(service: str) -> None:
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text())["dependency-groups"]
    lock = (PROJECT / "requirements.lock").read_text()
    wanted = [*groups[service]]
    for entry in wanted:
        if isinstance(entry, dict):
            wanted += groups[entry["include-group"]]
        else:
            name = re.match(r"[A-Za-z0-9.-]+", entry)
            assert name
            assert re.search(rf"^{re.escape(name[0].lower())}(?:\[.*\])?==.*\\$\n +--hash=sha256:", lock, re.M), entry
