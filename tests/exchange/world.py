"""A household with real files in a store, and a second archive that is empty."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

from fpdf import FPDF
from PIL import Image
from sqlalchemy import select

from archive_service.db.session import Database
from archive_service.exchange import arriving
from archive_service.exchange import content as contents
from archive_service.exchange.arriving import Incoming, Vet
from archive_service.exchange.bags.check import check
from archive_service.exchange.bags.write import FolderTarget
from archive_service.exchange.content import Content
from archive_service.exchange.findings import refused
from archive_service.exchange.restore import admit, restore
from archive_service.exchange.schema import HouseholdSaid
from archive_service.exchange.sealing import UNSIGNED, Seal
from archive_service.exchange.tables import Package
from archive_service.exchange.work import write_package
from archive_service.households.tables import HouseholdFile
from archive_service.households.values import FieldValue
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.record import record_object
from archive_service.storage.store import ObjectStore
from ingest import vetting
from ingest.renditions import carried
from tests.support import records
from tests.support.stored_pages import stored_page

NOW, TODAY = records.NOW, records.TODAY
ACCOUNT = "3300000001"


def paper(text: str) -> bytes:
    """A PDF of one page that says `text`."""
    made = FPDF(format="A4")
    made.set_creation_date(NOW)
    made.add_page()
    made.set_font("helvetica", size=12)
    made.cell(0, 10, text)
    return bytes(made.output())


def photograph(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 60), (shade, 9, 9)).save(out, "PNG")
    return out.getvalue()


def fill(database: Database, store: ObjectStore) -> None:
    """One household with a filed case of all papers that it needs, a second case, and a paper of no case."""
    with database.unit_of_work() as session:
        first = records.case(session, "202611010001", account_no=ACCOUNT, conditions=("natural",))
        for place, item in enumerate(records.everything_due(session, first)):
            _give_bytes(session, store, item, place)
        records.filed(session, first)
        second = records.case(session, "202611010002", account_no=ACCOUNT, business="INCREASE", conditions=None)
        fields = {"phone": FieldValue("13800000000", confidence=0.9, page=1, box=(1, 2, 3, 4)), "note": "%\r\n“引”"}
        loose = records.item(session, second, "OTHER", title="现场照片 <&>", fields=fields)
        _give_bytes(session, store, loose, 200)
        gone = records.item(session, second, "OTHER", title="误归")
        _give_bytes(session, store, gone, 201)
        records.actions.withdraw_item(
            session, item_id=gone.id, reason="放错了地方", by=records.system(session), now=NOW, today=TODAY
        )


def _give_bytes(session: object, store: ObjectStore, item: object, number: int) -> None:
    """Put real files where the pages of an item say that they are."""
    from sqlalchemy.orm import Session

    from archive_service.households.tables import Item

    assert isinstance(session, Session)
    assert isinstance(item, Item)
    for row in item.pages:
        page = stored_page(store, f"{item.title} 第 {row.page_no} 页", number % 200)
        content = photograph(number) if number == 200 else paper(f"paper {number}")
        page = replace(page, original_digest=store.put_bytes(content).digest)
        for name in contents.PAGE_OBJECTS:
            digest = getattr(page, name)
            setattr(row, name, digest)
            role = "original" if name == "original_digest" else "rendition"
            record_object(session, store_entry(store, digest), role=role, media_type="image/jpeg", now=NOW)
        row.text, row.width_px, row.height_px = page.text, page.width_px, page.height_px
    session.flush()


def store_entry(store: ObjectStore, digest: str):  # type: ignore[no-untyped-def]
    return store.put_bytes(store.read(digest))


def said(database: Database, *, items: list[int] | None = None) -> Content:
    with database.reading() as session:
        head = session.scalars(select(HouseholdFile).where(HouseholdFile.account_no == ACCOUNT)).one()
        return contents.content(
            session, records.system(session), head.id, items=items, renditions_of=carried.renditions_of
        )


def packed(
    settings: Settings, database: Database, store: ObjectStore, folder: Path, *, kind: str = "bagit", **chosen: object
) -> Path:
    """Write the household as a package into `folder`."""
    content = said(database, **chosen)  # type: ignore[arg-type]
    with database.reading() as session:
        write_package(kind, FolderTarget(folder), session, store, content, settings=settings, now=NOW)
    return folder


def opened(folder: Path) -> Incoming:
    """The files of a bag. Raises PackageRefused with everything that is wrong with it."""
    found = check(folder)
    if not found.valid:
        raise refused(found.findings)
    return arriving.from_bag(folder, found)


def taken(
    settings: Settings,
    database: Database,
    store: ObjectStore,
    folder: Path,
    desk: Path,
    *,
    vet: Vet | None = None,
    incoming: Incoming | None = None,
    seal: Seal = UNSIGNED,
) -> Package:
    """Take a bag, or a package that was checked, into an archive."""
    incoming = incoming or opened(folder)
    with database.unit_of_work() as session:
        place = records.unit(session)

    def admitted(said: HouseholdSaid) -> None:
        with database.reading() as session:
            admit(session, records.system(session), said, unit_id=place.id)

    look = vet or vetting.vetting(settings)
    arrived = arriving.keep(incoming, arriving.look_at(incoming, admit=admitted, vet=look, desk=desk), store=store)
    with database.unit_of_work() as session:
        return restore(
            session,
            records.system(session),
            arrived,
            unit_id=place.id,
            format="bagit",
            seal=seal,
            keep_rendition=lambda session, item_id, kept: carried.keep(session, item_id, kept, now=NOW),
            filing_due_workdays=3,
            now=NOW,
            today=date(2026, 11, 21),
        )


def second_home(settings: Settings, migrated_file: Path) -> tuple[Settings, Database, FileStore]:
    """An archive that holds nothing."""
    home = settings.home.parent / "second"
    home.mkdir()
    shutil.copy(migrated_file, home / "archive.db")
    own = settings.model_copy(update={"home": home, "database_url": ""})
    return own, Database(own.url()), FileStore(home / "objects")
