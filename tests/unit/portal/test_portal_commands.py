"""The commands that a reader copies from the page of a link: a file's name in them is nothing but a name."""

import hashlib
import html
import re
import subprocess
from pathlib import Path

import pytest

from tests.fakes.api.app import FakeApi
from tests.fakes.api.cards import TOKEN, offered_file
from tests.unit.portal.visitor import Visitor

CONTENT = b"as it was sent"
QUOTABLE = [
    "Plans.zip",
    "Compte rendu de l'été.pdf",
    "Compte rendu de l’été.pdf",
    "photo'; touch PWNED; echo '.jpg",
    "photo’; touch PWNED; echo ‘.jpg",
    "‚‛photo‛; touch PWNED; echo ‚.jpg",
    'photo"; touch PWNED; echo ".jpg',
    "“photo”; touch PWNED; echo „.jpg",
    "$(touch PWNED).pdf",
    "`touch PWNED`.pdf",
    "${IFS}; touch PWNED #.pdf",
    "Plan [1].pdf",
    "Plan *?.pdf",
    "-b.txt",
    "--check",
    "@args",
    "~",
    "!!.txt",
    "two  blanks.txt",
    "a|touch PWNED|b",
    "a>PWNED",
    "'",
    "''",
]
LEFT_OUT = [
    "a\ntouch PWNED\nb",
    "a\rtouch PWNED\rb",
    "a\x1b[201~touch PWNED\nb",
    "a\u2028touch PWNED",
    "a\N{RIGHT-TO-LEFT OVERRIDE}b",
    "no-break\N{NO-BREAK SPACE}blank",
    "a\\'; touch PWNED; '",
]


async def shown(api: FakeApi, visitor: Visitor, name: str) -> tuple[str, str, str]:
    """The lines for PowerShell, for Linux and for macOS, as a browser copies them."""
    api.download.offers[TOKEN]["files"] = [offered_file(f"dossier/{name}")]
    page = (await visitor.get(f"/download/{TOKEN}")).text
    windows, linux, macos = re.findall(r"<br><code>(.*?)</code>", page, re.S)
    return html.unescape(windows), html.unescape(linux), html.unescape(macos)


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("name", [*QUOTABLE, *LEFT_OUT])
async def test_the_line_for_unix_digests_the_file_and_does_nothing_else(
    api: FakeApi, visitor: Visitor, tmp_path: Path, name: str, shell: str
) -> None:
    _, *lines = await shown(api, visitor, name)
    (tmp_path / name).write_bytes(CONTENT)
    for line in lines:
        asked = [shell, "-c", line]
        done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.lstrip("\\").startswith(hashlib.sha256(CONTENT).hexdigest())
        assert [found.name for found in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", [*QUOTABLE, *LEFT_OUT, "R&D.pdf", "a&calc&b.pdf"])
async def test_the_line_for_powershell_holds_the_name_as_one_literal_or_not_at_all(
    api: FakeApi, visitor: Visitor, name: str
) -> None:
    line, *_ = await shown(api, visitor, name)
    if name in QUOTABLE:
        command, literal = line.split(" '", 1)
        assert (command, read_literal(f"'{literal}")) == ("Get-FileHash -LiteralPath", name)
    else:
        assert line == "Get-FileHash *"


@pytest.mark.parametrize("name", LEFT_OUT)
async def test_a_name_that_cannot_be_pasted_safely_is_left_out(api: FakeApi, visitor: Visitor, name: str) -> None:
    assert (await shown(api, visitor, name))[1:] == ("sha256sum ./*", "shasum -a 256 ./*")


def read_literal(source: str) -> str:
    """A single-quoted text as PowerShell reads it: five quotes delimit it, and two in a row are the first one."""
    quotes, rest = "'‘’‚‛", list(source)
    read: list[str] = []
    assert rest.pop(0) in quotes
    while rest:
        sign = rest.pop(0)
        if sign in quotes:
            if not rest:
                return "".join(read)
            assert rest.pop(0) in quotes, f"{source} ends early"
        read.append(sign)
    raise AssertionError(f"{source} does not end")
