"""Compiles every Python file of the repository in memory: what this interpreter refuses, or warns of, is an error."""

import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Raises the first error; `python -W error` makes one of each warning."""
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=PROJECT, capture_output=True, text=True, check=True)  # noqa: S607
    for name in tracked.stdout.splitlines():
        if (PROJECT / name).is_file():
            compile((PROJECT / name).read_text(encoding="utf-8"), name, "exec", dont_inherit=True)


if __name__ == "__main__":
    main()
