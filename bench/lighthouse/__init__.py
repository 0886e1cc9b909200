"""Lighthouse, as it comes: one page, once, by a phone on a slow line as it plays one."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from bench.fetched import fetched
from bench.line import Unexpected

HERE = Path(__file__).parent
NAMES = ("package.json", "package-lock.json")
CATEGORIES = ("performance", "accessibility", "best-practices")
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PATIENCE_SECONDS = 180
ATTEMPTS = 3


class Report(NamedTuple):
    """`scores` as the categories above, `loaded_bytes` as they travelled, `complaints` what cost a score its whole."""

    scores: tuple[float, ...]
    loaded_bytes: int
    requests: int
    complaints: tuple[str, ...]


def look(url: str, cookie: str = "") -> Report:
    """A first visit, with a session if there is a cookie."""
    folder = fetched(HERE, "bench-lighthouse", NAMES)
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
    raise Unexpected(trouble)


def _run(command: list[str], folder: Path) -> str:
    """What it says when it did not work; on a busy machine it loses a page now and then, and asks for another try."""
    environment = {**os.environ, "CHROME_PATH": CHROMIUM}
    done = subprocess.run(  # noqa: S603
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return "" if done.returncode == 0 else done.stderr.strip() or "it failed without a word"


def read(report: dict[str, Any]) -> Report:
    """What of a report is of interest; refuses one of a page that was not there."""
    if trouble := report.get("runtimeError"):
        raise Unexpected(f"{report.get('requestedUrl')}: {trouble.get('message')}")
    audits = report["audits"]
    loaded = audits["network-requests"]["details"]["items"]
    if refused := [f"{one['statusCode']} {one['url']}" for one in loaded if one.get("statusCode", 200) >= 400]:
        raise Unexpected(", ".join(refused))
    found = [report["categories"][name] for name in CATEGORIES]
    return Report(
        tuple(float(category["score"] or 0) for category in found),
        sum(int(one.get("transferSize", 0)) for one in loaded),
        len(loaded),
        tuple(_complaints(found, audits)),
    )


def _complaints(categories: list[dict[str, Any]], audits: dict[str, Any]) -> list[str]:
    """The audits that weigh and are not whole, the heaviest first."""
    weighed = [(one["weight"], one["id"]) for category in categories for one in category["auditRefs"] if one["weight"]]
    short = [(weight, id) for weight, id in weighed if (audits[id].get("score") or 0) < 1 and _is_scored(audits[id])]
    return list(dict.fromkeys(f"{id} {audits[id].get('score') or 0:g}" for _, id in sorted(short, reverse=True)))


def _is_scored(audit: dict[str, Any]) -> bool:
    return audit.get("scoreDisplayMode") not in ("notApplicable", "manual", "informative")
