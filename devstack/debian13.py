"""Runs the stack, the demonstration and the tests on Debian 13, in a root directory entered by `chroot`."""

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

from devstack.debian import OS_RELEASE, SEARCH_PATH, install, system_of
from devstack.errors import RootNeeded, StackAlreadyRunning, StackError, StartInterrupted
from devstack.ports import PORT_RANGE, is_free
from devstack.table import display_path
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


class StepFailed(Exception):
    """A step of the run ended with a non-zero exit code."""

    def __init__(self, step: str, exit_code: int) -> None:
        super().__init__(f"{step} failed with exit code {exit_code}")
        self.exit_code = exit_code


def create_root() -> None:
    """Create a Debian 13 with the packages that `make` needs, unless it exists."""
    if ROOT.exists():
        return
    if shutil.which("mmdebstrap", path=SEARCH_PATH) is None:
        install(["mmdebstrap"])
    unfinished = ROOT.with_name(f"{ROOT.name}.unfinished")
    subprocess.run(["rm", "--recursive", "--force", "--one-file-system", unfinished], check=True)
    options = [f"--aptopt={line}" for line in _lines("apt-config", "dump") if _is_about_the_network(line)]
    packages = f"--include={','.join(FIRST_PACKAGES)}"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", packages, *options, SUITE, str(unfinished), *sources()]
    _do(f"mmdebstrap {SUITE} {display_path(ROOT)}", command)
    unfinished.rename(ROOT)


def sources() -> list[str]:
    """Return the lines of this system's package sources, changed to Debian 13; none when this is not Debian."""
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
    """Return the variables by which pip, uv and npm reach registries here, with proxies and certificates."""
    registry = next(iter(_lines("npm", "config", "get", "registry")), "")
    variables = dict(pip_settings(_lines(sys.executable, "-m", "pip", "config", "list")))
    variables |= {"NPM_CONFIG_REGISTRY": registry} if registry.startswith("http") else {}
    variables |= {name: value for name, value in os.environ.items() if name.upper().startswith((*SETTINGS, *PROXIES))}
    return variables


def pip_settings(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the settings of `pip config list` as environment variables of pip."""
    for line in lines:
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section != ":env:":
            yield f"PIP_{name.upper().replace('-', '_')}", str(ast.literal_eval(value))


def adapt_to_root(value: str, root: Path) -> str:
    """Return a setting without the paths that do not exist in the root; a file that it names is copied there."""
    return " ".join(word for word in value.split() if _exists_in_root(word.removeprefix("file://"), root))


def _exists_in_root(word: str, root: Path) -> bool:
    if not word.startswith("/"):
        return True
    there = root / word[1:]
    if Path(word).is_file():
        there.parent.mkdir(parents=True, exist_ok=True)
        there.unlink(missing_ok=True)
        shutil.copyfile(word, there)
    return there.exists()


def fetch_tree() -> None:
    """Check out the last commit of this working tree in the root, without uncommitted changes."""
    tree = ROOT / TREE[1:]
    git = ["git", "-C", str(tree)]
    _do(f"git init {TREE}", ["git", "init", "--quiet", str(tree)])
    _do("git fetch HEAD", [*git, "fetch", "--quiet", "--depth=1", str(PROJECT), "HEAD"])
    _do("git checkout", [*git, "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD"])
    _do("git log", [*git, "--no-pager", "log", "-1", "--format=  %h %s"])


class Chroot:
    """Runs commands in the root, with the settings of this system."""

    def __init__(self) -> None:
        for file in NETWORK:
            adapt_to_root(file, ROOT)
        variables = {name: adapt_to_root(value, ROOT) for name, value in settings().items()}
        variables |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
        self._variables = [f"{name}={value}" for name, value in variables.items() if value]

    def command(self, *words: str) -> list[str]:
        """Return the command that runs these words in the tree, by `chroot`."""
        enter = ["unshare", "--mount", "sh", "-c", ENTER, "sh", str(ROOT)]
        return [*enter, "env", "--ignore-environment", f"--chdir={TREE}", *self._variables, *words]

    def make(self, *words: str) -> None:
        """Run `make` and wait for its end."""
        _do(" ".join(("make", *words)), self.command("make", *words))

    def run_demo(self) -> None:
        """Run `make run` and, once it is ready, `make demo`."""
        port = next(port for port in random.sample(PORT_RANGE, 200) if is_free(port) and is_free(port + 1))
        step = f"make run PORT={port}"
        _say(step)
        with subprocess.Popen(self.command(*step.split()), stdout=subprocess.PIPE, text=True) as running:
            try:
                if not any(READY in _echo(line) for line in running.stdout or ()):
                    raise StepFailed(step, running.wait())
                self.make("demo")
            finally:
                if running.poll() is None:
                    self.make("stop")


def kill_leftovers() -> None:
    """Kill the processes in this root that outlived the commands that started them."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "root").readlink() == ROOT:
                os.kill(int(process.name), signal.SIGKILL)


@contextmanager
def locked_root() -> Iterator[None]:
    """Lock the root for the duration of the block, and kill leftover processes before and after it."""
    ROOT.parent.mkdir(exist_ok=True)
    with ROOT.with_name(f"{ROOT.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StackAlreadyRunning(f"another run uses {display_path(ROOT)}") from None
        kill_leftovers()
        try:
            yield
        finally:
            kill_leftovers()


def run() -> None:
    """Create the root, run the stack, the demonstration and the tests; stop at the first failure."""
    if os.geteuid() != 0:
        raise RootNeeded("root is needed to create a Debian 13 and to enter it: sudo make test-debian13")
    with locked_root():
        create_root()
        fetch_tree()
        chroot = Chroot()
        chroot.run_demo()
        chroot.make("test")


def _is_about_the_network(line: str) -> bool:
    return line.startswith("Acquire::") and "IndexTargets" not in line


def _lines(*command: str) -> list[str]:
    """Return the output of a program; nothing when it is missing or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return []


def _do(step: str, command: list[str]) -> None:
    """Run a command but print only the step: a command may contain registry addresses with passwords."""
    _say(step)
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if code:
        raise StepFailed(step, code if code > 0 else 128 - code)


def _say(step: str) -> None:
    print(f"debian13: {step}", flush=True)


def _echo(line: str) -> str:
    print(line, end="", flush=True)
    return line


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    for one in SIGNALS:
        signal.signal(one, signal.SIG_IGN)
    raise StartInterrupted("interrupted")


def main() -> int:
    """Return zero when everything passed, else the exit code of the first failed step."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    try:
        run()
    except (StackError, StepFailed) as failure:
        print(f"debian13: {failure}", file=sys.stderr)
        return failure.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
