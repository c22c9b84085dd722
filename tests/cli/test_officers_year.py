"""The records officer's year by commands alone, in this process, for whose clock it is moved."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from archive_service import clock, zone
from archive_service.audit import offline
from archive_service.cli.main import cli
from archive_service.db.session import Database
from archive_service.errors import Unavailable
from archive_service.households.tables import HouseholdFile
from archive_service.jobs import queue
from archive_service.settings import Settings
from archive_service.storage.choose import open_stores
from archive_service.storage.files import FileStore
from indexing.erasing import IndexRoad
from indexing.index import index_of
from indexing.sync import follow
from ingest.erasing import ScanRoad
from retention.disposal_tables import DisposalList, Tombstone
from retention.erase import ExecuteHandler
from retention.roads import FileRoad
from tests.retention.world import World, world
from tests.support import records
from tests.support.stored_pages import stored_page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ACCOUNT = "3309990002"


def run(*arguments: str, who: str = "asker", typed: str = "") -> Result:
    """Run a command in the name of somebody; it has to do what it was asked."""
    done = CliRunner().invoke(cli, ["--as", who, *arguments], input=typed, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def moved(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the commands ask the clock of `here`, on which a second passes with each look."""

    def now() -> datetime:
        here.now += timedelta(seconds=1)
        return here.now

    def today() -> date:
        return zone.local(here.now).date()

    monkeypatch.setattr(clock, "now", now)
    monkeypatch.setattr(clock, "today", today)


def begin(here: World) -> int:
    """File the cancellation of an account with one paper; return the paper."""
    with here.database.unit_of_work() as session:
        case = records.case(session, account_no=ACCOUNT, business="CANCEL")
        paper = records.item(session, case, "A10", pages=[stored_page(here.store, "销户申请", 88)])
        case.state, case.filed_at = "filed", here.now
        return paper.id


def test_the_year_by_commands(
    database: Database, store: FileStore, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Close, hold, release, review, approve, wait, sign twice, destroy, and a bundle that is verified elsewhere."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    here = world(database, store)
    item = begin(here)
    moved(here, monkeypatch)
    run("retention", "close", ACCOUNT)
    run(
        "retention", "hold", "--account", ACCOUNT, "--kind", "inspection", "--reason", "用电检查未结束", "--authority",
        "检查通知 7 号", "--review-on", str(clock.today() + timedelta(days=60)),
    )  # fmt: skip
    here.now += timedelta(days=6 * 366)
    (due,) = json.loads(run("retention", "due", "--json").output)["items"]
    assert (due["item_id"], due["held"]) == (item, True)
    assert json.loads(run("retention", "holds", "--state", "overdue", "--json").output)["total"] == 1
    later = str(clock.today() + timedelta(days=30))
    run("retention", "review-hold", "1", "--review-on", later, "--reason", "还差一份回函")
    run("retention", "release", "1", "--reason", "检查已经结束")
    run("retention", "review", "--centre", "ROOT", "--title", "年度到期")
    run("retention", "judge", "1", "--opinion", "destroy")
    run("retention", "propose", "1", "--out", str(tmp_path / "report.pdf"))
    run("retention", "decide", "1", "--approve", who="head", typed=f"{records.PASSWORD}\n")
    with database.reading() as session:
        from_day = session.get_one(DisposalList, 1).execute_from
    assert from_day is not None
    here.days_pass((from_day - here.today).days)
    run("retention", "execute", "1", "--place", "档案室")
    run("retention", "plan", "1", "--out", str(tmp_path / "plan.pdf"), who="first")
    with database.reading() as session:
        plan = session.get_one(DisposalList, 1).plan_hash or ""
    for who in ("first", "second"):
        run("retention", "witness", "1", "--plan", plan, who=who, typed=f"{records.PASSWORD}\n")
    job = queue.claim(database, worker="w", queues=("upkeep",), now=clock.now(), lease_s=600)
    assert job is not None
    roads = (FileRoad(), ScanRoad(), IndexRoad(lambda: index_of(settings)))
    does = ExecuteHandler(database, lambda: open_stores(settings, store), roads, 600, 90, clock.now)
    # As long as the index still has it, nothing is certified.
    with pytest.raises(Unavailable):
        does.run(job)
    while follow(database, index_of(settings), now=clock.now()):
        continue
    does.run(job)
    run("retention", "certificate", "1", "--out", str(tmp_path / "certificate.pdf"))
    with database.reading() as session:
        assert session.scalars(select(Tombstone.item_id)).all() == [item]
        head = session.scalars(select(HouseholdFile).where(HouseholdFile.account_no == ACCOUNT)).one()
    out = tmp_path / "bundle.zip"
    run("audit", "export", "--out", str(out), "--account", ACCOUNT, who="first")
    run("audit", "verify", str(out))
    # And by the one file that needs nothing of the archive.
    report = offline.verify(out, record=f"household:{head.id}")
    assert report.findings == []
    assert {"household.closed"} <= {one["did"] for one in report.record}
