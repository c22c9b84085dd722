"""What `benchmarks.scale` measures, one function a part; each runs in a process of its own, so that memory is its own.

Times are in milliseconds: how long somebody waits (wall), and what the processor did (cpu), which other programs on
the machine do not lengthen as much. Beside each stands the engine alone: SQL by the driver for pages and import,
Tantivy used directly for searching and indexing.
"""

from __future__ import annotations

import csv
import io
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import tantivy
from sqlalchemy import func, select, text

from archive_service import clock, migrations
from archive_service.audit.record import SYSTEM
from archive_service.db.session import Database
from archive_service.households import actions
from archive_service.households.csv_rows import read_csv
from archive_service.households.tables import CaseFile, HouseholdFile, Item, Page
from archive_service.households.values import NewItem, NewPage
from archive_service.people import queries as people
from archive_service.samples.people import home, name
from archive_service.samples.plans import PLANS
from archive_service.settings import Settings
from archive_service.worker.embedded import Supervisor
from benchmarks.scale_lines import Line, timed
from benchmarks.scale_reading import pages, searching
from indexing import project
from indexing.engine import IndexBusy
from indexing.engines.tantivy import schema, to_tantivy
from indexing.index import index_of
from indexing.rebuild import rebuild
from indexing.search import search

with warnings.catch_warnings():
    # It asks for a successor of httpx that is not among our dependencies; what we use of it stays.
    warnings.simplefilter("ignore")

_SEED = 5
_ROWS, _PART = 5000, 500
_ALONE_DOCUMENTS = 20_000
_FRESH = 20


def rebuilding(settings: Settings, _rounds: int) -> Iterator[Line]:
    """Make the index anew, from database rows to the committed index; and Tantivy alone with the same documents."""
    database = Database(settings.url())
    wall, cpu, count = timed(lambda: rebuild(database, index_of(settings), now=clock.now()))
    with database.reading() as session:
        households = session.scalars(select(HouseholdFile.id).order_by(HouseholdFile.id).limit(_ALONE_DOCUMENTS // 8))
        documents = list(islice(project.documents(session, households.all()), _ALONE_DOCUMENTS))
    for document in documents:
        # What is made from the text before it is handed over is ours, not Tantivy's.
        _ = document.codes, document.body_stream, document.private_stream, document.private_codes
    with tempfile.TemporaryDirectory() as folder:

        def alone() -> None:
            writer = tantivy.Index(schema(), path=folder).writer(256_000_000, 2)
            for document in documents:
                writer.add_document(to_tantivy(document))
            writer.commit()
            writer.wait_merging_threads()

        alone_ms = timed(alone)[0]
    yield Line(
        "index rebuild, documents a second", rate=count * 1000 / wall, rate_cpu=count * 1000 / cpu,
        rate_alone=len(documents) * 1000 / alone_ms,
    )  # fmt: skip


def importing(settings: Settings, _rounds: int) -> Iterator[Line]:
    """Import new cases from a CSV file as the command does, then the same file again; and the bare rows by SQL."""
    database = Database(settings.url())
    with database.reading() as session:
        before = session.scalar(select(func.max(CaseFile.id))) or 0
        centre = session.execute(text("select code from units order by id desc limit 1")).scalar_one()
        first = session.scalar(select(func.count()).select_from(HouseholdFile)) or 0
    data = _csv(first, centre)
    wall, cpu, report = timed(lambda: _import(database, settings, data))
    assert report == (_ROWS, 0, 0), report
    again, again_cpu, report = timed(lambda: _import(database, settings, data))
    assert report == (0, _ROWS, 0), report
    alone = _alone_rows(database, before) if not settings.database_url else None
    yield Line(
        "import of new cases, rows a second", rate=_ROWS * 1000 / wall, rate_cpu=_ROWS * 1000 / cpu, rate_alone=alone
    )
    yield Line(
        "import of the same file again, rows a second", rate=_ROWS * 1000 / again, rate_cpu=_ROWS * 1000 / again_cpu
    )


def _csv(first: int, centre: str) -> bytes:
    chance, out = Random(_SEED + first), io.StringIO()
    writer = csv.writer(out)
    heads = "account_no account_name service_address customer_category business_type application_no centre capacity_kva"
    writer.writerow([*heads.split(), "voltage", "conditions", "accepted_on", "energised_on"])
    for number in range(_ROWS):
        plan = PLANS[number % len(PLANS)]
        account, application = str(3_700_000_000 + first + number), f"20260105{first + number:010d}"
        writer.writerow(
            [account, name(chance), home(chance), plan.category, plan.business_type, application, centre, "8", "220V",
             ";".join(plan.conditions), "2026-01-05", "2026-02-03"]
        )  # fmt: skip
    return out.getvalue().encode()


def _import(database: Database, settings: Settings, data: bytes) -> tuple[int, int, int]:
    rows = read_csv(data)
    created = unchanged = errors = 0
    for at in range(0, len(rows), _PART):
        with database.unit_of_work() as session:
            report = actions.import_cases(
                session, rows[at : at + _PART], by=people.system_viewer(session), now=clock.now(), today=clock.today(),
                account_no_pattern=settings.account_no_pattern,
                application_no_pattern=settings.application_no_pattern,
            )  # fmt: skip
        created, unchanged = created + report.created, unchanged + report.unchanged
        errors += len(report.errors)
    return created, unchanged, errors


def _alone_rows(database: Database, before: int) -> float:
    """Return how many cases a second the bare rows of the last import are inserted, in as many transactions."""
    tables = ("household_files", "case_files", "case_stages", "verdicts")
    cases = f"(select id from case_files where id > {before})"
    where = {
        "household_files": f"id in (select household_id from case_files where id > {before})",
        "case_files": f"id > {before}", "case_stages": f"case_id in {cases}", "verdicts": f"case_id in {cases}",
    }  # fmt: skip
    source = database.engine.raw_connection()
    rows = {
        table: source.cursor().execute(f"select * from {table} where {where[table]}").fetchall() for table in tables
    }
    source.close()
    with tempfile.TemporaryDirectory() as folder:
        migrations.upgrade(f"sqlite:///{folder}/alone.db")
        other = Database(f"sqlite:///{folder}/alone.db")
        target = other.engine.raw_connection()
        target.cursor().execute("pragma foreign_keys=off")
        parts = _ROWS // _PART

        def insert() -> None:
            for part in range(parts):
                cursor = target.cursor()
                cursor.execute("begin immediate")
                for table in tables:
                    marks = ",".join("?" * len(rows[table][0]))
                    cursor.executemany(f"insert into {table} values ({marks})", rows[table][part::parts])
                cursor.execute("commit")

        wall = timed(insert)[0]
        target.close()
        other.close()
    return _ROWS * 1000 / wall


def freshness(settings: Settings, _rounds: int) -> Iterator[Line]:
    """File items and look until they are found, while the upkeep process of the embedded mode follows."""
    database, index = Database(settings.url()), index_of(settings)
    with Supervisor(settings, 0):
        # Its first look compares all households; that is its start, not what it does day by day.
        _found_after(database, index, "first", settings, wait_s=600)
        plain = [_found_after(database, index, f"plain{n}", settings) for n in range(_FRESH)]
        held = []
        for number in range(_FRESH // 4):
            with _writer(index):
                began = time.perf_counter()
                word = _file(database, f"held{number}", settings)
                time.sleep(1.0)
            held.append(_until_found(database, index, word, began))
    yield Line("new item found after", wall=plain)
    yield Line("new item found after, index held by another for 1 s", wall=held)


def _writer(index: Any) -> Any:
    while True:
        writer = index.current()[1].writer()
        try:
            writer.__enter__()
        except IndexBusy:
            time.sleep(0.02)
            continue
        return _Opened(writer)


@dataclass
class _Opened:
    """A writer that is open already, for `with`."""

    writer: Any

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self.writer.__exit__(None, None, None)


def _found_after(database: Database, index: Any, word: str, settings: Settings, *, wait_s: float = 120) -> float:
    began = time.perf_counter()
    return _until_found(database, index, _file(database, word, settings), began, wait_s=wait_s)


def _file(database: Database, word: str, settings: Settings) -> str:
    word = f"{word}at{time.time_ns()}"
    page = NewPage(
        original_digest="a" * 64, original_page=1, image_digest="b" * 64, thumbnail_digest="c" * 64, width_px=1654,
        height_px=2339, dpi=200, rotation=0, engine="rapidocr", confidence=0.97, text=f"用电登记表\n编号 {word}",
        lines_digest="d" * 64,
    )  # fmt: skip
    new = NewItem(
        document_type="A02R",
        title="用电登记表",
        document_date=None,
        confidence=0.97,
        reasons=(),
        fields={},
        pages=(page,),
    )
    with database.unit_of_work() as session:
        case = session.scalars(select(CaseFile).order_by(CaseFile.id.desc()).limit(1)).one()
        actions.file_item(
            session, household_id=case.household_id, case_id=case.id, new=new, by=SYSTEM, now=clock.now(),
            today=clock.today(),
        )  # fmt: skip
    return word


def _until_found(database: Database, index: Any, word: str, began: float, *, wait_s: float = 120) -> float:
    with database.reading() as session:
        units = people.all_unit_ids(session)
    while time.perf_counter() - began < wait_s:
        index.refresh()
        with database.reading() as session:
            if search(session, index, viewer_units=units, query=word).total:
                return (time.perf_counter() - began) * 1000
        time.sleep(0.02)
    raise SystemExit(f"not found within {wait_s:g} s: {word}")


def holds(settings: Settings) -> tuple[int, int, int]:
    """Return how many items, households and pages the archive holds."""
    database = Database(settings.url())
    with database.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(one)) or 0 for one in (Item, HouseholdFile, Page)]
    database.close()
    return counts[0], counts[1], counts[2]


PARTS: dict[str, Callable[[Settings, int], Iterator[Line]]] = {
    "rebuild": rebuilding,
    "pages": pages,
    "search": searching,
    "import": importing,
    "fresh": freshness,
}


def index_folder(settings: Settings) -> Path:
    """Return where the index lies, for its size."""
    return settings.home / "index"
