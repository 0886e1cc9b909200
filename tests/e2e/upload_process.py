"""Uploads one file in a process that a test may kill; the arguments come on standard input, as JSON."""

import json
import sys
from pathlib import Path

from client.api import Api
from client.sources import SourceFile
from client.upload import Uploader


def main() -> None:
    """Read the arguments and upload the file."""
    arguments = json.load(sys.stdin)
    api = Api(arguments["base_url"])
    api.transport.token = arguments["token"]
    Uploader(api, arguments["parallel"]).send(
        arguments["draft"], SourceFile(Path(arguments["path"]), arguments["name"])
    )


if __name__ == "__main__":
    main()
