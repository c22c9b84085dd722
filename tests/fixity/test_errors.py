"""Errors of stored objects count for the units whose papers hold them; what is lost becomes a finding."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from archive_service.db.session import Database
from archive_service.errors import NotPermitted
from archive_service.fixity.actions import check_some
from archive_service.fixity.errors import Sum, errors
from archive_service.inspection.lost import raise_for_lost
from archive_service.inspection.tables import Finding
from archive_service.people.roles import Role
from archive_service.storage.files import FileStore
from archive_service.storage.places import Stores
from archive_service.storage.record import record_object
from archive_service.zone import local
from tests.support import records

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def spoil(store: FileStore, digest: str) -> None:
    path = store.root / digest[:2] / digest[2:4] / digest
    path.chmod(0o600)
    path.write_bytes(b"spoilt")


@pytest.fixture
def stores(store: FileStore, tmp_path: Path) -> Stores:
    return Stores(store, FileStore(tmp_path / "second"), tmp_path / "aside")


def check(database: Database, stores: Stores, now: datetime) -> None:
    check_some(database, stores, budget_bytes=10**9, before=now, now=lambda: now, agent="test")


def test_errors_are_summed_by_unit_and_month_down_to_the_papers(
    database: Database, store: FileStore, stores: Stores
) -> None:
    """One mended, one lost a month later and found; each unit sees its own, and the finding is raised once."""
    with database.unit_of_work() as session:
        top = records.unit(session)
        digests, numbers = [], []
        for code in ("N", "S"):
            at = records.unit(session, code, below=top)
            stored = store.put_bytes(code.encode())
            record_object(session, stored, role="original", media_type="text/plain", now=NOW)
            case = records.case(session, at=at)
            page = replace(records.page(), original_digest=stored.digest)
            item = records.item(session, case, pages=(page,))
            digests.append(stored.digest)
            numbers.append(item.id)
        north = records.viewer(session, Role.AUDITOR, at=records.unit(session, "N"), login="north")
        archive = records.viewer(session, Role.AUDITOR, login="all")
        nobody = records.viewer(session, Role.CONTRACTOR, login="nobody")
    check(database, stores, NOW)
    spoil(store, digests[0])
    check(database, stores, NOW + timedelta(days=1))
    later = NOW + timedelta(days=30)
    for place in (store, stores.second):
        assert isinstance(place, FileStore)
        spoil(place, digests[1])
    check(database, stores, later)
    for _ in range(2):
        with database.unit_of_work() as session:
            raise_for_lost(session, records.system(session), now=later, today=local(later).date())
    with database.reading() as session:
        seen = errors(session, archive)
        assert seen.sums == [
            Sum("S", seen.sums[0].unit_name, "2026-12", 2, 2),
            Sum("N", seen.sums[1].unit_name, "2026-11", 1, 0),
        ]
        assert seen.hits == []
        (hit,) = errors(session, archive, unit="N").hits
        assert (hit.item_id, hit.page_no, hit.outcome, hit.end) == (numbers[0], 1, "damaged", "repaired")
        assert [one.item_id for one in errors(session, archive, month="2026-12").hits] == [numbers[1]] * 2
        assert [one.unit_code for one in errors(session, north).sums] == ["N"]
        with pytest.raises(NotPermitted):
            errors(session, nobody)
        (raised,) = session.scalars(select(Finding)).all()
    assert (raised.item_id, raised.rule, raised.severity, raised.state) == (
        numbers[1],
        "object-lost",
        "serious",
        "open",
    )
