"""The services differ on Kubernetes only in their names and in the settings listed here."""

import json
import re
from typing import Any

import pytest

from tests.unit.kubernetes_rendering import Object, find, production_objects

POD = "/spec/template/spec"
STORE_LABEL = "/spec/template/metadata/labels/melanissimo/uses-store"
COMPONENT = (
    "/metadata/labels/app.kubernetes.io/component",
    "/spec/template/metadata/labels/app.kubernetes.io/component",
)
DEPARTURES: dict[str, dict[str, Any]] = {
    "auth": {"/spec/maxReplicas": 6},
    "upload": {"/spec/maxReplicas": 6, STORE_LABEL: "true"},
    "notify": {},
    "download": {
        "/spec/maxReplicas": 10,
        STORE_LABEL: "true",
        f"{POD}/terminationGracePeriodSeconds": 3600,
        f"{POD}/containers/0/resources/requests/cpu": "250m",
        f"{POD}/containers/0/resources/limits/memory": "1Gi",
    },
    "portal": dict.fromkeys(COMPONENT, "portal"),
}


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    return production_objects()


def differences(one: Any, other: Any, path: str = "") -> dict[str, Any]:
    """Return the path of each leaf in which `other` differs from `one`, and its value in `other`."""
    if isinstance(one, dict) and isinstance(other, dict):
        parts = [differences(one.get(key), other.get(key), f"{path}/{key}") for key in one.keys() | other.keys()]
        return {where: value for part in parts for where, value in part.items()}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return differences(dict(enumerate(one)), dict(enumerate(other)), path)
    return {} if one == other else {path: other}


@pytest.mark.parametrize("name", DEPARTURES)
def test_services_differ_only_in_their_names_and_the_listed_settings(objects: list[Object], name: str) -> None:
    found: dict[str, Any] = {}
    for kind in ("Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"):
        usual = json.dumps(find(objects, kind, "propagation"))
        named = json.loads(re.sub(r"\bpropagation\b", name, usual))
        found |= differences(named, find(objects, kind, name))
    hashes = [path for path in found if path.endswith("/configMapRef/name")]
    assert [found.pop(path).rsplit("-", 1)[0] for path in hashes] == [name]
    assert found == DEPARTURES[name]
