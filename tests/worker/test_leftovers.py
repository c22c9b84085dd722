"""What a killed worker leaves on the disk goes away by itself, and nothing that is in use does."""

from __future__ import annotations

import os
import time
from pathlib import Path

from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.worker import leftovers


def age(path: Path, *, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def test_folders_and_nameless_files_of_killed_processes_go_after_a_day(settings: Settings, store: FileStore) -> None:
    """The desk of a job and a half received file of long ago are removed; those of today and every object stay."""
    stored = store.put_bytes(b"contract")
    work, tmp = settings.home / "work", settings.home / "objects" / "tmp"
    for folder, days in ((work / "old", 2.0), (work / "new", 0.5)):
        (folder / "step-1").mkdir(parents=True)
        (folder / "original").write_bytes(b"half")
        age(folder, days=days)
    for name, days in (("old", 2.0), ("new", 0.5)):
        (tmp / name).write_bytes(b"half")
        age(tmp / name, days=days)
    age(settings.home / "objects" / stored.digest[:2] / stored.digest[2:4] / stored.digest, days=400)
    assert leftovers.remove(settings) == 2
    assert [one.name for one in work.iterdir()] == ["new"]
    assert [one.name for one in tmp.iterdir()] == ["new"]
    assert store.read(stored.digest) == b"contract"


def test_a_machine_on_which_no_job_ever_ran_has_nothing_to_remove(settings: Settings) -> None:
    """Neither folder is there yet."""
    assert leftovers.remove(settings) == 0
