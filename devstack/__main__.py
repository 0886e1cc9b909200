"""The commands behind `make run`, `make stop`, `make restart` and `make status`."""

import argparse
import sys
from pathlib import Path

from devstack import supervisor
from devstack.refusals import StackRefusal
from devstack.workspace import PROJECT


def main(words: list[str]) -> int:
    """Does one command; a refusal is one line on standard error and the exit code of its class."""
    asked = _arguments().parse_args(words)
    try:
        _do(asked)
    except StackRefusal as refusal:
        print(f"devstack: {refusal}", file=sys.stderr)
        return refusal.exit_code
    return 0


def _do(asked: argparse.Namespace) -> None:
    match asked.command:
        case "run":
            supervisor.run(asked.root, {"gateway": asked.port, "files": asked.files_port or asked.port + 1})
        case "stop":
            supervisor.stop(asked.root)
        case "restart":
            supervisor.restart(asked.root, asked.service)
        case "status":
            supervisor.status(asked.root)


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
