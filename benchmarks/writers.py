"""How many filings a second the audit chain lets through: all of them stand in line for its head.

    python -m benchmarks.writers URL [--seconds 5] [--writers 1 2 4 8]

URL names an empty database; every writer is a process of its own, as workers are. A filing is one item with one page
into a case of the writer's own, so that nothing but the head of the chain is shared. For PostgreSQL `fsync` has to be
on, or the figure is no figure; the script says whether it is.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, date, datetime
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from sqlalchemy import text
from sqlalchemy.orm import Session

from archive_service import migrations
from archive_service.audit.record import SYSTEM, record
from archive_service.db.session import Database
from archive_service.households import actions
from archive_service.households.values import CaseData, FieldValue, NewItem, NewPage
from archive_service.people import actions as people
from archive_service.people import queries
from benchmarks.support import machine, table

#: Cases of one writer: with hundreds of items in one case, the judging of it would be what is measured.
CASES = 40
NOW, TODAY = datetime(2026, 11, 20, 2, 0, tzinfo=UTC), date(2026, 11, 20)


def prepare(database: Database, households: int) -> list[tuple[int, int]]:
    """Make a unit and so many households with a case; return their ids."""
    with database.unit_of_work() as session:
        by = queries.system_viewer(session)
        unit = people.add_unit(session, code="ROOT", name="公司本部", parent_id=None, by=by, now=NOW)
        by, made = queries.system_viewer(session), []
        for number in range(households):
            data = CaseData(
                account_no=f"34{number:08d}", account_name="李四", service_address="清河路 12 号",
                customer_category="LR", business_type="NEW", application_no=f"2026110{number:07d}", unit_id=unit.id,
                capacity_kva=None, voltage=None, conditions=frozenset(), stages={"ACCEPT": date(2026, 11, 2)},
            )  # fmt: skip
            case, _ = actions.register_case(session, data, by=by, now=NOW, today=TODAY, filing_due_workdays=3)
            made.append((case.household_id, case.id))
    return made


def note(session: Session, number: int) -> None:
    """Append one entry and nothing else."""
    record(session, by=SYSTEM, did="scan.advanced", object_kind="scan", object_id=number, unit_id=None,
           facts={"pages": 4, "step": "read"}, now=NOW)  # fmt: skip


def file_one(session: Session, household_id: int, case_id: int) -> None:
    """File one item with one page and six fields."""
    page = NewPage(
        original_digest="a" * 64, original_page=1, image_digest="b" * 64, thumbnail_digest="c" * 64, width_px=1654,
        height_px=2339, dpi=200, rotation=0, engine="rapidocr", confidence=0.97, text="低压供电方案答复单" * 30,
        lines_digest="d" * 64,
    )  # fmt: skip
    names = ("account_no", "application_no", "account_name", "service_address", "capacity", "document_date")
    new = NewItem(
        document_type="P03L", title="低压供电方案答复单", confidence=0.96, reasons=("标题相符",),
        fields={name: FieldValue("3400000000") for name in names}, pages=(page,), scan_id=None, scan_document=None,
    )  # fmt: skip
    actions.file_item(session, household_id=household_id, case_id=case_id, new=new, by=SYSTEM, now=NOW, today=TODAY)


def work(url: str, kind: str, ids: list[tuple[int, int]], seconds: float, together: Barrier, told: Queue[int]) -> None:
    """Write for so many seconds once all are ready, and tell how many commits it were."""
    database, done = Database(url), 0

    def once() -> None:
        with database.unit_of_work() as session:
            note(session, done) if kind == "entries" else file_one(session, *ids[done % len(ids)])

    once()
    together.wait()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        once()
        done += 1
    database.close()
    told.put(done)


def rate(url: str, kind: str, ids: list[list[tuple[int, int]]], seconds: float) -> float:
    """Return commits a second of as many writers as there are lists of cases."""
    spawn = get_context("spawn")
    together, told = spawn.Barrier(len(ids)), spawn.Queue()
    writers = [spawn.Process(target=work, args=(url, kind, one, seconds, together, told)) for one in ids]
    for writer in writers:
        writer.start()
    done: int = sum(told.get() for _ in writers)
    for writer in writers:
        writer.join()
    return done / seconds


def main() -> None:
    """Print one row for each number of writers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 2, 4, 8])
    told = parser.parse_args()
    migrations.upgrade(told.url)
    database = Database(told.url)
    made = prepare(database, max(told.writers) * CASES)
    ids = [made[first : first + CASES] for first in range(0, len(made), CASES)]
    if told.url.startswith("postgresql"):
        with database.engine.connect() as connection:
            print(f"fsync {connection.scalar(text('show fsync'))}")
    print(machine(), "\n")
    rows = [
        [count, *(f"{rate(told.url, kind, ids[:count], told.seconds):,.0f}" for kind in ("entries", "filings"))]
        for count in told.writers
    ]
    print(table(("writers", "commits of one entry a second", "filings a second"), rows))
    database.close()


if __name__ == "__main__":
    main()
