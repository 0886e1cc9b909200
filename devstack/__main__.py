"""The commands behind `make run`, `make stop`, `make restart` and `make status`."""

import argparse
import sys
from pathlib import Path

from devstack import supervisor
from devstack.errors import StackError
from devstack.workspace import PROJECT


def main(words: list[str]) -> int:
    """Run one command; an error of the stack is one line on standard error and the exit code of its class."""
    options = _arguments().parse_args(words)
    try:
        _run(options)
    except StackError as error:
        print(f"devstack: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _run(options: argparse.Namespace) -> None:
    match options.command:
        case "run":
            supervisor.run(options.root, {"gateway": options.port, "files": options.files_port or options.port + 1})
        case "stop":
            supervisor.stop(options.root)
        case "restart":
            supervisor.restart(options.root, options.service)
        case "status":
            supervisor.status(options.root)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="devstack", description="Everything on this machine, without containers.")
    parser.add_argument("--root", type=Path, default=PROJECT / ".local", help="the folder of the stack")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything and stay")
    run.add_argument("--port", type=int, default=8080, help="the public port")
    run.add_argument("--files-port", type=int, help="the public port of the bytes (default: the next one)")
    commands.add_parser("stop", help="stop what run started")
    restart = commands.add_parser("restart", help="restart one service alone")
    restart.add_argument("service", nargs="?", default="")
    commands.add_parser("status", help="show what runs")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
