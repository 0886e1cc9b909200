"""Which lines the NetworkPolicies leave open, so that they can be compared with the ones that are wanted."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Object = dict[str, Any]


class Line(NamedTuple):
    """One pod may (`way` is Egress) call, or (Ingress) be called by, a peer on a port."""

    way: str
    pod: str
    peer: str
    port: str


FRONT = ("auth", "upload", "propagation", "download")
SERVICES = (*FRONT, "notify")
WATCHED = (*SERVICES, "portal")
PODS = (*WATCHED, "gateway", "topology")
WANTED = frozenset(
    {Line("Ingress", "gateway", "anybody", "TCP/8443"), Line("Egress", "notify", "mail/relay", "TCP/587")}
    | {Line("Egress", "gateway", name, "TCP/8000") for name in FRONT}
    | {Line("Ingress", name, "gateway", "TCP/8000") for name in FRONT}
    | {Line("Ingress", name, "monitoring/prometheus", "TCP/9000") for name in WATCHED}
    | {Line("Egress", "gateway", "portal", "TCP/8000"), Line("Ingress", "portal", "gateway", "TCP/8000")}
    | {Line("Egress", "portal", "gateway", "TCP/8090"), Line("Ingress", "gateway", "portal", "TCP/8090")}
    | {Line("Egress", name, "data/mongodb", "TCP/27017") for name in SERVICES}
    | {
        Line("Egress", name, "data/rabbitmq", f"TCP/{port}")
        for name in (*SERVICES, "topology")
        for port in (5671, 5672)
    }
    | {Line("Egress", name, "data/minio", "TCP/9000") for name in ("upload", "download", "gateway")}
    | {Line("Egress", name, "kube-system/kube-dns", f"{protocol}/53") for name in PODS for protocol in ("TCP", "UDP")}
)


def open_lines(objects: list[Object]) -> frozenset[Line]:
    """Every line that some policy opens, for the pods that the rendering makes."""
    labels = _pod_labels(objects)
    policies = [each["spec"] for each in objects if each["kind"] == "NetworkPolicy"]
    return frozenset(line for policy in policies for line in _lines(policy, labels))


def closed_by_default(objects: list[Object]) -> bool:
    """Whether one policy takes every pod and opens nothing, either way."""
    nothing = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    return any(each["spec"] == nothing for each in objects if each["kind"] == "NetworkPolicy")


def _pod_labels(objects: list[Object]) -> dict[str, dict[str, str]]:
    made = [each for each in objects if each["kind"] in ("Deployment", "Job")]
    return {each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"] for each in made}


def _lines(policy: Object, labels: dict[str, dict[str, str]]) -> Iterator[Line]:
    for way, side in (("Ingress", "from"), ("Egress", "to")):
        for opening in policy.get(way.lower(), []):
            ports = [f"{each.get('protocol', 'TCP')}/{each['port']}" for each in opening.get("ports", [])] or ["any"]
            for pod in _selected(policy["podSelector"], labels):
                for peer in _peers(opening.get(side, []), labels):
                    yield from (Line(way, pod, peer, port) for port in ports)


def _peers(given: list[Object], labels: dict[str, dict[str, str]]) -> Iterator[str]:
    if not given:
        yield "anybody"
    for peer in given:
        if peer.keys() == {"podSelector"}:
            yield from _selected(peer["podSelector"], labels)
        elif peer.keys() == {"podSelector", "namespaceSelector"}:
            yield f"{_only_label(peer['namespaceSelector'])}/{_only_label(peer['podSelector'])}"
        else:
            yield f"unexpected {peer}"


def _only_label(selector: Object) -> str:
    """The value of a selector's one label; anything wider is shown as it is."""
    values = list(selector.get("matchLabels", {}).values())
    return str(values[0]) if len(values) == 1 and selector.keys() == {"matchLabels"} else f"unexpected {selector}"


def _selected(selector: Object, labels: dict[str, dict[str, str]]) -> list[str]:
    return [name for name, own in labels.items() if _matches(selector, own)]


def _matches(selector: Object, labels: dict[str, str]) -> bool:
    exact: dict[str, str] = selector.get("matchLabels", {})
    choices = selector.get("matchExpressions", [])
    if any(each["operator"] != "In" for each in choices):
        return True  # not understood here: taken as everybody, so that it is noticed
    return exact.items() <= labels.items() and all(labels.get(each["key"]) in each["values"] for each in choices)
