"""Compose and Kubernetes pass each service exactly the settings and secrets that it has."""

import importlib
import re
import subprocess
from typing import Any

import pytest
import yaml

from deploy.compose import secrets
from deploy.k8s import workloads
from deploy.tools import PROJECT, tool
from services.kit.settings import ProcessSettings
from tests.unit.kubernetes_rendering import production_objects

SERVICES = ("auth", "upload", "propagation", "notify", "download", "portal")


def settings_of(service: str) -> type[ProcessSettings]:
    """Return the class of a service's settings."""
    module = "portal.settings" if service == "portal" else f"services.{service}.settings"
    found: type[ProcessSettings] = importlib.import_module(module).Settings
    return found


def fields(service: str) -> tuple[set[str], set[str]]:
    """Return all settings of a service, and those without a default."""
    known = settings_of(service)
    needed = {name for name, field in known.model_fields.items() if field.is_required()}
    return set(known.model_fields), needed


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    command = [str(tool("docker-compose")), "--file", str(PROJECT / "compose.yaml"), "config"]
    read: dict[str, Any] = yaml.safe_load(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return read


@pytest.fixture(scope="module")
def production() -> dict[str, set[str]]:
    """Return the settings that each Deployment gets from its ConfigMaps and its environment."""
    objects = production_objects()
    maps = {each["metadata"]["name"]: set(each["data"]) for each in objects if each["kind"] == "ConfigMap"}
    given = {}
    for each in workloads.workloads(objects):
        box = workloads.pod_of(each)["containers"][0]
        names = {variable["name"] for variable in box.get("env", [])}
        for source in box.get("envFrom", []):
            names |= maps[source["configMapRef"]["name"]]
        given[each["metadata"]["name"]] = {name.lower() for name in names}
    return given


@pytest.mark.parametrize("service", SERVICES)
def test_compose_passes_all_required_settings_and_no_others(compose: dict[str, Any], service: str) -> None:
    told = compose["services"][service]
    given = {name.lower() for name in told["environment"]} | {each["target"] for each in told["secrets"]}
    known, needed = fields(service)
    assert needed <= given
    assert given <= known


@pytest.mark.parametrize("service", SERVICES)
def test_kubernetes_passes_all_required_settings_and_no_others(production: dict[str, set[str]], service: str) -> None:
    page = (PROJECT / "deploy" / "k8s" / "README.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{service}-secrets` \| (.*) \|$", page, re.M)
    given = (production[service] - {"secrets_dir"}) | set(re.findall(r"`([a-z0-9_]+)`", row))
    known, needed = fields(service)
    assert needed <= given
    assert given <= known


@pytest.mark.parametrize("service", SERVICES)
def test_the_services_accept_the_generated_secrets(
    compose: dict[str, Any], service: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets.make(tmp_path / "made")
    told = compose["services"][service]
    (tmp_path / "run").mkdir()
    for each in told["secrets"]:
        (tmp_path / "run" / each["target"]).write_text((tmp_path / "made" / each["source"]).read_text())
    for name, value in told["environment"].items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path / "run"))
    assert settings_of(service).read().listen_port == 8000
