"""The settings of the download service."""

from datetime import timedelta

from pydantic import Field

from services.download.domain.policy import DownloadPolicy
from services.download.streaming.slots import SlotLimits
from services.kit.settings import PublicUrl, StoreSettings
from services.kit.time_zones import TimeZone


class Settings(StoreSettings):
    """The settings of the download service; `files_base_url` is an origin of its own, for the bytes alone.

    A running download holds at most two parts of its file, all of them together at most `parts_in_memory_mib`. One
    client network (an IPv4 address, an IPv6 /64) has at most `running_downloads_per_network_percent` of the running
    downloads and of that memory. The files in an archive have their dates in `time_zone`.
    """

    mongo_database: str = "download"
    files_base_url: PublicUrl
    downloads_per_file: int = Field(default=3, ge=1, le=100)
    capability_hours: int = Field(default=12, ge=1, le=168)
    running_downloads: int = Field(default=64, ge=1)
    running_downloads_per_link: int = Field(default=8, ge=1)
    running_downloads_per_network_percent: int = Field(default=50, ge=1, le=100)
    parts_in_memory_mib: int = Field(default=768, ge=1)
    reminder_days: int = Field(default=2, ge=0)
    grace_after_end_hours: int = Field(default=12, ge=0)
    retention_days: int = Field(default=365, ge=1)
    time_zone: TimeZone = "Europe/Paris"

    @property
    def policy(self) -> DownloadPolicy:
        """The settings that the rules need."""
        return DownloadPolicy(
            downloads_per_file=self.downloads_per_file,
            capability_life=timedelta(hours=self.capability_hours),
            reminder=timedelta(days=self.reminder_days),
            grace_after_end=timedelta(hours=self.grace_after_end_hours),
            retention=timedelta(days=self.retention_days),
        )

    @property
    def slot_limits(self) -> SlotLimits:
        """The settings that bound the running downloads of a process."""
        return SlotLimits(
            slots=self.running_downloads,
            slots_per_link=self.running_downloads_per_link,
            memory_bytes=self.parts_in_memory_mib * 1024 * 1024,
            network_share=self.running_downloads_per_network_percent / 100,
        )
