"""Declare the broker's topology for every event and subscriber; run it before the services, at each release."""

import asyncio
import os
import sys
from pathlib import Path

from services.contracts.events import ALL_EVENTS
from services.kit.bus import declare

TIMEOUT_SECONDS = 60


def admin_url() -> str:
    """Return `AMQP_ADMIN_URL`, or the content of the file `amqp_admin_url` in `SECRETS_DIR`."""
    given = os.environ.get("AMQP_ADMIN_URL")
    return given or (Path(os.environ["SECRETS_DIR"]) / "amqp_admin_url").read_text().strip()


async def main() -> None:
    """Wait for the broker, then declare; a repeated call changes nothing."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while True:
            try:
                await declare(admin_url(), ALL_EVENTS)
            except OSError:
                await asyncio.sleep(0.5)
            else:
                return


if __name__ == "__main__":
    asyncio.run(main())
    sys.stdout.write(
        f"{len(ALL_EVENTS)} events, {sum(len(event.subscribers) for event in ALL_EVENTS)} queues declared\n"
    )
