"""Compute a MongoDB update from two states: documents can be large, and changes small."""

from typing import Any

from services.kit.aggregate import State

Document = dict[str, Any]


def diff_update(before: State, after: State) -> Document:
    """Return the update that turns the document of `before` into that of `after`.

    A field that maps path-safe keys to values is updated entry by entry, any other as a whole.
    """
    fields: Document = {}
    removed: Document = {}
    for name in type(after).model_fields.keys() - {"id", "version"}:
        old, new = getattr(before, name), getattr(after, name)
        if old is new or old == new:
            continue
        if not _has_path_keys(old) or not _has_path_keys(new):
            fields[name] = None
            continue
        removed |= {f"{name}.{key}": "" for key in old.keys() - new.keys()}
        fields |= {f"{name}.{key}": None for key, value in new.items() if key not in old or old[key] != value}
    _set_values(fields, after)
    update: Document = {"$inc": {"version": 1}}
    if fields:
        update["$set"] = fields
    if removed:
        update["$unset"] = removed
    return update


def _set_values(fields: Document, after: State) -> None:
    """Set the stored value for each path to be written."""
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
    """Return whether the value is a map whose keys can be steps of a MongoDB path."""
    return isinstance(value, dict) and all(
        isinstance(key, str) and key and "." not in key and "\0" not in key and not key.startswith("$") for key in value
    )
