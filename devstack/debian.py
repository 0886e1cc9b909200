"""Installs missing Debian packages; needs only Python's standard library."""

import ctypes
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from devstack.errors import PackageMissing

# program → package. A program that exists is not installed again, wherever it comes from.
PROGRAMS = {
    "/usr/lib/rabbitmq/bin/rabbitmq-server": "rabbitmq-server",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "radosgw": "radosgw",
    "radosgw-admin": "radosgw",
    "ceph": "ceph-common",
    "ceph-authtool": "ceph-common",
    "monmaptool": "ceph-base",
    "nginx": "nginx",
    "espeak-ng": "espeak-ng",
    "unzip": "unzip",
    "7z": "p7zip-full",
    "bsdtar": "libarchive-tools",
    "node": "nodejs",
    "npm": "npm",
    "chromium": "chromium",
    "chromium-headless-shell": "chromium-headless-shell",
    "aria2c": "aria2",
    "curl": "curl",
    "wget": "wget",
    "ip": "iproute2",
}
# library → package, for the database server, which comes as a Python wheel.
LIBRARIES = {"libcurl.so.4": "libcurl4"}
OLDEST_NODE = 18
OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 14)
TESTED_VERSIONS = {"12", "13"}
OS_RELEASE = Path("/etc/os-release")
SEARCH_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

# Keeps the distribution from starting its own instances of these servers.
INSTALL = """set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\\nexit 101\\n' > "$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y --no-install-recommends install "$@"
"""


def missing_packages() -> list[str]:
    """Return the packages whose programs or libraries are not on this machine."""
    missing = {package for program, package in PROGRAMS.items() if shutil.which(program, path=SEARCH_PATH) is None}
    missing |= {package for library, package in LIBRARIES.items() if not _loads(library)}
    return sorted(missing)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_venv() -> list[str]:
    """Return the package that creates virtual environments, if this Python was installed without it."""
    whole = all(importlib.util.find_spec(module) for module in ("venv", "ensurepip"))
    return [] if whole else [f"python{sys.version_info.major}.{sys.version_info.minor}-venv"]


def refuse_old_node() -> None:
    """Raise `PackageMissing` when the first `node` on the path is too old to compile the mails."""
    node = shutil.which("node", path=SEARCH_PATH)
    output = (
        subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout if node else "nothing"
    )
    version = re.match(r"v(\d+)\.", output)
    if version is None or int(version[1]) < OLDEST_NODE:
        raise PackageMissing(f"node {OLDEST_NODE} or newer is needed; {node or 'node'} says: {output.strip()}")


def system_of(os_release: str) -> dict[str, str]:
    """Return the variables of an `/etc/os-release`."""
    return dict(line.partition("=")[::2] for line in shlex.split(os_release, comments=True))


def untested_warning(os_release: str) -> str:
    """Return one line of warning when the system of this `/etc/os-release` was not tested, else an empty text."""
    system = system_of(os_release)
    if system.get("ID") == "debian" and system.get("VERSION_ID") in TESTED_VERSIONS:
        return ""
    name = system.get("PRETTY_NAME", "this system")
    return f"not tested on {name}, only on Debian {' and '.join(sorted(TESTED_VERSIONS))}; continuing"


def install(packages: list[str]) -> None:
    """Install packages as root or through sudo; raise `PackageMissing` with one line when neither is available."""
    if not packages:
        return
    names = " ".join(packages)
    if shutil.which("apt-get", path=SEARCH_PATH) is None:
        raise PackageMissing(f"missing: {names}; this is not Debian, install them by hand")
    become_root = _become_root(names)
    print(f"installing Debian packages: {names}", flush=True)
    command = [*become_root, "sh", "-c", INSTALL, "sh", *packages]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode != 0:
        errors = [line for line in result.stdout.splitlines() if line.startswith("E:")] or result.stdout.splitlines()
        raise PackageMissing(f"could not install {names}: {errors[-1] if errors else 'apt-get said nothing'}")


def _become_root(names: str) -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo", path=SEARCH_PATH) is None:
        raise PackageMissing(f"missing: {names}; as root: apt-get install {names}")
    if sys.stderr.isatty() and os.access("/dev/tty", os.R_OK | os.W_OK):  # sudo asks there, not on stdin
        return ["sudo"]
    if subprocess.run(["sudo", "-n", "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        raise PackageMissing(f"missing: {names}; sudo asks for a password, so first: sudo apt-get install {names}")
    return ["sudo", "-n"]


def main(words: list[str]) -> int:
    """Install what is missing; with the argument `venv`, only what the virtual environment needs."""
    if not OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON:
        oldest, newest = (".".join(map(str, version)) for version in (OLDEST_PYTHON, NEWEST_PYTHON))
        print(f"devstack: Python {oldest} to {newest} is needed, this is {sys.version.split()[0]}", file=sys.stderr)
        return PackageMissing.exit_code
    if "venv" not in words and (warning := untested_warning(OS_RELEASE.read_text() if OS_RELEASE.exists() else "")):
        print(f"devstack: {warning}", file=sys.stderr)
    try:
        install(missing_venv() + ([] if "venv" in words else missing_packages()))
        if "venv" not in words:
            refuse_old_node()
    except PackageMissing as error:
        print(f"devstack: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
