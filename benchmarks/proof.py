"""`python -m benchmarks.proof [ENTRIES]`: how fast the audit trail is written, signed, taken out, checked and proven.

Named limit: at least 100,000 entries checked a second on one core: the bundle elsewhere, and chain with checkpoints in
the database. One process and one thread do all of it; a second is one of the processor, so that a machine in use
measures the same. The seconds of the clock stand beside.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from archive_service import migrations
from archive_service.audit import bundle, checkpoints, offline
from archive_service.audit.record import SYSTEM, Deed, record_all
from archive_service.audit.verify import chain_breaks
from archive_service.db.session import Database
from archive_service.settings import Settings

T = TypeVar("T")
LIMIT = 100_000
_AT_ONCE = 1000
_PROOFS = 200


def timed(name: str, count: int, act: Callable[[], T]) -> tuple[T, float]:
    began, clock = time.process_time(), time.perf_counter()
    made = act()
    took, waited = time.process_time() - began, time.perf_counter() - clock
    print(f"{name:<34} {took:8.2f} s (clock {waited:8.2f})  {count / took:12,.0f} a second", flush=True)
    return made, count / took


def append(database: Database, count: int, now: datetime) -> None:
    for first in range(0, count, _AT_ONCE):
        deeds = [
            Deed("household.read", "reading", n, 1, {"account_no": f"{n:010d}", "unmasked": False})
            for n in range(first, min(first + _AT_ONCE, count))
        ]
        with database.unit_of_work() as session:
            record_all(session, deeds, by=SYSTEM, now=now)


def sign_all(database: Database, settings: Settings, now: datetime) -> None:
    while checkpoints.make(database, settings, now=now) is not None:
        continue


def prove(database: Database, count: int) -> int:
    with database.reading() as session:
        found = [bundle.proof_of(session, 1 + n * (count - 1) // _PROOFS) for n in range(_PROOFS)]
    return max(32 * len(one["proof"]) for one in found if one is not None)  # type: ignore[arg-type]


def check(database: Database, settings: Settings) -> int:
    with database.reading() as session:
        keys = checkpoints.own_keys(settings)
        return len(chain_breaks(session)) + len(checkpoints.faults(session, keys=keys))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    home, now = Path(tempfile.mkdtemp()), datetime.now(UTC)
    settings = Settings(_env_file=None, home=home)  # type: ignore[call-arg]
    try:
        migrations.upgrade(settings.url())
        database = Database(settings.url())
        timed(f"append, {_AT_ONCE} a transaction", count, lambda: append(database, count, now))
        timed("sign checkpoints over all", count, lambda: sign_all(database, settings, now))
        append(database, _AT_ONCE, now)
        timed(f"next checkpoint, {_AT_ONCE} more", _AT_ONCE, lambda: sign_all(database, settings, now))
        found, rate = timed("check chain and checkpoints", count + _AT_ONCE, lambda: check(database, settings))
        print(f"findings: {found} · {rate / LIMIT:.2f} times the limit of {LIMIT:,} a second")
        size, _ = timed("prove one entry", _PROOFS, lambda: prove(database, count))
        print(f"largest proof: {size} bytes")
        out = home / "bundle.zip"
        export = bundle.Selection()
        timed("export", count,
              lambda: bundle.export(database, settings, out, export, by=SYSTEM, unit_id=None, now=now))  # fmt: skip
        print(f"bundle: {out.stat().st_size / 2**20:.1f} MiB")
        report, rate = timed("verify the bundle", count, lambda: offline.verify(out))
        print(f"findings: {len(report.findings)} · {rate / LIMIT:.2f} times the limit of {LIMIT:,} a second")
        database.close()
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
