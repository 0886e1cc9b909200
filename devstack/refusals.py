"""Why the stack cannot do what was asked; every class has its own exit code, its message is the one line shown."""

from typing import ClassVar


class StackRefusal(Exception):
    """The stack cannot do this."""

    exit_code: ClassVar[int] = 1


class StackAlreadyRunning(StackRefusal):
    """Another supervisor holds this folder."""

    exit_code = 3


class PortTaken(StackRefusal):
    """Somebody else listens on a port that was asked for by number."""

    exit_code = 4


class PackageMissing(StackRefusal):
    """A Debian package is missing and cannot be installed from here."""

    exit_code = 5


class PartDidNotStart(StackRefusal):
    """A part died or stayed silent while it was being started."""

    exit_code = 6


class PartDied(StackRefusal):
    """A part ended again and again although nobody asked it to."""

    exit_code = 7


class StackNotRunning(StackRefusal):
    """There is no supervisor to talk to."""

    exit_code = 8


class RootNeeded(StackRefusal):
    """Only root can do this."""

    exit_code = 9


class StartInterrupted(StackRefusal):
    """The start was called off, because another part failed or somebody pressed Ctrl-C."""

    exit_code = 130
