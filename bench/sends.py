"""Complete sends of one small file: how many a second, and how soon after the answer the link is mailed."""

import hashlib
import time
import uuid
import zlib
from collections.abc import Callable
from typing import NamedTuple

from bench.line import Line
from bench.parallel import rate
from bench.rows import Row, quantile
from bench.stage import Stage
from bench.usage import Clock

CONTENT = b"mesure" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CRC32 = f"{zlib.crc32(CONTENT):08x}"
SECONDS = 8.0
AIM_PER_SECOND = 40
AIM_SECONDS = 1.0


class Answered(NamedTuple):
    """To whom it was sent, and when the answer was there."""

    recipient: str
    at: float


def send(line: Line) -> Answered:
    """A draft, an outsider, one file of one part, and off it goes."""
    recipient = f"r{uuid.uuid4().hex[:16]}@ville.example"
    parcel(line, recipient)
    return Answered(recipient, time.monotonic())


def parcel(line: Line, *recipients: str, is_sent: bool = True) -> str:
    """The id of what was sent, or written and not yet sent."""
    draft, file = str(uuid.uuid4()), str(uuid.uuid4())
    at = f"/api/upload/drafts/{draft}"
    line.ask("PUT", at, {})
    line.ask("PATCH", at, {"to": list(recipients), "subject": "Mesure", "text": "Bonjour"})
    plan = line.ask("PUT", f"{at}/files/{file}", {"path": "mesure.txt", "size_bytes": len(CONTENT)})
    line.put(f"{plan['parts_url']}/1/{SHA256}", CONTENT, {"X-Part-CRC32": CRC32})
    line.ask("POST", f"{at}/files/{file}/completion", {"sha256": SHA256})
    if is_sent:
        line.ask("POST", f"{at}/submission")
    return draft


def latency(stage: Stage, times: int) -> list[Row]:
    """One after another: from the answer to the last byte of the link's mail."""
    line = stage.line()
    waited = []
    for _ in range(times + 5):
        answered = send(line)
        waited.append(stage.sink.first(answered.recipient)[0] - answered.at)
    line.close()
    middle, most = quantile(waited[5:], 0.5), quantile(waited[5:], 0.99)
    what = f"from the answer to the link in the relay's hands, unloaded, {times} sends"
    figure = f"p50 {middle * 1000:.0f} ms, p99 {most * 1000:.0f} ms"
    return [Row(what, figure, "", f"p99 < {AIM_SECONDS:g} s", most < AIM_SECONDS)]


def throughput(stage: Stage, concurrency: int, ceilings: dict[str, float]) -> tuple[list[Row], float]:
    """Sends acknowledged a second, and delivered a second once the last link was mailed."""
    answered: list[Answered] = []

    def worker(_: int) -> Callable[[], object]:
        line = stage.line()
        return lambda: answered.append(send(line))

    clock = Clock(stage.pids())
    began = time.monotonic()
    acknowledged = rate(worker, concurrency, SECONDS)
    last = max(stage.sink.first(one.recipient, 120)[0] for one in answered)
    _, used = clock.read()
    delivered = len(answered) / (last - began)
    against = ", ".join(f"{delivered / ceilings[name]:.3f} of {name}" for name in ("publishes", "writes", "puts"))
    busiest = sorted(used.items(), key=lambda entry: -entry[1])[:6]
    costs = ", ".join(f"{name} {seconds / len(answered) * 1000:.1f}" for name, seconds in busiest)
    what = f"complete sends, {concurrency} at once: acknowledged / with the link mailed"
    return [
        Row(what, f"{acknowledged:.1f} / {delivered:.1f} a second", against),
        Row("    processor milliseconds a send", f"{sum(used.values()) / len(answered) * 1000:.0f} in all", costs),
    ], delivered
