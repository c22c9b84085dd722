"""The life of cases at size: judging and comparing papers, judging again after a new edition, the auditor's pages.

    python -m benchmarks.cases [--items 1000000] [--recheck 100000] [--rounds 60] [--home FOLDER] [--only PART ...]

The home is filled as for `benchmarks.scale` (with `--home` it stays and is used again). Limits: 5,000 cases assessed
and cross-checked a second on one core; 100,000 cases judged again in 60 s by two workers; indicator pages p95 150 ms.
Beside the new judgement stands plain `assess` of as many cases in this process; beside a page the full recount of the
same sums, which is what it would take without the kept tables. The new edition asks every case for one more paper.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from archive_service import clock, logs, migrations
from archive_service.catalogue import load
from archive_service.cli.commands.serving import web_app
from archive_service.cli.services import Services
from archive_service.db.session import Database
from archive_service.editions import actions as editions
from archive_service.editions.tables import CatalogueCheck, CatalogueDraft
from archive_service.households import counting
from archive_service.households.tables import CaseFile
from archive_service.people.roles import Role
from archive_service.people.tables import Unit
from archive_service.settings import Settings
from archive_service.worker.embedded import Supervisor
from benchmarks import assess
from benchmarks.fill import count_all, fill
from benchmarks.fill_people import PASSWORD, person_at_top
from benchmarks.scale_lines import timed
from benchmarks.support import machine, table

ASSESSED_A_SECOND, RECHECK_S, PAGE_MS = 5_000, 60.0, 150.0
PARTS = ("assess", "pages", "recheck")
_PAPER = """document_types:
- code: {paper}
  name_zh: 基准测试用表
  name_en: benchmark form
  stage: ACCEPT
  origin: utility
  medium_rule: original_or_copy
  signatures: []
  seals: []
  count_min: 1
  count_max: 1
  sensitivity: internal
  applies:
{applies}
  title_keywords: [基准测试用表]
  key_fields: [account_name]
  source: OWN
  is_default: true
"""
#: What the auditor opens; {} stands for the code of a centre.
_PAGES = (
    "/inspection",
    "/inspection?by=category",
    "/inspection?by=business",
    "/inspection?by=month",
    "/inspection?centre={}",
    "/inspection?category=LR&business=NEW&since=2024-01",
    "/completeness",
)


def main() -> int:
    """Print what was measured; return 1 where a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--recheck", type=int, default=100_000, help="cases that the new edition concerns")
    parser.add_argument("--rounds", type=int, default=60, help="requests a page")
    parser.add_argument("--home", type=Path, help="keep the home here, and use it when it is there")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    told = parser.parse_args()
    print(machine(), flush=True)
    rows: list[tuple[str, str, str, str]] = []
    missed = False
    with tempfile.TemporaryDirectory() as temporary:
        for part in told.only:
            settings = (
                Settings(_env_file=None)
                if part == "assess"
                else _filled(told.home or Path(temporary) / "home", told.items)
            )
            for row, reached in _MEASURED[part](settings, told):
                rows.append(row)
                missed |= not reached
                print(" · ".join(row), flush=True)
    print("\n" + table(["what", "measured", "limit", "beside it in the same run"], rows))
    return int(missed)


def _filled(home: Path, items: int) -> Settings:
    settings = Settings(_env_file=None, home=home, log_level="WARNING")
    logs.configure(settings)
    home.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(settings.url())
    done = home / "filled"
    if not done.exists():
        fill(Database(settings.url()), items)
        done.touch()
    load.use_folder(home / "catalogue")
    return settings


Measured = Iterator[tuple[tuple[str, str, str, str], bool]]


def _assess(_settings: Settings, _told: argparse.Namespace) -> Measured:
    edition = load.edition_for(None)
    cases = assess.make_cases(edition, rounds=20, seed=1)
    plain = assess.per_second(lambda case: assess.assessed(edition, case), cases, 3.0)
    rate = assess.per_second(lambda case: assess.checked(edition, case), cases, 3.0)
    yield (
        (
            "cases assessed and cross-checked a second, one process",
            f"{rate:,.0f}",
            f"{ASSESSED_A_SECOND:,} ({rate / ASSESSED_A_SECOND:.1f}x)",
            f"assessed only: {plain:,.0f} ({rate / plain:.2f}x)",
        ),
        rate >= ASSESSED_A_SECOND,
    )


def _pages(settings: Settings, told: argparse.Namespace) -> Measured:
    # It asks for a successor of httpx that is not among our dependencies; what we use of it stays.
    from fastapi.testclient import TestClient

    services = Services(settings)
    database = services.database
    count_all(database)
    with database.unit_of_work() as session:
        person_at_top(session, "bench.auditor", Role.AUDITOR)
        centre = session.scalars(select(Unit.code).where(Unit.parent_id.is_not(None)).order_by(Unit.id.desc())).first()
    reader = TestClient(web_app(services), base_url="http://archive.test", follow_redirects=False)
    answer = reader.post("/sign-in", data={"login": "bench.auditor", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    with database.reading() as session:
        recount = timed(lambda: counting.differences(session, today=clock.today()))
        wrong = len(recount[2])
    for pattern in _PAGES:
        address = pattern.format(centre)
        taken = []
        for place in range(-3, told.rounds):
            wall, _, answer = timed(partial(reader.get, address))
            assert answer.status_code == 200, (address, answer.status_code)
            # The first three warm what a running archive has warm.
            if place >= 0:
                taken.append(wall)
        p95 = statistics.quantiles(taken, n=20)[-1]
        yield (
            (
                f"{pattern.format('…')} at {told.items:,} items",
                f"p50 {statistics.median(taken):.1f} ms, p95 {p95:.1f} ms",
                f"p95 {PAGE_MS:.0f} ms ({p95 / PAGE_MS:.2f}x)",
                f"full recount {recount[0] / 1000:,.1f} s, {wrong} sums differ",
            ),
            p95 <= PAGE_MS and not wrong,
        )


def _recheck(settings: Settings, told: argparse.Namespace) -> Measured:
    database, now = Database(settings.url()), clock.now()
    count_all(database)
    with database.unit_of_work() as session:
        author, head = (person_at_top(session, f"bench.{one}", Role.UNIT_HEAD) for one in ("author", "head"))
        days = session.scalars(select(CaseFile.accepted_on).order_by(CaseFile.accepted_on.desc()).limit(told.recheck))
        from_ = [day for day in days if day][-1]
        number = session.scalar(select(func.count()).select_from(CatalogueDraft)) or 0
        root = session.scalars(select(Unit.id).where(Unit.parent_id.is_(None))).first() or 0
        draft = editions.save_draft(
            session, draft_id=None, unit_id=root, text=_edition(number, from_), by=author, now=now
        ).id
        editions.preview_draft(session, draft_id=draft, by=author, now=now)
    preview_s = _until_done(settings, database)
    with database.unit_of_work() as session:
        editions.submit_draft(session, draft_id=draft, by=author, now=clock.now())
        editions.release_draft(session, draft_id=draft, by=head, now=clock.now())
    released_s = _until_done(settings, database)
    with database.reading() as session:
        whole = session.scalar(select(func.count()).where(CaseFile.accepted_on >= from_)) or 0
        open_ = session.scalar(
            select(func.count()).where(CaseFile.accepted_on >= from_, CaseFile.edition == f"bench-{number}")
        )
        wrong = len(counting.differences(session, today=clock.today()))
    edition = load.edition_for(None)
    cases = assess.make_cases(edition, rounds=20, seed=1)
    plain_s = 2 * whole / assess.per_second(lambda case: assess.assessed(edition, case), cases, 3.0)
    for name, taken in (("preview of", preview_s), ("judging again after release,", released_s)):
        yield (
            (
                f"{name} {whole:,} cases, two workers with their start",
                f"{taken:.1f} s",
                f"{RECHECK_S:.0f} s for 100,000 ({taken / RECHECK_S * 100_000 / whole:.2f}x)",
                f"`assess` alone, twice a case, one core: {plain_s:.1f} s; {open_:,} took it, {wrong} sums differ",
            ),
            taken * 100_000 / whole <= RECHECK_S and not wrong,
        )


def _until_done(settings: Settings, database: Database) -> float:
    """Let two workers do the check; return the seconds from their start until it is done."""
    began = time.perf_counter()
    with Supervisor(settings, 2):
        while True:
            with database.reading() as session:
                states = set(session.scalars(select(CatalogueCheck.state)))
            if "failed" in states:
                raise SystemExit("a check failed; see the log")
            if "running" not in states:
                return time.perf_counter() - began
            time.sleep(0.2)


def _edition(number: int, from_: date) -> str:
    """Return an edition that asks every case for one more paper."""
    asked: dict[str, list[str]] = {}
    for category, business in load.edition_for(None).combinations:
        asked.setdefault(category, []).append(business)
    applies: Sequence[str] = [
        f"  - {{category: {category}, business_types: [{', '.join(each)}], requirement: required}}"
        for category, each in asked.items()
    ]
    head = f"edition: 'bench-{number}'\nbased_on: '2018'\ntitle_zh: 基准\ntitle_en: bench\neffective_from: {from_}\n"
    return head + _PAPER.format(paper=f"A{80 + number}", applies="\n".join(applies))


_MEASURED = {"assess": _assess, "pages": _pages, "recheck": _recheck}


if __name__ == "__main__":
    raise SystemExit(main())
