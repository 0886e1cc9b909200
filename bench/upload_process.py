"""Uploads a file into a draft as the command line does: `bench.upload_process URL DRAFT FILE`.

The token of the session comes on standard input; the seconds go to standard output.
"""

import sys
import time
from pathlib import Path

from client.api import Api
from client.sources import find_sources
from client.upload import Uploader


def main(url: str, draft: str, path: str) -> None:
    """Measure from the first request to the completion of the file."""
    with Api(url) as api:
        api.transport.token = sys.stdin.read().strip()
        began = time.monotonic()
        api.create_draft(draft)
        Uploader(api).send_all(draft, find_sources([Path(path)]).files)
        sys.stdout.write(f"{time.monotonic() - began:.3f}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
