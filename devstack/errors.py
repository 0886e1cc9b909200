"""Errors of the stack; each class has an exit code of its own, and its message is the one line that is printed."""

from typing import ClassVar


class StackError(Exception):
    """Base of all errors of the stack."""

    exit_code: ClassVar[int] = 1


class StackAlreadyRunning(StackError):
    """Another supervisor runs in this folder."""

    exit_code = 3


class PortTaken(StackError):
    """Another process listens on a port that was requested by number."""

    exit_code = 4


class PackageMissing(StackError):
    """A Debian package is missing and cannot be installed from here."""

    exit_code = 5


class ComponentDidNotStart(StackError):
    """A component exited or did not become ready while it was being started."""

    exit_code = 6


class ComponentKeepsFailing(StackError):
    """A component exited again and again without a request."""

    exit_code = 7


class StackNotRunning(StackError):
    """No supervisor runs in this folder."""

    exit_code = 8


class RootNeeded(StackError):
    """The command needs root."""

    exit_code = 9


class StartInterrupted(StackError):
    """The start was cancelled because another component failed or somebody pressed Ctrl-C."""

    exit_code = 130
