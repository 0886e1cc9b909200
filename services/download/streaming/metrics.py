"""What do operators count at the counter?"""

from services.kit.metrics import Counter, Gauge

running = Gauge("download_running", "Responses that carry bytes now")
sent = Counter("download_sent_bytes", "Bytes handed to the line")
ended = Counter("download_responses", "Responses that carried bytes, by how they ended", ["outcome"])
corrupted = Counter("download_corrupted_parts", "Parts whose digest was wrong, read twice: nothing of them left")
reread = Counter("download_reread_parts", "Parts whose digest was wrong once and right when read again")
