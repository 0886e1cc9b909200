"""A process that uploads one file and may be killed: what to do comes on standard input, as JSON."""

import json
import sys
from pathlib import Path

from client.api import Api
from client.sources import SourceFile
from client.upload import Uploader


def main() -> None:
    """Upload."""
    told = json.load(sys.stdin)
    api = Api(told["base_url"])
    api.transport.token = told["token"]
    Uploader(api, told["parallel"]).send(told["draft"], SourceFile(Path(told["path"]), told["name"]))


if __name__ == "__main__":
    main()
