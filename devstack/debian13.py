"""Runs the stack, the demonstration and the tests on Debian 13, in a root of its own beside this system."""

import ast
import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from devstack.debian import OS_RELEASE, PLACES, install, system_of
from devstack.ports import CHOICE, is_free
from devstack.refusals import RootNeeded, StackAlreadyRunning, StackRefusal, StartInterrupted
from devstack.table import short
from devstack.workspace import PROJECT

ROOT = PROJECT / ".local" / "debian13"
TREE = "/melanissimo"
SUITE = "trixie"
FIRST_PACKAGES = ("ca-certificates", "git", "make", "python3")
NETWORK = ("/etc/hosts", "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
SETTINGS = ("PIP_", "UV_", "NPM_CONFIG_", "SSL_CERT_", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
READY = "All ready after"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# In a mount namespace of its own: the kernel undoes these mounts when the command ends, in whatever way.
ENTER = """set -e
for folder in proc sys dev; do mount --rbind "/$folder" "$1/$folder"; done
exec chroot "$@"
"""


class Failed(Exception):
    """A step of the run ended with another exit code than zero."""

    def __init__(self, step: str, exit_code: int) -> None:
        super().__init__(f"{step} failed with exit code {exit_code}")
        self.exit_code = exit_code


def make_root() -> None:
    """Make a Debian 13 with what `make run` needs to begin, unless there is one."""
    if ROOT.exists():
        return
    if shutil.which("mmdebstrap", path=PLACES) is None:
        install(["mmdebstrap"])
    unfinished = ROOT.with_name(f"{ROOT.name}.unfinished")
    subprocess.run(["rm", "--recursive", "--force", "--one-file-system", unfinished], check=True)
    options = [f"--aptopt={line}" for line in _lines("apt-config", "dump") if _is_about_the_network(line)]
    packages = f"--include={','.join(FIRST_PACKAGES)}"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", packages, *options, SUITE, str(unfinished), *sources()]
    _do(f"mmdebstrap {SUITE} {short(ROOT)}", command)
    unfinished.rename(ROOT)


def sources() -> list[str]:
    """The lines of this system's package sources, for Debian 13; none when this is no Debian."""
    here = system_of(OS_RELEASE.read_text())
    codename = here.get("VERSION_CODENAME", "") if here.get("ID") == "debian" else ""
    asked = ("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
    found = [line.split() for line in _lines(*asked)]
    suites = {f"{codename}{pocket}": f"{SUITE}{pocket}" for pocket in ("", "-updates", "-security")}
    return [
        f"deb {site} {suites[suite]} {component}"
        for site, suite, component in found
        if suite in suites and component == "main"
    ]


def settings() -> dict[str, str]:
    """How registries are reached from here: variables for pip, uv, npm, proxies and certificates."""
    registry = next(iter(_lines("npm", "config", "get", "registry")), "")
    told = dict(pip_settings(_lines(sys.executable, "-m", "pip", "config", "list")))
    told |= {"NPM_CONFIG_REGISTRY": registry} if registry.startswith("http") else {}
    told |= {name: value for name, value in os.environ.items() if name.upper().startswith((*SETTINGS, *PROXIES))}
    return told


def pip_settings(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What `pip config list` says, as the variables that say the same to pip."""
    for line in lines:
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section != ":env:":
            yield f"PIP_{name.upper().replace('-', '_')}", str(ast.literal_eval(value))


def usable(value: str, root: Path) -> str:
    """A setting without the places of this system that the root has not; a file that it names is copied there."""
    return " ".join(word for word in value.split() if _reaches(word.removeprefix("file://"), root))


def _reaches(word: str, root: Path) -> bool:
    if not word.startswith("/"):
        return True
    there = root / word[1:]
    if Path(word).is_file():
        there.parent.mkdir(parents=True, exist_ok=True)
        there.unlink(missing_ok=True)
        shutil.copyfile(word, there)
    return there.exists()


def fetch_tree() -> None:
    """The last commit of this working tree, in the root; what is not committed is not in it."""
    tree = ROOT / TREE[1:]
    git = ["git", "-C", str(tree)]
    _do(f"git init {TREE}", ["git", "init", "--quiet", str(tree)])
    _do("git fetch HEAD", [*git, "fetch", "--quiet", "--depth=1", str(PROJECT), "HEAD"])
    _do("git checkout", [*git, "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD"])
    _do("git log", [*git, "--no-pager", "log", "-1", "--format=  %h %s"])


class Inside:
    """Commands in the root, with the settings of this system."""

    def __init__(self) -> None:
        for file in NETWORK:
            usable(file, ROOT)
        told = {name: usable(value, ROOT) for name, value in settings().items()}
        told |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        self._variables = [f"{name}={value}" for name, value in told.items() if value]

    def command(self, *words: str) -> list[str]:
        """A command in the tree, entered by `chroot`."""
        enter = ["unshare", "--mount", "sh", "-c", ENTER, "sh", str(ROOT)]
        return [*enter, "env", "--ignore-environment", f"--chdir={TREE}", *self._variables, *words]

    def make(self, *words: str) -> None:
        """Run `make` and wait for its end."""
        _do(" ".join(("make", *words)), self.command("make", *words))

    def demonstrate(self) -> None:
        """`make run`, and once that is ready `make demo`."""
        port = next(port for port in random.sample(CHOICE, 200) if is_free(port) and is_free(port + 1))
        step = f"make run PORT={port}"
        _say(step)
        with subprocess.Popen(self.command(*step.split()), stdout=subprocess.PIPE, text=True) as running:
            try:
                if not any(READY in _shown(line) for line in running.stdout or ()):
                    raise Failed(step, running.wait())
                self.make("demo")
            finally:
                if running.poll() is None:
                    self.make("stop")


def end_what_is_left() -> None:
    """Kill the processes whose root is ours, if any outlived the commands that started them."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "root").readlink() == ROOT:
                os.kill(int(process.name), signal.SIGKILL)


@contextmanager
def held() -> Iterator[None]:
    """As long as this lasts nobody else works in the root, and nothing is left there before or after it."""
    ROOT.parent.mkdir(exist_ok=True)
    with ROOT.with_name(f"{ROOT.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StackAlreadyRunning(f"somebody is working in {short(ROOT)} already") from None
        end_what_is_left()
        try:
            yield
        finally:
            end_what_is_left()


def run() -> None:
    """The root, the stack, the demonstration, the tests; ends with the first that fails."""
    if os.geteuid() != 0:
        raise RootNeeded("root is needed to make a Debian 13 and to enter it: sudo make test-debian13")
    with held():
        make_root()
        fetch_tree()
        inside = Inside()
        inside.demonstrate()
        inside.make("test")


def _is_about_the_network(line: str) -> bool:
    return line.startswith("Acquire::") and "IndexTargets" not in line


def _lines(*command: str) -> list[str]:
    """What a program says; nothing when it is not there or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return []


def _do(step: str, command: list[str]) -> None:
    """Only the step is shown: a command may hold the addresses of registries, and passwords in them."""
    _say(step)
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if code:
        raise Failed(step, code if code > 0 else 128 - code)


def _say(step: str) -> None:
    print(f"debian13: {step}", flush=True)


def _shown(line: str) -> str:
    print(line, end="", flush=True)
    return line


def _end(number: int, frame: FrameType | None) -> None:
    del number, frame
    for one in SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    raise StartInterrupted("interrupted")


def main() -> int:
    """Zero when all of it passed, else the exit code of the first step that failed."""
    for number in SIGNALS:
        signal.signal(number, _end)
    try:
        run()
    except (StackRefusal, Failed) as failure:
        print(f"debian13: {failure}", file=sys.stderr)
        return failure.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
