"""Prometheus accepts the alerts, they fire when they should, and they use metrics that the services export."""

import importlib
import pkgutil
import re
import subprocess
from typing import Any

import yaml
from prometheus_client import REGISTRY

import services
from deploy.tools import PROJECT, tool

FOLDER = PROJECT / "deploy" / "prometheus"
NAME = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b(?=[{\[)]| [>u])")


def rules() -> list[dict[str, Any]]:
    read = yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in read["groups"] for rule in group["rules"]]


def promtool(*words: str) -> None:
    done = subprocess.run([str(tool("promtool")), *words], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_accepts_every_rule() -> None:
    promtool("check", "rules", "alerts.yaml")


def test_the_alerts_fire_when_they_should_and_not_before() -> None:
    promtool("test", "rules", "alerts_test.yaml")


def test_every_alert_uses_metrics_that_are_exported() -> None:
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    exported = {name for family in REGISTRY.collect() for name in (family.name, f"{family.name}_total")}
    for rule in rules():
        used = set(NAME.findall(rule["expr"]))
        assert used, rule["alert"]
        assert used <= exported, rule["alert"]


def test_every_alert_has_a_severity_a_summary_and_a_description() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
        assert rule["annotations"]["description"], rule["alert"]
