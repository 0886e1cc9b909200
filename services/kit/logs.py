"""JSON log lines for operators, with allowed fields only: no secret, no address, no name (I8)."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from services.kit.trace import trace_id

# fmt: off
ALLOWED_FIELDS = frozenset({
    "event", "level", "timestamp", "logger", "service", "trace_id", "request_id", "method", "route", "status",
    "seconds", "type", "message_id", "attempt", "problem", "reason", "task", "transfer_id", "mail_id",
    "mail_kind", "queue", "count", "outcome", "code", "dependency", "port", "signal", "error", "exception",
    "size_bytes", "state", "version", "collection", "step", "delay_seconds",
})
# fmt: on
MAX_VALUE_LENGTH = 2000


def _drop_other_fields(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    kept = {key: value for key, value in line.items() if key in ALLOWED_FIELDS}
    return {key: value[:MAX_VALUE_LENGTH] if isinstance(value, str) else value for key, value in kept.items()}


def _add_trace_id(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    trace = trace_id()
    return {**line, "trace_id": trace} if trace else line


def _add_exception_class(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Log the exception's class and stack, not its message, which may contain an address or a token."""
    info = line.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info if isinstance(info, BaseException) else None
    if error is None:
        return line
    frames = []
    walk = error.__traceback__
    while walk is not None:
        frames.append(f"{walk.tb_frame.f_globals.get('__name__', '?')}:{walk.tb_lineno}")
        walk = walk.tb_next
    return {**line, "error": type(error).__name__, "exception": " > ".join(frames[-8:])}


class _LibraryLogHandler(logging.Handler):
    """Logs warnings of libraries without their text, which may quote what must not be logged."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().warning("a library warned", logger=record.name, code=record.levelname)


def configure(service: str, level: str = "INFO") -> None:
    """Write all log lines of this process to standard output as JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_trace_id,
            _add_exception_class,
            _drop_other_fields,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(handlers=[_LibraryLogHandler(level=logging.WARNING)], level=logging.WARNING, force=True)


def logger() -> Any:
    """Return the logger: `logger().info("what happened", field=value)`; other than allowed fields are dropped."""
    return structlog.get_logger()
