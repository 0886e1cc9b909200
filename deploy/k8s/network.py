"""The connections that the NetworkPolicies allow, for comparison with the intended ones."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Object = dict[str, Any]


class Flow(NamedTuple):
    """An allowed network flow: a pod may call a peer (Egress), or be called by it (Ingress), on a port."""

    direction: str
    pod: str
    peer: str
    port: str


PUBLIC_APIS = ("auth", "upload", "propagation", "download")
SERVICES = (*PUBLIC_APIS, "notify")
MONITORED = (*SERVICES, "portal")
PODS = (*MONITORED, "gateway", "topology")
ALLOWED = frozenset(
    {
        Flow("Ingress", "gateway", "any", "TCP/8443"),
        Flow("Egress", "notify", "mail/relay", "TCP/587"),
    }
    | {Flow("Egress", "gateway", name, "TCP/8000") for name in PUBLIC_APIS}
    | {Flow("Ingress", name, "gateway", "TCP/8000") for name in PUBLIC_APIS}
    | {Flow("Ingress", name, "monitoring/prometheus", "TCP/9000") for name in MONITORED}
    | {
        Flow("Egress", "gateway", "portal", "TCP/8000"),
        Flow("Ingress", "portal", "gateway", "TCP/8000"),
    }
    | {
        Flow("Egress", "portal", "gateway", "TCP/8090"),
        Flow("Ingress", "gateway", "portal", "TCP/8090"),
    }
    | {Flow("Egress", name, "data/mongodb", "TCP/27017") for name in SERVICES}
    | {
        Flow("Egress", name, "data/rabbitmq", f"TCP/{port}")
        for name in (*SERVICES, "topology")
        for port in (5671, 5672)
    }
    | {Flow("Egress", name, "data/minio", "TCP/9000") for name in ("upload", "download", "gateway")}
    | {Flow("Egress", name, "kube-system/kube-dns", f"{protocol}/53") for name in PODS for protocol in ("TCP", "UDP")}
)


def allowed_flows(objects: list[Object]) -> frozenset[Flow]:
    """Return every connection that a policy allows to the rendered pods."""
    labels = _pod_labels(objects)
    policies = [each["spec"] for each in objects if each["kind"] == "NetworkPolicy"]
    return frozenset(line for policy in policies for line in _flows(policy, labels))


def denies_by_default(objects: list[Object]) -> bool:
    """Return whether one policy selects every pod and allows no traffic in either direction."""
    nothing = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    return any(each["spec"] == nothing for each in objects if each["kind"] == "NetworkPolicy")


def _pod_labels(objects: list[Object]) -> dict[str, dict[str, str]]:
    made = [each for each in objects if each["kind"] in ("Deployment", "Job")]
    return {each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"] for each in made}


def _flows(policy: Object, labels: dict[str, dict[str, str]]) -> Iterator[Flow]:
    for direction, side in (("Ingress", "from"), ("Egress", "to")):
        for opening in policy.get(direction.lower(), []):
            ports = [f"{each.get('protocol', 'TCP')}/{each['port']}" for each in opening.get("ports", [])] or ["any"]
            for pod in _selected(policy["podSelector"], labels):
                for peer in _peers(opening.get(side, []), labels):
                    yield from (Flow(direction, pod, peer, port) for port in ports)


def _peers(given: list[Object], labels: dict[str, dict[str, str]]) -> Iterator[str]:
    if not given:
        yield "any"
    for peer in given:
        if peer.keys() == {"podSelector"}:
            yield from _selected(peer["podSelector"], labels)
        elif peer.keys() == {"podSelector", "namespaceSelector"}:
            yield f"{_only_label(peer['namespaceSelector'])}/{_only_label(peer['podSelector'])}"
        else:
            yield f"unexpected {peer}"


def _only_label(selector: Object) -> str:
    """Return the value of a selector's only label; show a wider selector as it is."""
    values = list(selector.get("matchLabels", {}).values())
    return str(values[0]) if len(values) == 1 and selector.keys() == {"matchLabels"} else f"unexpected {selector}"


def _selected(selector: Object, labels: dict[str, dict[str, str]]) -> list[str]:
    return [name for name, own in labels.items() if _matches(selector, own)]


def _matches(selector: Object, labels: dict[str, str]) -> bool:
    exact: dict[str, str] = selector.get("matchLabels", {})
    choices = selector.get("matchExpressions", [])
    if any(each["operator"] != "In" for each in choices):
        return True  # an unsupported operator counts as every pod, so that the comparison fails
    return exact.items() <= labels.items() and all(labels.get(each["key"]) in each["values"] for each in choices)
