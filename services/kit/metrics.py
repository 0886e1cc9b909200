"""Prometheus metrics for operators; labels are closed sets, never persons (R74)."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

__all__ = ["CONTENT_TYPE_LATEST", "Counter", "Gauge", "Histogram", "exposition"]

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0)
LAG_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)

requests = Histogram("http_request_seconds", "Time to answer a request", ["method", "route", "status"], buckets=SECONDS)
refusals = Counter("refusals", "Requests and events refused by a rule", ["problem"])
published = Counter("bus_published", "Events confirmed by the broker", ["type"])
publish_failures = Counter("bus_publish_failures", "Publications whose outcome is unknown or bad", ["type"])
handled = Counter("bus_handled", "Events handled", ["type", "outcome"])
handling = Histogram("bus_handling_seconds", "Time to handle an event", ["type"], buckets=SECONDS)
event_loop_lag = Histogram(
    "event_loop_lag_seconds",
    "Processor time during which the event loop ran nothing else, to within 20 ms",
    buckets=LAG_SECONDS,
)
outbox_age = Gauge("outbox_oldest_seconds", "Age of the oldest event that is not yet published")
task_failures = Counter("task_failures", "Background tasks that raised and run again", ["task"])
conflicts = Counter("write_conflicts", "Writes that met a newer version and were repeated", ["collection"])


def exposition() -> bytes:
    """Return all metrics of this process in the text format."""
    return generate_latest()
