"""What killed processes leave on the disk: folders in which a job worked, and files that never got a name."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from archive_service.settings import Settings
from archive_service.storage.files import FileStore

#: Far longer than a job may take, so that nothing is taken from under one that runs.
OLD_S = 86_400.0


def remove(settings: Settings) -> int:
    """Remove what was left behind more than a day ago; return how many things that were."""
    work = settings.home / "work"
    old = [one for one in work.iterdir() if time.time() - _changed(one) > OLD_S] if work.is_dir() else []
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    if settings.store != "files":
        return len(old)
    return len(old) + FileStore(settings.home / "objects").sweep(older_than_s=OLD_S)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        # Its job has just ended.
        return time.time()
