"""What did the operator decide about downloads?"""

from datetime import timedelta
from typing import NamedTuple


class DownloadPolicy(NamedTuple):
    """`finishing` is how long after the end a running download may still finish; `memory`, how long we remember."""

    downloads_per_file: int = 3
    capability_life: timedelta = timedelta(hours=12)
    reminder: timedelta = timedelta(days=2)
    finishing: timedelta = timedelta(hours=12)
    memory: timedelta = timedelta(days=365)
