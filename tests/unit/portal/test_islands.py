"""The islands: their own tests, their weight, and that each word they say is on the page."""

import gzip
import json
import re
import subprocess
from pathlib import Path

PORTAL = Path(__file__).resolve().parents[3] / "portal"
ISLANDS = PORTAL / "islands"
BUILT = PORTAL / "static"
HEAVIEST_BYTES = 25_000
WORDS = PORTAL / "templates" / "parts" / "island_words.html"
FOLDERS = {"uploader": "uploader", "draft": "draft", "recipients": "recipients", "copy": "page"}
KEY = re.compile(r'^  "(\w+)":', re.M)
BUILT_UP = re.compile(r"`(\w+_)\$\{")


def test_their_own_tests_pass() -> None:
    done = subprocess.run(
        ["npm", "test", "--silent"], cwd=ISLANDS, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-2_000:]


def test_all_of_them_together_are_light() -> None:
    built = [file for file in BUILT.rglob("*") if file.suffix in (".js", ".css")]
    assert built, "run make islands"
    assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in built) <= HEAVIEST_BYTES


def test_every_word_that_a_script_says_is_on_its_page_and_no_other() -> None:
    template = WORDS.read_text(encoding="utf-8")
    blocks = dict(re.findall(r"{% macro (\w+)\(\) -%}(.*?){%- endmacro %}", template, re.S))
    assert set(blocks) == set(FOLDERS)
    for island, folder in FOLDERS.items():
        source = "".join(file.read_text(encoding="utf-8") for file in sorted((ISLANDS / folder).glob("*.ts")))
        known = set(KEY.findall(blocks[island])) | set(re.findall(r'"(copy|copied)":', blocks[island]))
        beginnings = tuple(BUILT_UP.findall(source))
        for key in known - {"units"}:
            assert f'"{key}"' in source or (beginnings and key.startswith(beginnings)), f"{island}: nobody says {key}"
        for key in re.findall(r'\bsay\("(\w+)"', source):
            assert key in known or folder == "page", f"{island}: {key} is not on the page"
        for reason in re.findall(r'"((?:refused|why|left)_\w+)"', source):
            assert reason in known, f"{island}: {reason} is not on the page"


def test_the_lock_holds_hashes_and_no_address() -> None:
    lock = json.loads((ISLANDS / "package-lock.json").read_text(encoding="utf-8"))
    entries = {name: entry for name, entry in lock["packages"].items() if name}
    assert entries
    assert all(entry["integrity"].startswith("sha512-") for entry in entries.values())
    assert not [name for name, entry in entries.items() if "resolved" in entry]
