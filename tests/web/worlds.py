"""Two centres with people in both, filled once into a home that each test copies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import clock
from archive_service.audit import checkpoints
from archive_service.audit.tables import AuditEntry
from archive_service.borrowing.tables import (
    GrantPage,
    LentPaper,
    LoanRequest,
    LoanWish,
    PaperLoan,
    ReadingGrant,
    WishPage,
)
from archive_service.db.session import Database
from archive_service.households.tables import Item
from archive_service.people.roles import Role
from archive_service.people.tables import Person
from archive_service.proofs.tables import AuditRun
from archive_service.settings import Settings
from archive_service.storage.files import FileStore
from archive_service.storage.record import record_object
from archive_service.web.services import Services
from indexing.index import open_index
from indexing.sync import follow
from tests.support import records
from tests.web.centres import (
    FAR_NAME,
    HOSTILE,
    Centre,
    centre,
    handed_in,
)


@dataclass(frozen=True)
class World:
    """The app and what stands in its archive."""

    app: FastAPI
    services: Services
    near: Centre
    far: Centre


def lent(session: Session, store: FileStore, centre: Centre, keeper: Person) -> Centre:
    """Let the colleague of a centre have asked to borrow, read one paper and hold another."""
    letter = store.put_bytes(b"%PDF-1.4 letter")
    record_object(session, letter, role="original", media_type="application/octet-stream", now=clock.now())
    asked = LoanRequest(
        asker_id=centre.person, asker_unit_id=centre.unit, purpose="legal", words=f"{centre.code} 应诉取证",
        on_behalf_of="", letter_digest=letter.digest, emergency=False, asked_at=clock.now(),
    )  # fmt: skip
    session.add(asked)
    session.flush()
    items = (centre.internal_item, centre.internal_item, centre.personal_item)
    waits, reads, holds = (wished(session, asked, centre, place, item) for place, item in enumerate(items, start=1))
    reads.state, holds.state, holds.way = "approved", "approved", "paper"
    grant = ReadingGrant(
        wish_id=reads.id, person_id=centre.person, reader_unit_id=centre.unit, begins_at=clock.now(),
        ends_at=clock.now() + timedelta(days=1), unmasked=False, prints=0, printed=0,
    )  # fmt: skip
    loan = PaperLoan(
        wish_id=holds.id, holder_id=centre.person, unit_id=centre.unit, handed_out_at=clock.now(),
        handed_out_by=keeper.id, pages_counted=1, count_note="", due_on=clock.today() + timedelta(days=7), renewals=0,
        state="out",
    )  # fmt: skip
    session.add_all([grant, loan])
    session.flush()
    session.add(GrantPage(grant_id=grant.id, item_id=centre.internal_item, page_no=1))
    session.add(LentPaper(loan_id=loan.id, item_id=centre.personal_item, pages_out=1, note=""))
    session.flush()
    return replace(centre, request=asked.id, wish=waits.id, grant=grant.id, loan=loan.id)


def wished(session: Session, asked: LoanRequest, centre: Centre, place: int, item_id: int) -> LoanWish:
    """One line of a request for the first page of a paper."""
    household = session.get_one(Item, item_id).household_id
    wish = LoanWish(
        request_id=asked.id, place=place, unit_id=centre.unit, household_id=household, way="screen", days=1, prints=0,
        unmasked=False, state="asked", edition="B2026", rule="BR08", level="archivist", decide_by=None,
        queued_at=clock.now(),
    )  # fmt: skip
    session.add(wish)
    session.flush()
    session.add(WishPage(wish_id=wish.id, item_id=item_id, page_no=1, approved=None))
    return wish


def taken_out(session: Session, store: FileStore, centre: Centre, size: int) -> Centre:
    """Enter a bundle of the trail about the household of a centre, under a checkpoint of this size."""
    stored = store.put_bytes(f"PK audit {centre.code}".encode())
    row = AuditRun(
        kind="export", state="done", unit_id=centre.unit, account_no=centre.account_no, asked_at=clock.now(),
        finished_at=clock.now(), entries=1, covered=size, digest=stored.digest, size_bytes=stored.size_bytes,
    )  # fmt: skip
    session.add(row)
    record_object(session, stored, role="bundle", media_type="application/zip", now=clock.now())
    session.flush()
    entry = session.scalar(select(func.min(AuditEntry.seq)).where(AuditEntry.unit_id == centre.unit))
    return replace(centre, audit_run=row.id, entry=entry or 0, checkpoint=size)


@dataclass(frozen=True)
class Begun:
    """A home in which the two centres stand, made once and copied for each test; `template` is its PostgreSQL."""

    home: Path
    near: Centre
    far: Centre
    template: str = ""


def begun(settings: Settings, template: str = "") -> Begun:
    """Fill a migrated database, a store and an index with the centres A and B and people in both."""
    database, store = Database(settings.url()), FileStore(settings.home / "objects")
    with database.unit_of_work() as session:
        root = records.unit(session)
        near = centre(session, store, "A", 1, HOSTILE)
        far = centre(session, store, "B", 2, FAR_NAME)
        at = records.unit(session, "A")
        keeper = records.person(session, "archivist", roles=[Role.ARCHIVIST], at=at)
        near = replace(near, import_file=handed_in(session, keeper.id))
        far = replace(far, import_file=handed_in(session, far.person))
        records.person(session, "staff", roles=[Role.STAFF], at=at)
        records.person(session, "auditor", roles=[Role.AUDITOR], at=root)
        records.person(session, "unit_head", roles=[Role.UNIT_HEAD], at=at)
        records.person(session, "sysadmin", roles=[Role.SYSTEM_ADMIN], at=root)
        records.person(session, "audit_admin", roles=[Role.AUDIT_ADMIN], at=root)
        records.person(session, "newcomer", roles=[Role.STAFF], at=at, must_change=True)
        near, far = (lent(session, store, one, keeper) for one in (near, far))
    size = checkpoints.make(database, settings, now=clock.now()) or 0
    with database.unit_of_work() as session:
        near, far = (taken_out(session, store, one, size) for one in (near, far))
    index = open_index(settings.home, settings.search_engine)
    while follow(database, index, now=clock.now()):
        continue
    database.close()
    return Begun(settings.home, near, far, template)


def own_settings(home: Path, url: str = "") -> Settings:
    home.mkdir(parents=True)
    return Settings(_env_file=None, home=home, workers=1, database_url=url)  # type: ignore[call-arg]
