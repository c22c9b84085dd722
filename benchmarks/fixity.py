"""The rolling check against a bare sha256 of the same files, in the same run, each in turn.

`python -m benchmarks.fixity [--mib 512]` prints both rates and their ratio; docs/decisions/0046 asks for at least 0.8.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive_service import migrations
from archive_service.db.session import Database
from archive_service.fixity.actions import check_some
from archive_service.storage.files import FileStore
from archive_service.storage.places import Stores
from archive_service.storage.record import record_object

MIB = 1024 * 1024
ROUNDS = 3


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--mib", type=int, default=512)
    given.add_argument("--each", type=int, default=2, help="MiB of one object")
    asked = given.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bare, checked = measure(Path(folder), asked.mib // asked.each, asked.each * MIB)
    total = asked.mib // asked.each * asked.each
    print(
        f"bare sha256 {total / bare:.0f} MiB/s, rolling check {total / checked:.0f} MiB/s, ratio {bare / checked:.2f}"
    )


def measure(folder: Path, count: int, size: int) -> tuple[float, float]:
    url = f"sqlite:///{folder / 'archive.db'}"
    migrations.upgrade(url)
    database, store = Database(url), FileStore(folder / "objects")
    begun = datetime.now(UTC)
    for _ in range(count):
        with database.unit_of_work() as session:
            record_object(session, store.put_bytes(os.urandom(size)), role="original", media_type="x", now=begun)
    files = [path for path in store.root.rglob("*") if path.is_file()]
    bare = checked = float("inf")
    for number in range(ROUNDS):
        started = time.perf_counter()
        for path in files:
            with path.open("rb") as source:
                hashlib.file_digest(source, "sha256")
        bare = min(bare, time.perf_counter() - started)
        moment = begun + timedelta(days=1 + number)
        started = time.perf_counter()
        done = check_some(
            database,
            Stores(store, None, folder / "aside"),
            budget_bytes=count * size + 1,
            before=moment,
            now=lambda moment=moment: moment,
            agent="benchmark",
        )
        checked = min(checked, time.perf_counter() - started)
        assert (done.objects, done.lost) == (count, 0)
    return bare, checked


if __name__ == "__main__":
    main()
