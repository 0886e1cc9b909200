"""A process that uploads one file and may be killed: what to do comes on standard input, as JSON."""

import json
import sys
from pathlib import Path

from client.api import Api
from client.sources import Source
from client.upload import Uploader
from client.watching import Counting


def main() -> None:
    """Uploads, and says on standard output how many bytes are in the store after each part."""
    told = json.load(sys.stdin)
    api = Api(told["base_url"])
    api.wire.token = told["token"]

    def say(more: int) -> None:
        print(more, flush=True)

    source = Source(Path(told["path"]), told["name"])
    Uploader(api, told["parallel"], Counting(say)).send(told["draft"], source)


if __name__ == "__main__":
    main()
