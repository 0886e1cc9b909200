"""The islands: their own tests, their weight, and that the page carries each of their messages."""

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

PORTAL = Path(__file__).resolve().parents[3] / "portal"
ISLANDS = PORTAL / "islands"
BUILT = PORTAL / "static"
MAX_GZIPPED_BYTES = 25_000
MESSAGES = PORTAL / "templates" / "parts" / "island_messages.html"
FOLDERS = {"uploader": "uploader", "draft": "draft", "recipients": "recipients", "copy": "page"}
KEY = re.compile(r'^  "(\w+)":', re.M)
KEY_PREFIX = re.compile(r"`(\w+_)\$\{")


def test_their_own_tests_pass() -> None:
    done = subprocess.run(
        ["npm", "test", "--silent"], cwd=ISLANDS, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-2_000:]


def test_the_scripts_and_styles_of_all_islands_are_light() -> None:
    built = [file for file in BUILT.rglob("*") if file.suffix in (".js", ".css")]
    assert built, "run make islands"
    assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in built) <= MAX_GZIPPED_BYTES


def test_the_page_carries_every_message_that_a_script_uses_and_no_other() -> None:
    template = MESSAGES.read_text(encoding="utf-8")
    blocks = dict(re.findall(r"{% macro (\w+)\(\) -%}(.*?){%- endmacro %}", template, re.S))
    assert set(blocks) == set(FOLDERS)
    for island, folder in FOLDERS.items():
        source = "".join(file.read_text(encoding="utf-8") for file in sorted((ISLANDS / folder).glob("*.ts")))
        known = set(KEY.findall(blocks[island])) | set(re.findall(r'"(copy|copied)":', blocks[island]))
        prefixes = tuple(KEY_PREFIX.findall(source))
        for key in known - {"units"}:
            assert f'"{key}"' in source or (prefixes and key.startswith(prefixes)), f"{island}: {key} is not used"
        for key in re.findall(r'\bt\("(\w+)"', source):
            assert key in known or folder == "page", f"{island}: {key} is not on the page"
        for key in re.findall(r'"((?:refused|error|left)_\w+)"', source):
            assert key in known, f"{island}: {key} is not on the page"


@pytest.mark.parametrize("folder", [ISLANDS, PORTAL.parent / "tools" / "api-types"], ids=lambda folder: folder.name)
def test_the_lock_holds_hashes_and_no_address(folder: Path) -> None:
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    entries = {name: entry for name, entry in lock["packages"].items() if name}
    assert entries
    assert all(entry["integrity"].startswith("sha512-") for entry in entries.values())
    assert not [name for name, entry in entries.items() if "resolved" in entry]
