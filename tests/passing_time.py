"""Makes time pass for stored documents by moving their dates into the past."""

from datetime import datetime, timedelta
from typing import Any


async def pass_time(collection: Any, by: timedelta, query: dict[str, Any] | None = None) -> None:
    """Move all dates of the matching documents into the past, except those of unpublished events.

    A document that another write has changed is read again. Its version is incremented, so that a service that had read
    it before retries.
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
