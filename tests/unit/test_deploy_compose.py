"""compose.yaml isolates the same containers as Kubernetes, and publishes one entry point."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.compose import secrets
from deploy.k8s import network
from deploy.tools import PROJECT, tool

Service = dict[str, Any]
OURS = ("auth", "upload", "propagation", "notify", "download", "portal")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    command = [str(tool("docker-compose")), "--file", str(PROJECT / "compose.yaml"), "--profile", "dev", "config"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not done.stderr
    read: dict[str, Any] = yaml.safe_load(done.stdout)
    return read


def test_every_container_is_confined(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("cap_add", []) == (["CHOWN"] if name == "minio-folder" else []), name
        assert service["user"].split(":")[0] != "0" or name == "minio-folder", name
        assert not service.get("privileged"), name
        assert all(bind.get("read_only") for bind in service.get("volumes", []) if bind["type"] == "bind"), name


def test_the_only_root_container_has_one_folder_and_no_network(compose: dict[str, Any]) -> None:
    folder = compose["services"]["minio-folder"]
    assert folder["network_mode"] == "none"
    assert folder["entrypoint"] == ["chown", "10002:10002", "/data"]
    assert [volume["target"] for volume in folder["volumes"]] == ["/data"]


def test_only_the_gateway_publishes_ports_and_only_on_loopback(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if service.get("ports")}
    assert published.keys() == {"gateway"}
    assert {port["host_ip"] for port in published["gateway"]} == {"127.0.0.1"}


def test_every_long_running_container_has_a_health_check(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        stays = service["restart"] == "unless-stopped"
        assert bool(service.get("healthcheck", {}).get("test")) is stays, name


def test_a_container_waits_until_its_dependencies_are_healthy(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for other, need in service.get("depends_on", {}).items():
            ends = compose["services"][other]["restart"] != "unless-stopped"
            assert need["condition"] == ("service_completed_successfully" if ends else "service_healthy"), name


def test_images_have_versions(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert not service["image"].endswith(":latest"), name
        assert ":" in service["image"], name


def test_secrets_are_files_generated_once_and_mounted_where_needed(compose: dict[str, Any], tmp_path: Path) -> None:
    secrets.make(tmp_path)
    made = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert compose["secrets"].keys() == made.keys()
    assert all(
        Path(each["file"]).parts[-4:-1] == (".local", "secrets", "compose") for each in compose["secrets"].values()
    )
    values = [value for name, value in made.items() if name != "session_jwks"]
    assert len(set(values)) == len(values)
    secrets.make(tmp_path)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == made
    for name in OURS:
        given = {each["source"] for each in compose["services"][name]["secrets"]}
        assert all(each.startswith(f"{name}_") or each == "session_jwks" for each in given), name
    assert oct(tmp_path.stat().st_mode)[-3:] == "700"


def test_no_secret_is_in_the_environment(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in (service.get("environment") or {}).items():
            assert not any(word in name for word in ("PASSWORD", "SECRET", "KEY", "TOKEN", "URL")) or (
                str(value).startswith(("/run/secrets/", "http://localhost", "http://gateway:"))
            )


def test_networks_isolate_the_same_containers_as_the_network_policies(compose: dict[str, Any]) -> None:
    """Two containers share a network exactly when a policy lets one call the other."""
    alias = {"mongo": "data/mongodb", "rabbitmq": "data/rabbitmq", "minio": "data/minio", "mailbox": "mail/relay"}
    members: dict[str, set[str]] = {}
    for name, service in compose["services"].items():
        for network_name in service.get("networks", {}):
            members.setdefault(network_name, set()).add(name)
    callers = {(flow.pod, flow.peer) for flow in network.ALLOWED if flow.direction == "Egress"}
    for caller in (*OURS, "gateway", "topology"):
        reached = {other for group in members.values() if caller in group for other in group - {caller}}
        for server, peer in alias.items():
            assert (server in reached) is ((caller, peer) in callers), (caller, server)
    assert {name for name, each in compose["networks"].items() if not each.get("internal")} == {"public"}
    assert members["public"] == {"gateway"}
    assert members["front"] == {"gateway", *network.PUBLIC_APIS}
    assert members["pages"] == {"gateway", "portal"}
    assert [name for name, group in members.items() if "portal" in group] == ["pages"]


def test_the_services_trust_the_gateway_alone(compose: dict[str, Any]) -> None:
    gateway = compose["services"]["gateway"]
    for name in OURS:
        address = gateway["networks"]["pages" if name == "portal" else "front"]["ipv4_address"]
        assert compose["services"][name]["environment"]["TRUSTED_PROXIES"] == address


def test_the_internal_listener_is_on_the_network_of_the_portal_only(compose: dict[str, Any]) -> None:
    gateway = compose["services"]["gateway"]
    assert gateway["environment"]["GATEWAY_INTERNAL_HOST"] == gateway["networks"]["pages"]["ipv4_address"]
    assert not [port for port in gateway["ports"] if str(port["target"]) == "8090"]


def test_gateway_and_download_drain_as_long_as_downloads_take(compose: dict[str, Any]) -> None:
    waits = {name: compose["services"][name]["stop_grace_period"] for name in (*OURS, "gateway")}
    assert waits == {**dict.fromkeys(OURS, "1m0s"), "download": "1h0m0s", "gateway": "1h0m0s"}


def test_the_gateway_buffers_little_and_detects_an_unreachable_service(compose: dict[str, Any]) -> None:
    assert compose["services"]["gateway"]["sysctls"] == {
        "net.ipv4.tcp_rmem": "4096 131072 524288",
        "net.ipv4.tcp_keepalive_time": "10",
        "net.ipv4.tcp_keepalive_intvl": "5",
        "net.ipv4.tcp_keepalive_probes": "3",
    }
