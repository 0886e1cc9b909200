"""Gets kustomize, docker compose and promtool out of a newer Debian suite, without installing anything.

The mirror is the one that this machine's own apt uses; apt verifies the signatures. All of it lands in `.local/tools`.
"""

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / ".local" / "tools"
SUITE = "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# program → package, and where it lies in there
PROGRAMS = {
    "kustomize": ("kustomize", Path("usr/bin/kustomize")),
    "docker-compose": ("docker-compose", Path("usr/libexec/docker/cli-plugins/docker-compose")),
    "promtool": ("promtool", Path("usr/bin/promtool")),
}


class NoMirror(RuntimeError):
    """This machine's apt knows no Debian mirror."""


def tool(name: str) -> Path:
    """Where the program is; fetched on first use."""
    program = FOLDER / "root" / PROGRAMS[name][1]
    if not program.exists():
        fetch()
    return program


def fetch() -> None:
    """Downloads and unpacks every program that is missing; once, however many ask at the same time."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [package for package, path in PROGRAMS.values() if not (FOLDER / "root" / path).exists()]
        if not missing:
            return
        downloads = FOLDER / "downloads"
        downloads.mkdir(exist_ok=True)
        apt = _apt_of_our_own(_mirror())
        _run([*apt, "update"], downloads)
        _run([*apt, "download", *missing], downloads)
        for package in downloads.glob("*.deb"):
            _run(["dpkg-deb", "--extract", str(package), str(FOLDER / "root")], downloads)
        shutil.rmtree(FOLDER / "lists")  # the index of a whole suite, needed no more


def _mirror() -> str:
    """The address of the Debian archive in this machine's own settings."""
    wanted = ["Created-By: Packages", "Origin: Debian", "Component: main", "Label: Debian"]
    listed = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted], PROJECT)
    if not listed.split():
        raise NoMirror("run apt-get update once, so that apt says where its Debian packages come from")
    return listed.split()[0]


def _apt_of_our_own(mirror: str) -> list[str]:
    """An apt with its own sources and folders below ours, so that the machine's are not touched."""
    for folder in ("lists/partial", "cache/archives/partial", "state"):
        (FOLDER / folder).mkdir(parents=True, exist_ok=True)
    sources = FOLDER / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {mirror} {SUITE} main\n", encoding="utf-8")
    (FOLDER / "state" / "status").touch()
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State": FOLDER / "state",
        "Dir::State::status": FOLDER / "state" / "status",
        "Dir::State::lists": FOLDER / "lists",
        "Dir::Cache": FOLDER / "cache",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
    }
    return [
        "apt-get",
        "--quiet",
        "--quiet",
        *(word for name, value in options.items() for word in ("-o", f"{name}={value}")),
    ]


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:1])} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    for each in PROGRAMS:
        sys.stdout.write(f"{tool(each)}\n")
