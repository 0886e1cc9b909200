"""What an operator decides about downloads."""

from datetime import timedelta
from typing import NamedTuple


class DownloadPolicy(NamedTuple):
    """The values of the settings that the rules need.

    `capability_life` is how long a sealed URL is valid, `reminder` how long before its end a transfer is reminded of,
    `grace_after_end` how long a running download may go on after the end, `retention` how long records are kept.
    """

    downloads_per_file: int = 3
    capability_life: timedelta = timedelta(hours=12)
    reminder: timedelta = timedelta(days=2)
    grace_after_end: timedelta = timedelta(hours=12)
    retention: timedelta = timedelta(days=365)
