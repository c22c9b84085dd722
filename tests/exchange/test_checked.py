"""What comes in with a package is checked for the four properties before it stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from archive_service.db.session import Database
from archive_service.exchange import arriving, checked
from archive_service.exchange.findings import PackageRefused
from archive_service.exchange.restore import restore
from archive_service.exchange.sealing import UNSIGNED
from archive_service.households.tables import CaseFile, HouseholdFile, Page
from archive_service.properties.tables import PropertyRun
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from tests.exchange import world
from tests.properties.world import desk_of
from tests.support import records


def arrive(
    settings: Settings, database: Database, store: FileStore, tmp_path: Path, template: Path, *, spoil: bool
) -> Database:
    """Pack a household, and take it into a second archive, a page of which somebody changes on the way in."""
    world.fill(database, store)
    with database.unit_of_work() as session:
        # The check knows the catalogue, and the second case of that world is of no business in it.
        session.execute(update(CaseFile).where(CaseFile.business_type == "INCREASE").values(business_type="INC"))
    bag = world.packed(settings, database, store, tmp_path / "bag")
    home = tmp_path / "second"
    home.mkdir()
    (home / "archive.db").write_bytes(template.read_bytes())
    there, kept = Database(f"sqlite:///{home / 'archive.db'}"), FileStore(home / "objects")
    desk = tmp_path / "desk"
    desk.mkdir()
    found = world.opened(bag)
    with there.unit_of_work() as session:
        records.unit(session)
    looked = arriving.look_at(found, admit=lambda said: None, vet=lambda path, role: None, desk=desk)
    arrived = arriving.keep(found, looked, store=kept)
    checking = desk_of(there, kept, settings.model_copy(update={"home": home}))
    with there.unit_of_work() as session:
        by = records.system(session)
        made = restore(
            session, by, arrived, unit_id=records.unit(session).id, format="bagit", seal=UNSIGNED,
            keep_rendition=lambda *said: None, filing_due_workdays=3, now=world.NOW, today=world.TODAY,
        )  # fmt: skip
        if spoil:
            page = session.scalars(select(Page).order_by(Page.id)).first()
            assert page is not None
            page.image_digest = "9" * 64
            session.flush()
        checked.taken(session, checking, by, made, arrived)
    return there


def test_a_sound_package_is_taken_in_and_the_check_is_on_record(
    settings: Settings, database: Database, store: FileStore, tmp_path: Path, migrated_file: Path
) -> None:
    there = arrive(settings, database, store, tmp_path, migrated_file, spoil=False)
    with there.reading() as session:
        run = session.scalars(select(PropertyRun)).one()
        assert (run.moment, run.state, run.package_id is not None) == ("transfer", "passed", True)
    there.close()


def test_nothing_of_a_package_stays_that_fails(
    settings: Settings, database: Database, store: FileStore, tmp_path: Path, migrated_file: Path
) -> None:
    with pytest.raises(PackageRefused) as refused:
        arrive(settings, database, store, tmp_path, migrated_file, spoil=True)
    assert "YJ-1-11" in str(refused.value.facts["findings"])
    there = Database(f"sqlite:///{tmp_path / 'second' / 'archive.db'}")
    with there.reading() as session:
        assert session.scalar(select(HouseholdFile.id)) is None
        assert session.scalar(select(PropertyRun.id)) is None
    there.close()
