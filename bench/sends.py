"""Complete sends of one small file: how many per second, and the latency from the response to the mailed link."""

import hashlib
import time
import uuid
import zlib
from collections.abc import Callable
from typing import NamedTuple

from bench.http_connection import HttpConnection
from bench.request_rate import rate
from bench.rows import TableRow, quantile
from bench.stage import Stage
from bench.usage import UsageMeter

CONTENT = b"mesure" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CRC32 = f"{zlib.crc32(CONTENT):08x}"
SECONDS = 8.0
TARGET_PER_SECOND = 40
TARGET_SECONDS = 1.0


class AcknowledgedSend(NamedTuple):
    """The recipient of a send, and when its response arrived (monotonic seconds)."""

    recipient: str
    at: float


def send(connection: HttpConnection) -> AcknowledgedSend:
    """Send a transfer with one file of one part to an external recipient."""
    recipient = f"r{uuid.uuid4().hex[:16]}@ville.example"
    create_transfer(connection, recipient)
    return AcknowledgedSend(recipient, time.monotonic())


def create_transfer(connection: HttpConnection, *recipients: str, is_sent: bool = True) -> str:
    """Create a transfer with one file, submit it unless told otherwise, and return its id."""
    draft, file = str(uuid.uuid4()), str(uuid.uuid4())
    at = f"/api/upload/drafts/{draft}"
    connection.request("PUT", at, {})
    connection.request("PATCH", at, {"to": list(recipients), "subject": "Mesure", "text": "Bonjour"})
    plan = connection.request("PUT", f"{at}/files/{file}", {"path": "mesure.txt", "size_bytes": len(CONTENT)})
    connection.put(f"{plan['parts_url']}/1/{SHA256}", CONTENT, {"X-Part-CRC32": CRC32})
    connection.request("POST", f"{at}/files/{file}/completion", {"sha256": SHA256})
    if is_sent:
        connection.request("POST", f"{at}/submission")
    return draft


def latency(stage: Stage, times: int) -> list[TableRow]:
    """Measure one send after another, from the response to the last byte of the link's mail."""
    connection = stage.connection()
    waited = []
    for _ in range(times + 5):
        answered = send(connection)
        waited.append(stage.sink.first(answered.recipient)[0] - answered.at)
    connection.close()
    middle, most = quantile(waited[5:], 0.5), quantile(waited[5:], 0.99)
    what = f"from the response until the relay has the link's mail, unloaded, {times} sends"
    figure = f"p50 {middle * 1000:.0f} ms, p99 {most * 1000:.0f} ms"
    return [TableRow(what, figure, "", f"p99 < {TARGET_SECONDS:g} s", most < TARGET_SECONDS)]


def throughput(stage: Stage, concurrency: int, baselines: dict[str, float]) -> tuple[list[TableRow], float]:
    """Measure sends acknowledged per second, and delivered per second once the last link was mailed."""
    answered: list[AcknowledgedSend] = []

    def worker(_: int) -> Callable[[], object]:
        connection = stage.connection()
        return lambda: answered.append(send(connection))

    meter = UsageMeter(stage.pids())
    began = time.monotonic()
    acknowledged = rate(worker, concurrency, SECONDS)
    last = max(stage.sink.first(one.recipient, 120)[0] for one in answered)
    _, used = meter.read()
    delivered = len(answered) / (last - began)
    against = ", ".join(f"{delivered / baselines[name]:.3f} of {name}" for name in ("publishes", "writes", "puts"))
    busiest = sorted(used.items(), key=lambda entry: -entry[1])[:6]
    costs = ", ".join(f"{name} {seconds / len(answered) * 1000:.1f}" for name, seconds in busiest)
    what = f"complete sends, {concurrency} at once: acknowledged / with the link mailed"
    return [
        TableRow(what, f"{acknowledged:.1f} / {delivered:.1f} a second", against),
        TableRow("    processor milliseconds a send", f"{sum(used.values()) / len(answered) * 1000:.0f} in all", costs),
    ], delivered
