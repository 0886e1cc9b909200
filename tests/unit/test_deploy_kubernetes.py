"""The Kubernetes objects as rendered for production follow every rule, and every violation is reported."""

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest

from deploy.gateway.render import write_configuration
from deploy.k8s import network, workloads
from tests.unit.kubernetes_rendering import Object, find, production_objects

K8S = Path(workloads.__file__).parent
CONTAINERS = ("auth", "upload", "propagation", "notify", "download", "portal", "gateway", "topology")


@pytest.fixture(scope="module")
def rendered() -> list[Object]:
    return production_objects()


@pytest.fixture
def changed(rendered: list[Object]) -> list[Object]:
    """A copy to change."""
    return copy.deepcopy(rendered)


def settings(objects: list[Object], name: str) -> dict[str, str]:
    """Return the data of a generated ConfigMap, whose name ends in a hash."""
    maps = {each["metadata"]["name"].rsplit("-", 1)[0]: each["data"] for each in objects if each["kind"] == "ConfigMap"}
    found: dict[str, str] = maps[name]
    return found


def test_every_object_fits_its_schema(rendered: list[Object]) -> None:
    own = json.loads((K8S / "service_monitor.schema.json").read_text())
    for each in rendered:
        if each["kind"] == "ServiceMonitor":
            jsonschema.validate(each, own)
        else:
            kubernetes_validate.validate(each, "1.33", strict=True)


def test_everything_is_in_one_namespace_that_enforces_the_restricted_standard(rendered: list[Object]) -> None:
    namespace = find(rendered, "Namespace", "melanissimo")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {each["metadata"].get("namespace") for each in rendered if each is not namespace} == {"melanissimo"}


def test_no_workload_violates_a_rule(rendered: list[Object]) -> None:
    assert {each["metadata"]["name"] for each in workloads.workloads(rendered)} == set(CONTAINERS)
    assert workloads.violations(rendered) == []


def test_network_policies_allow_exactly_the_intended_flows(rendered: list[Object]) -> None:
    assert network.denies_by_default(rendered)
    assert network.allowed_flows(rendered) == network.ALLOWED


def test_only_the_gateway_is_reachable_from_outside(rendered: list[Object]) -> None:
    services = [each for each in rendered if each["kind"] == "Service"]
    assert {each["metadata"]["name"] for each in services if each["spec"].get("type")} == {"gateway"}
    ports = find(rendered, "Service", "gateway")["spec"]["ports"]
    assert [port["targetPort"] for port in ports] == ["https"]
    assert not [each for each in rendered if each["kind"] in ("Ingress", "HTTPRoute", "Gateway")]


def test_the_manifests_contain_no_secret(rendered: list[Object]) -> None:
    assert not [each for each in rendered if each["kind"] == "Secret"]
    mounted = {
        volume["secret"]["secretName"]
        for each in workloads.workloads(rendered)
        for volume in workloads.pod_of(each)["volumes"]
        if "secret" in volume
    }
    services = ("auth", "upload", "propagation", "notify", "download", "portal", "topology")
    assert mounted == {"gateway-tls"} | {f"{name}-secrets" for name in services}
    assert all(name in (K8S / "README.md").read_text() for name in mounted)


def test_every_config_map_that_is_referenced_exists(rendered: list[Object]) -> None:
    maps = {each["metadata"]["name"] for each in rendered if each["kind"] == "ConfigMap"}
    for each in workloads.workloads(rendered):
        pod = workloads.pod_of(each)
        named = {source["configMapRef"]["name"] for box in pod["containers"] for source in box.get("envFrom", [])}
        named |= {volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume}
        assert named <= maps


def test_monitoring_scrapes_the_management_port(rendered: list[Object]) -> None:
    monitor = find(rendered, "ServiceMonitor", "services")["spec"]
    watched = [
        each
        for each in rendered
        if each["kind"] == "Service"
        and monitor["selector"]["matchLabels"].items() <= each["metadata"]["labels"].items()
    ]
    assert {each["metadata"]["name"] for each in watched} == set(network.MONITORED)
    for each in watched:
        assert monitor["endpoints"][0]["port"] in {port["name"] for port in each["spec"]["ports"]}


def test_nginx_accepts_the_configuration_of_production(rendered: list[Object], tmp_path: Path) -> None:
    values = {**settings(rendered, "gateway-defaults"), **settings(rendered, "gateway")}
    subject = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a"]
    files = ["-keyout", str(tmp_path / "tls.key"), "-out", str(tmp_path / "tls.crt")]
    subprocess.run(["openssl", *subject, *files], check=True, capture_output=True)
    here = {"GATEWAY_PREFIX": str(tmp_path), "GATEWAY_RESOLVER": "resolver 127.0.0.1;"}
    here["GATEWAY_TLS"] = values["GATEWAY_TLS"].replace("/run/secrets/tls", str(tmp_path))
    conf = write_configuration(tmp_path, {**values, **here})
    text = conf.read_text()
    # `resolve` is of newer versions than the distribution's, which would look the names up at once
    names = [word for word in text.split() if ".svc.cluster.local" in word]
    for name in names:
        text = text.replace(f"{name} resolve", "127.0.0.1:9")
    conf.write_text(text)
    done = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", str(conf), "-e", str(tmp_path / "e")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert shutil.which("nginx")


def test_the_gateway_buffers_little_and_detects_an_unreachable_service(rendered: list[Object]) -> None:
    pod = workloads.pod_of(find(rendered, "Deployment", "gateway"))
    assert {one["name"]: one["value"] for one in pod["securityContext"]["sysctls"]} == {
        "net.ipv4.tcp_rmem": "4096 131072 524288",
        "net.ipv4.tcp_keepalive_time": "10",
        "net.ipv4.tcp_keepalive_intvl": "5",
        "net.ipv4.tcp_keepalive_probes": "3",
    }


def _in_pod(path: str, value: object) -> Callable[[Object], None]:
    return lambda workload: _put(workloads.pod_of(workload), path, value)


def _in_container(path: str, value: object) -> Callable[[Object], None]:
    return lambda workload: _put(workloads.pod_of(workload)["containers"][0], path, value)


def _put(place: Object, path: str, value: object) -> None:
    *way, last = path.split(".")
    for step in way:
        place = place.setdefault(step, {})
    if value is None:
        place.pop(last, None)
    else:
        place[last] = value


VIOLATIONS: dict[str, Callable[[Object], None]] = {
    "root": _in_pod("securityContext.runAsUser", 0),
    "root not excluded": _in_pod("securityContext.runAsNonRoot", None),
    "root's group": _in_pod("securityContext.runAsGroup", None),
    "no seccomp": _in_pod("securityContext.seccompProfile", None),
    "unconfined seccomp": _in_pod("securityContext.seccompProfile.type", "Unconfined"),
    "token": _in_pod("automountServiceAccountToken", None),
    "service links": _in_pod("enableServiceLinks", True),
    "host network": _in_pod("hostNetwork", True),
    "host folder": _in_pod("volumes", [{"name": "host", "hostPath": {"path": "/"}}]),
    "unbounded scratch": _in_pod("volumes", [{"name": "tmp", "emptyDir": {}}]),
    "short drain time": _in_pod("terminationGracePeriodSeconds", 30),
    "escalation": _in_container("securityContext.allowPrivilegeEscalation", None),
    "privileged": _in_container("securityContext.privileged", True),
    "a capability": _in_container("securityContext.capabilities.add", ["NET_RAW"]),
    "all capabilities": _in_container("securityContext.capabilities", None),
    "writable image": _in_container("securityContext.readOnlyRootFilesystem", False),
    "another user": _in_container("securityContext.runAsUser", 1),
    "no memory limit": _in_container("resources.limits.memory", None),
    "no request": _in_container("resources.requests", None),
    "latest": _in_container("image", "melanissimo/auth:latest"),
    "no version": _in_container("image", "melanissimo/auth"),
    "secret in environment": _in_container("envFrom", [{"secretRef": {"name": "auth-secrets"}}]),
    "one secret in environment": _in_container("env", [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}}]),
    "writable secret": _in_container("volumeMounts", [{"name": "secrets", "mountPath": "/run/secrets/service"}]),
    "host port": _in_container("ports", [{"containerPort": 1, "hostPort": 1}]),
}
DEPLOYMENT_VIOLATIONS: dict[str, Callable[[Object], None]] = {
    "not spread": _in_pod("topologySpreadConstraints", None),
    "no startup probe": _in_container("startupProbe", None),
    "no readiness probe": _in_container("readinessProbe", None),
    "liveness that asks for more": _in_container("livenessProbe.httpGet.path", "/readyz"),
    "no pre-stop delay": _in_container("lifecycle", None),
    "fixed replicas": lambda workload: _put(workload, "spec.replicas", 1),
}


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("what", [*VIOLATIONS, *DEPLOYMENT_VIOLATIONS])
def test_a_workload_that_violates_a_rule_is_reported(changed: list[Object], name: str, what: str) -> None:
    if name == "topology" and what in DEPLOYMENT_VIOLATIONS:
        return
    workload = find(changed, "Job" if name == "topology" else "Deployment", name)
    {**VIOLATIONS, **DEPLOYMENT_VIOLATIONS}[what](workload)
    assert any(violation.split(": ")[0].endswith(f"/{name}") for violation in workloads.violations(changed))


@pytest.mark.parametrize("kind", ["PodDisruptionBudget", "HorizontalPodAutoscaler"])
def test_a_missing_companion_is_reported(changed: list[Object], kind: str) -> None:
    changed.remove(find(changed, kind, "upload"))
    assert len(workloads.violations(changed)) == 1


@pytest.mark.parametrize(
    ("name", "opening"),
    [
        ("notify-reaches-the-mail-relay", {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}),
        ("notify-reaches-the-mail-relay", {}),
        ("the-gateway-reaches-four-services", {"to": [{"podSelector": {}}], "ports": [{"port": 8000}]}),
        ("services-reach-database-and-broker", {"to": [{"namespaceSelector": {}}], "ports": [{"port": 27017}]}),
    ],
)
def test_a_policy_that_allows_more_is_reported(changed: list[Object], name: str, opening: Object) -> None:
    find(changed, "NetworkPolicy", name)["spec"]["egress"].append(opening)
    assert network.allowed_flows(changed) != network.ALLOWED


def test_a_missing_policy_is_reported(rendered: list[Object]) -> None:
    for policy in (each for each in rendered if each["kind"] == "NetworkPolicy"):
        rest = [each for each in rendered if each is not policy]
        assert not (network.denies_by_default(rest) and network.allowed_flows(rest) == network.ALLOWED)
