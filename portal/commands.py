"""Commands to paste into a shell: a file's name in them is quoted for that shell, or left out."""

import re
import shlex

POWERSHELL_QUOTES = re.compile("['\N{LEFT SINGLE QUOTATION MARK}-\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}]")
"""PowerShell ends a quoted text with any of these, and reads two of them as one."""


def powershell_digest(name: str) -> str:
    """The command that computes a file's SHA-256 in PowerShell.

    A name with `&` is left out, too: whoever pastes the line into the older cmd.exe by mistake would run what follows.
    """
    if not _is_quotable(name) or "&" in name:
        return "Get-FileHash *"
    doubled = POWERSHELL_QUOTES.sub(lambda quote: 2 * quote[0], name)
    return f"Get-FileHash -LiteralPath '{doubled}'"


def posix_digest(name: str, program: str = "sha256sum") -> str:
    """The command that computes a file's SHA-256 in a POSIX shell; `./` keeps a name from being read as an option."""
    return f"{program} {shlex.quote('./' + name) if _is_quotable(name) else './*'}"


def _is_quotable(name: str) -> bool:
    """False where a clipboard or a terminal may alter or obey a character, or a shell reads `\\` inside quotes."""
    return name.isprintable() and "\\" not in name
