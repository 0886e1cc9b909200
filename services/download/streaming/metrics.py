"""The metrics of downloads."""

from services.kit.metrics import Counter, Gauge

running = Gauge("download_running", "Responses that carry bytes now")
sent = Counter("download_sent_bytes", "Bytes handed out")
ended = Counter("download_responses", "Responses that carried bytes, by how they ended", ["outcome"])
corrupted = Counter("download_corrupted_parts", "Parts whose digest was wrong, read twice: nothing of them was sent")
reread = Counter("download_reread_parts", "Parts whose digest was wrong once and right when read again")
