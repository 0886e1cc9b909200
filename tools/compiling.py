"""Compiles every Python file of the repository in memory, to find errors and warnings of this interpreter."""

import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Raise the first error; with `python -W error`, also the first warning."""
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=PROJECT, capture_output=True, text=True, check=True)  # noqa: S607
    for name in tracked.stdout.splitlines():
        if (PROJECT / name).is_file():
            compile((PROJECT / name).read_text(encoding="utf-8"), name, "exec", dont_inherit=True)


if __name__ == "__main__":
    main()
