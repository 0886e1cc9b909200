"""Runs Lighthouse on one page, once, with its default simulation of a phone on a slow network."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from bench.http_connection import InvalidMeasurement
from bench.vendored import install_locked

HERE = Path(__file__).parent
NAMES = ("package.json", "package-lock.json")
CATEGORIES = ("performance", "accessibility", "best-practices")
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
TIMEOUT_SECONDS = 180
ATTEMPTS = 3


class Report(NamedTuple):
    """`scores` in the order of CATEGORIES, `loaded_bytes` as transferred, `failed_audits` what lowered a score."""

    scores: tuple[float, ...]
    loaded_bytes: int
    requests: int
    failed_audits: tuple[str, ...]


def run_lighthouse(url: str, cookie: str = "") -> Report:
    """Audit a first visit, with a session if there is a cookie."""
    folder = install_locked(HERE, "bench-lighthouse", NAMES)
    headers, report = folder / "headers.json", folder / "report.json"
    headers.write_text(json.dumps({"Accept-Language": "fr"} | ({"Cookie": cookie} if cookie else {})))
    command = ["node", "node_modules/lighthouse/cli/index.js", url, "--quiet", "--output=json"]
    command += [f"--output-path={report}", f"--extra-headers={headers}", f"--only-categories={','.join(CATEGORIES)}"]
    command += ["--chrome-flags=--headless --no-sandbox --disable-gpu --disable-dev-shm-usage"]
    for _ in range(ATTEMPTS):
        report.unlink(missing_ok=True)
        trouble = _run(command, folder)
        if not trouble:
            return read(json.loads(report.read_text(encoding="utf-8")))
    raise InvalidMeasurement(trouble)


def _run(command: list[str], folder: Path) -> str:
    """Return the error, or nothing; on a busy machine Lighthouse sometimes loses a page and needs another attempt."""
    environment = {**os.environ, "CHROME_PATH": CHROMIUM}
    done = subprocess.run(  # noqa: S603
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return "" if done.returncode == 0 else done.stderr.strip() or "it failed without a word"


def read(report: dict[str, Any]) -> Report:
    """Return the figures of a report; raise if the page or one of its resources was not found."""
    if trouble := report.get("runtimeError"):
        raise InvalidMeasurement(f"{report.get('requestedUrl')}: {trouble.get('message')}")
    audits = report["audits"]
    loaded = audits["network-requests"]["details"]["items"]
    if refused := [f"{one['statusCode']} {one['url']}" for one in loaded if one.get("statusCode", 200) >= 400]:
        raise InvalidMeasurement(", ".join(refused))
    found = [report["categories"][name] for name in CATEGORIES]
    return Report(
        tuple(float(category["score"] or 0) for category in found),
        sum(int(one.get("transferSize", 0)) for one in loaded),
        len(loaded),
        tuple(_failed_audits(found, audits)),
    )


def _failed_audits(categories: list[dict[str, Any]], audits: dict[str, Any]) -> list[str]:
    """Return the weighted audits without a full score, the heaviest first."""
    weighed = [(one["weight"], one["id"]) for category in categories for one in category["auditRefs"] if one["weight"]]
    short = [(weight, id) for weight, id in weighed if (audits[id].get("score") or 0) < 1 and _is_scored(audits[id])]
    return list(dict.fromkeys(f"{id} {audits[id].get('score') or 0:g}" for _, id in sorted(short, reverse=True)))


def _is_scored(audit: dict[str, Any]) -> bool:
    return audit.get("scoreDisplayMode") not in ("notApplicable", "manual", "informative")
