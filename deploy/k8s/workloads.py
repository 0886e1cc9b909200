"""The rules for every workload; a violation names the rule and the workload."""

from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]

POD_KINDS = ("Deployment", "Job", "StatefulSet", "DaemonSet", "ReplicaSet")
DRAIN_SECONDS = {"download": 3600, "gateway": 3600}
PROBES = {
    "startupProbe": ("/startupz", "management"),
    "livenessProbe": ("/livez", "management"),
    "readinessProbe": ("/readyz", "management"),
}


def workloads(objects: list[Object]) -> list[Object]:
    """Return the objects that create pods."""
    return [each for each in objects if each["kind"] in POD_KINDS]


def pod_of(workload: Object) -> Object:
    """Return the specification of a workload's pod."""
    pod: Object = workload["spec"]["template"]["spec"]
    return pod


def violations(objects: list[Object]) -> list[str]:
    """Return one line for each rule that a workload violates."""
    return [
        f"{workload['kind']}/{workload['metadata']['name']}: {rule}"
        for workload in workloads(objects)
        for rule in (
            *_pod_violations(workload),
            *_container_violations(workload),
            *_companion_violations(workload, objects),
        )
    ]


def _pod_violations(workload: Object) -> Iterator[str]:
    pod = pod_of(workload)
    context = pod.get("securityContext", {})
    checks = {
        "runs as a user that is not root": context.get("runAsNonRoot") is True and context.get("runAsUser", 0) > 0,
        "has a group that is not root's": context.get("runAsGroup", 0) > 0,
        "has the runtime's seccomp profile": context.get("seccompProfile", {}).get("type") == "RuntimeDefault",
        "gets no token of the cluster": pod.get("automountServiceAccountToken") is False,
        "gets no service addresses by environment": pod.get("enableServiceLinks") is False,
        "shares nothing with the host": not any(pod.get(f"host{what}") for what in ("Network", "PID", "IPC", "Users")),
        "has only limited scratch space": all(_bounded(volume) for volume in pod.get("volumes", [])),
        "has the time that it needs to drain": pod.get("terminationGracePeriodSeconds") == _drain_seconds(workload),
        "is spread over hosts and zones": workload["kind"] == "Job" or _is_spread(workload),
    }
    return (rule for rule, holds in checks.items() if not holds)


def _container_violations(workload: Object) -> Iterator[str]:
    pod = pod_of(workload)
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        context = container.get("securityContext", {})
        limits, requests = (container.get("resources", {}).get(what, {}) for what in ("limits", "requests"))
        checks = {
            "may not gain privileges": context.get("allowPrivilegeEscalation") is False,
            "is not privileged": not context.get("privileged"),
            "keeps no capability": context.get("capabilities") == {"drop": ["ALL"]},
            "cannot write to its image": context.get("readOnlyRootFilesystem") is True,
            "keeps the user of its pod": not {"runAsUser", "runAsNonRoot", "seccompProfile"} & context.keys(),
            "requests resources": {"cpu", "memory", "ephemeral-storage"} <= requests.keys(),
            "has resource limits": {"cpu", "memory", "ephemeral-storage"} <= limits.keys(),
            "runs an image of a stated version": _has_version(container["image"]),
            "gets no secret by environment": not _secrets_in_environment(container),
            "mounts secrets read-only": all(_read_only(mount) for mount in container.get("volumeMounts", [])),
            "opens no port of the host": not any("hostPort" in port for port in container.get("ports", [])),
            "is probed": workload["kind"] == "Job" or _is_probed(workload, container),
            "is taken out of service before it stops": workload["kind"] == "Job" or _sleeps_first(container),
        }
        yield from (rule for rule, holds in checks.items() if not holds)


def _companion_violations(workload: Object, objects: list[Object]) -> Iterator[str]:
    if workload["kind"] != "Deployment":
        return
    name = workload["metadata"]["name"]
    of = {
        each["kind"]: each["spec"]
        for each in objects
        if each["metadata"]["name"] == name and each["kind"] in ("PodDisruptionBudget", "HorizontalPodAutoscaler")
    }
    labels = workload["spec"]["template"]["metadata"]["labels"]
    budget, scaler = of.get("PodDisruptionBudget", {}), of.get("HorizontalPodAutoscaler", {})
    wanted = budget.get("selector", {}).get("matchLabels")
    if not (budget.get("maxUnavailable") == 1 and wanted and wanted.items() <= labels.items()):
        yield "has a disruption budget of one"
    target = scaler.get("scaleTargetRef", {})
    if not (scaler.get("minReplicas", 0) >= 2 and (target.get("kind"), target.get("name")) == ("Deployment", name)):
        yield "scales from two"
    if "replicas" in workload["spec"]:
        yield "leaves the number of replicas to its scaler"


def _drain_seconds(workload: Object) -> int:
    return DRAIN_SECONDS.get(workload["metadata"]["name"], 60)


def _bounded(volume: Object) -> bool:
    kinds = volume.keys() - {"name"}
    return kinds <= {"secret", "configMap"} or (kinds == {"emptyDir"} and bool(volume["emptyDir"].get("sizeLimit")))


def _is_spread(workload: Object) -> bool:
    spread = pod_of(workload).get("topologySpreadConstraints", [])
    own = {"app.kubernetes.io/name": workload["metadata"]["name"]}
    keys = {each["topologyKey"] for each in spread if each["labelSelector"].get("matchLabels") == own}
    return keys == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}


def _has_version(image: str) -> bool:
    return "@sha256:" in image or (":" in image and not image.endswith(":latest"))


def _secrets_in_environment(container: Object) -> bool:
    named = any("secretKeyRef" in each.get("valueFrom", {}) for each in container.get("env", []))
    return named or any("secretRef" in each for each in container.get("envFrom", []))


def _read_only(mount: Object) -> bool:
    return mount.get("readOnly") is True or not mount["mountPath"].startswith("/run/secrets")


def _is_probed(workload: Object, container: Object) -> bool:
    wanted = dict.fromkeys(PROBES, ("/livez", "health")) if workload["metadata"]["name"] == "gateway" else PROBES
    found = {kind: container.get(kind, {}).get("httpGet", {}) for kind in PROBES}
    return {kind: (asked.get("path"), asked.get("port")) for kind, asked in found.items()} == wanted


def _sleeps_first(container: Object) -> bool:
    seconds: int = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    return seconds >= 5
