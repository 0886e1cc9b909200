"""Shell commands that compute a file's SHA-256; a file name is quoted for that shell, or left out."""

import re
import shlex

POWERSHELL_QUOTES = re.compile("['\N{LEFT SINGLE QUOTATION MARK}-\N{SINGLE HIGH-REVERSED-9 QUOTATION MARK}]")
"""Any of these ends a quoted string in PowerShell; a doubled one stands for itself."""


def powershell_digest(name: str) -> str:
    """Return the command for PowerShell.

    A name with `&` is left out, too: the older cmd.exe would run what follows it.
    """
    if not _is_quotable(name) or "&" in name:
        return "Get-FileHash *"
    doubled = POWERSHELL_QUOTES.sub(lambda quote: 2 * quote[0], name)
    return f"Get-FileHash -LiteralPath '{doubled}'"


def posix_digest(name: str, program: str = "sha256sum") -> str:
    """Return the command for a POSIX shell; `./` keeps a name from being read as an option."""
    return f"{program} {shlex.quote('./' + name) if _is_quotable(name) else './*'}"


def _is_quotable(name: str) -> bool:
    """False where a clipboard or a terminal may change or interpret a character, or a shell reads `\\` in quotes."""
    return name.isprintable() and "\\" not in name
