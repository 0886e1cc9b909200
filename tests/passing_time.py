"""Time passes for stored documents: their dates move into the past, and nobody waits."""

from datetime import datetime, timedelta
from typing import Any


async def pass_time(collection: Any, by: timedelta, query: dict[str, Any] | None = None) -> None:
    """Move all dates of the documents that match, except those of events that wait to be published.

    Each document is replaced as it was read; when another write came first, it is read again. Its version counts the
    write, so that a service which had read it before decides again, too.
    """
    for id in await collection.distinct("_id", query or {}):
        while (found := await collection.find_one({"_id": id})) is not None:
            if (await collection.replace_one(found, _later(found, by))).matched_count:
                break


def _later(document: dict[str, Any], by: timedelta) -> dict[str, Any]:
    after = {name: value if name == "outbox" else _moved(value, by) for name, value in document.items()}
    return {**after, "version": document["version"] + 1} if "version" in document else after


def _moved(value: Any, by: timedelta) -> Any:
    if isinstance(value, datetime):
        return value - by
    if isinstance(value, dict):
        return {name: _moved(each, by) for name, each in value.items()}
    return [_moved(each, by) for each in value] if isinstance(value, list) else value
