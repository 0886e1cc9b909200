"""Provides kustomize, docker compose and promtool from a newer Debian suite, without installing packages.

It uses the mirror of this machine's apt, which verifies the signatures. The programs are unpacked in `.local/tools`.
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
# program → package, and its path in the package
PROGRAMS = {
    "kustomize": ("kustomize", Path("usr/bin/kustomize")),
    "docker-compose": ("docker-compose", Path("usr/libexec/docker/cli-plugins/docker-compose")),
    "promtool": ("promtool", Path("usr/bin/promtool")),
}


class NoMirror(RuntimeError):
    """apt has no Debian mirror on this machine."""


def tool(name: str) -> Path:
    """Return the path of the program; fetch it on first use."""
    package, path = PROGRAMS[name]
    if not (FOLDER / package).exists():
        fetch()
    return FOLDER / package / path


def fetch() -> None:
    """Download and unpack every missing program; concurrent callers wait for the first one."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = [package for package, _ in PROGRAMS.values() if not (FOLDER / package).exists()]
        if not missing:
            return
        downloads = FOLDER / "downloads"
        shutil.rmtree(downloads, ignore_errors=True)  # of a run that was interrupted
        downloads.mkdir()
        apt = _private_apt(_mirror())
        _run([*apt, "update"], downloads)
        _run([*apt, "download", *missing], downloads)
        for package in missing:
            (archive,) = downloads.glob(f"{package}_*.deb")
            _run(["dpkg-deb", "--extract", str(archive), str(downloads / package)], downloads)
            (downloads / package).rename(FOLDER / package)  # complete: others look for it without the lock
        shutil.rmtree(FOLDER / "lists")  # the index of a whole suite, no longer needed


def _mirror() -> str:
    """Return the address of the Debian archive from the settings of apt."""
    wanted = ["Created-By: Packages", "Origin: Debian", "Component: main", "Label: Debian"]
    listed = _run(["apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted], PROJECT)
    if not listed.split():
        raise NoMirror("run apt-get update once, so that apt knows its Debian mirror")
    return listed.split()[0]


def _private_apt(mirror: str) -> list[str]:
    """Return an apt-get command with its own sources and folders, so that those of the machine stay unchanged."""
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
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - fixed arguments
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:1])} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    for each in PROGRAMS:
        sys.stdout.write(f"{tool(each)}\n")
