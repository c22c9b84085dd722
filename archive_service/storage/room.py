"""How much room the disks have that the archive writes to, and what is kept free of it for the trail."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from archive_service.settings import Settings

#: Below this share of free disk the archive should get more.
LEAST_FREE = 0.05


@dataclass(frozen=True)
class Room:
    """A disk that the archive writes to: home, or second for a second store in a folder."""

    place: str
    free_bytes: int
    size_bytes: int
    #: Below so many free bytes nothing new is stored: what is left is for the trail and what people read.
    reserve_bytes: int

    @property
    def is_low(self) -> bool:
        """Say whether it is time to make room, while everything still works."""
        return self.free_bytes < max(LEAST_FREE * self.size_bytes, 2 * self.reserve_bytes)

    @property
    def is_shut(self) -> bool:
        """Say whether nothing new is stored any more."""
        return self.free_bytes < self.reserve_bytes


def rooms(settings: Settings) -> list[Room]:
    """Return the disks of this machine that the archive writes to; of a folder that is not there the stores tell."""
    reserve = settings.disk_reserve_mb * 2**20
    places = [("home", settings.home)]
    if settings.second_store and "://" not in settings.second_store:
        places.append(("second", Path(settings.second_store)))
    return [_room(place, path, reserve) for place, path in places if path.is_dir()]


def free_bytes(path: Path) -> int:
    """Return the bytes that may still be written to the disk of a path."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize


def _room(place: str, path: Path, reserve: int) -> Room:
    usage = shutil.disk_usage(path)
    return Room(place, usage.free, usage.total, reserve)
