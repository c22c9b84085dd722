"""A rescan whose job is cancelled waits no more, and waits again when the job is retried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from archive_service.db.session import Database
from archive_service.errors import Refused
from archive_service.jobs.tables import Job
from archive_service.people.queries import system_viewer
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from ingest import jobs
from ingest.quality.rescan import RESCAN_JOB
from ingest.quality.tables import Rescan
from tests.support import records
from tests.support.born_digital import supply_reply
from tests.support.faulty_place import FaultyPlace


@pytest.fixture
def place(database: Database, store: FileStore, settings: Settings) -> Iterator[FaultyPlace]:
    """An archive that knows another household only, so that every paper waits for a person."""
    with database.unit_of_work() as session:
        records.case(session)
    made = FaultyPlace(settings, database, store)
    yield made
    made.faulty_database.close()


def paper(note: str) -> bytes:
    return supply_reply("3401009999", "SQ-2024-0099", note=note)


def cancelled(place: FaultyPlace, scan_id: int) -> int:
    """Hand a better scan in and cancel its job; return the job."""
    place.hand_in_better(scan_id, paper("重扫一"))
    with place.database.unit_of_work() as session:
        job = session.scalars(select(Job.id).where(Job.kind == RESCAN_JOB).order_by(Job.id.desc())).first()
        assert job is not None
        jobs.cancel(session, system_viewer(session), job, reason="交错了", now=place.now())
        return job


def states(place: FaultyPlace) -> list[str]:
    with place.database.reading() as session:
        return list(session.scalars(select(Rescan.state).order_by(Rescan.id)))


def retry(place: FaultyPlace, job: int) -> None:
    with place.database.unit_of_work() as session:
        jobs.retry(session, system_viewer(session), job, now=place.now())


def test_a_cancelled_rescan_makes_room_for_another(place: FaultyPlace) -> None:
    """The page is as before, and the next better scan is taken; the cancelled one is then too late."""
    scan_id = place.take_in(paper("原件")).scan_id
    place.finish()
    job = cancelled(place, scan_id)
    assert states(place) == ["refused"]
    assert "原件" in (place.page(scan_id).text or "")
    place.hand_in_better(scan_id, paper("重扫二"))
    with pytest.raises(Refused, match="已有一份重扫"):
        retry(place, job)
    place.finish()
    assert states(place) == ["refused", "taken"]
    assert "重扫二" in (place.page(scan_id).text or "")
    with place.database.reading() as session:
        assert set(session.scalars(select(Job.state))) == {"done", "cancelled"}


def test_a_cancelled_rescan_is_taken_after_a_retry(place: FaultyPlace) -> None:
    """The file handed in is kept, and the retried job puts it in the place of the page."""
    scan_id = place.take_in(paper("原件")).scan_id
    place.finish()
    retry(place, cancelled(place, scan_id))
    assert states(place) == ["waiting"]
    place.finish()
    assert states(place) == ["taken"]
    assert "重扫一" in (place.page(scan_id).text or "")
    place.check(filed=0)
