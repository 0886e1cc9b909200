"""The Kubernetes objects of the production overlay, as kustomize renders them."""

import subprocess
from typing import Any

import yaml

from deploy.tools import PROJECT, tool

Object = dict[str, Any]


def production_objects() -> list[Object]:
    """Every object; a warning of kustomize is an error."""
    command = [str(tool("kustomize")), "build", str(PROJECT / "deploy" / "k8s" / "production")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not done.stderr
    return list(yaml.safe_load_all(done.stdout))


def find(objects: list[Object], kind: str, name: str) -> Object:
    """The one object of this kind and name."""
    (found,) = (each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name)
    return found
