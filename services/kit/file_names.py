"""Names of files and folders that are valid on every system and do not disguise what they are.

What Windows forbids and look-alikes of `/` become `_`; blanks and dots at the end, and blanks at the beginning, are
removed; a reserved Windows name gets a `_` prefix; a name that is too long is shortened and keeps its extension.
"""

import re

MAX_NAME_BYTES = 240
MAX_EXTENSION_LENGTH = 17
LOOK_ALIKES = "\u2044\u2215\u2216\u29f5\u29f8\u29f9\ufe68\uff0f\uff3c"
REPLACEMENTS = str.maketrans(dict.fromkeys('<>:"|?*' + LOOK_ALIKES, "_"))
DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{device}{digit}" for device in ("COM", "LPT") for digit in "123456789¹²³"
}
TRAILING = re.compile(r"[\s.\u200c\u200d]+$")


def clean_name(raw: str, max_length: int = MAX_NAME_BYTES) -> str:
    """Return one name, which contains no slash, with at most `max_length` characters and 240 bytes; it may be empty.

    Cleaning it again changes nothing.
    """
    name = TRAILING.sub("", raw.translate(REPLACEMENTS)).strip()
    return _avoid_device(shorten_name(_avoid_device(name), max_length)) if name else ""


def shorten_name(name: str, max_length: int = MAX_NAME_BYTES, mark: str = "") -> str:
    """Return the name within `max_length` characters and 240 bytes, with `mark` before the extension."""
    stem, dot, extension = name.rpartition(".")
    end = dot + extension
    if not stem or len(end) > MAX_EXTENSION_LENGTH:
        stem, end = name, ""
    end = mark + end
    if _fits(stem + end, max_length):
        return stem + end
    stem = stem[: max_length - len(end)]
    while not _fits(stem + end, max_length):
        stem = stem[:-1]
    return (TRAILING.sub("", stem) or "_") + end


def _fits(name: str, max_length: int) -> bool:
    return len(name) <= max_length and len(name.encode()) <= MAX_NAME_BYTES


def _avoid_device(name: str) -> str:
    return f"_{name}" if name.partition(".")[0].strip().upper() in DEVICES else name
