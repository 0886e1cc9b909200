"""What of a state was changed? Only that is written: a document may be large, and a change small."""

from typing import Any

from services.kit.aggregate import State

Document = dict[str, Any]


def diff_update(before: State, after: State) -> Document:
    """The update that turns the document of `before` into that of `after`.

    A field that maps plain words to values is changed entry by entry, any other as a whole.
    """
    fields: Document = {}
    gone: Document = {}
    for name in type(after).model_fields.keys() - {"id", "version"}:
        old, new = getattr(before, name), getattr(after, name)
        if old is new or old == new:
            continue
        if not _has_path_keys(old) or not _has_path_keys(new):
            fields[name] = None
            continue
        gone |= {f"{name}.{key}": "" for key in old.keys() - new.keys()}
        fields |= {f"{name}.{key}": None for key, value in new.items() if key not in old or old[key] != value}
    _set_values(fields, after)
    write: Document = {"$inc": {"version": 1}}
    if fields:
        write["$set"] = fields
    if gone:
        write["$unset"] = gone
    return write


def _set_values(fields: Document, after: State) -> None:
    """The values as they are stored, under the paths that are to be written."""
    wanted: dict[str, Any] = {}
    for path in fields:
        name, dot, key = path.partition(".")
        if dot:
            wanted.setdefault(name, set()).add(key)
        else:
            wanted[name] = True
    dumped = after.model_dump(include=wanted)
    for path in fields:
        name, dot, key = path.partition(".")
        fields[path] = dumped[name][key] if dot else dumped[name]


def _has_path_keys(value: object) -> bool:
    """True for a map whose keys can be steps of a path in the database."""
    return isinstance(value, dict) and all(
        isinstance(key, str) and key and "." not in key and "\0" not in key and not key.startswith("$") for key in value
    )
