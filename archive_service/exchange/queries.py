"""The packages of a viewer's units, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound
from archive_service.exchange.tables import CarriedHistory, Package
from archive_service.households.tables import HouseholdFile, Item
from archive_service.jobs.tables import Job
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.tables import Restriction
from archive_service.storage.tables import RemovedObject

_PACK_JOB = "package.make"


@dataclass(frozen=True)
class PackageView:
    """A package as it is shown."""

    id: int
    account_no: str
    account_name: str
    unit_name: str
    direction: str
    format: str
    state: str
    items: tuple[int, ...] | None
    #: Name of who asked for it or took it in; none for the archive itself.
    asked_by: str | None
    asked_at: datetime
    finished_at: datetime | None
    digest: str | None
    size_bytes: int
    file_count: int
    manifest_sha256: str
    #: Of the job that makes it: objects done, all objects, and its state.
    done: int
    total: int
    job_state: str | None
    #: Its file was taken out of the store with a paper that it held and that was destroyed.
    cleared: bool

    @property
    def moving(self) -> bool:
        """Say whether it is being made."""
        return self.state == "making" and self.job_state in ("queued", "running")

    @property
    def stuck(self) -> bool:
        """Say whether its job or its command ended before it was ready."""
        return self.state == "stopped" or (self.state == "making" and not self.moving)


@dataclass(frozen=True)
class PackageListing:
    """A page of packages, newest first; `next` continues it."""

    rows: Sequence[PackageView]
    next: int | None
    total: int


def packages(
    session: Session, viewer: Viewer, *, account_no: str = "", before: int | None = None, limit: int = 50
) -> PackageListing:
    """Return the packages of the units out of which the viewer may take whole files, newest first."""
    viewer.require(Right.ORIGINAL_DOWNLOAD)
    wanted = _rows(viewer)
    if account_no:
        wanted = wanted.where(HouseholdFile.account_no == account_no)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if before is not None:
        wanted = wanted.where(Package.id < before)
    rows = session.execute(wanted.order_by(Package.id.desc()).limit(limit + 1)).all()
    shown = [_view(one) for one in rows[:limit]]
    return PackageListing(shown, shown[-1].id if len(rows) > limit else None, total)


def package(session: Session, viewer: Viewer, package_id: int) -> PackageView:
    """Return a package of the viewer's units. Raises NotFound."""
    found = session.execute(_rows(viewer).where(Package.id == package_id)).first()
    if found is None:
        raise _not_found()
    return _view(found)


def row(session: Session, viewer: Viewer, package_id: int) -> Package:
    """Return the row of a package of the viewer's units. Raises NotFound."""
    found = session.get(Package, package_id)
    if found is None or found.unit_id not in _units(viewer):
        raise _not_found()
    return found


def shut_since(session: Session, package: Package) -> bool:
    """Say whether a paper that a package holds became one that is stored only after the package was asked for."""
    numbers = session.scalars(
        select(Item.item_no)
        .join(Restriction, Restriction.item_id == Item.id)
        .where(Item.household_id == package.household_id, Restriction.ended_at.is_(None))
        .where(Restriction.begun_at >= package.asked_at)
    ).all()
    return bool(numbers) if package.items is None else not set(numbers).isdisjoint(package.items)


def being_made(session: Session, household_id: int, format: str, items: list[int] | None) -> Package | None:
    """Return the same package where a job still works on it."""
    working = select(Job.id).where(
        Job.kind == _PACK_JOB, Job.subject == cast(Package.id, String), Job.state.in_(("queued", "running"))
    )
    there = session.scalars(
        select(Package).where(
            Package.household_id == household_id,
            Package.format == format,
            Package.state == "making",
            working.exists(),
        )
    )
    return next((one for one in there if one.items == items), None)


def holding(session: Session, household_id: int, item_no: int) -> tuple[set[str], bool]:
    """Return the digests of the packages that may hold a paper, and whether a job makes such a one at this moment."""
    out = select(Package).where(Package.household_id == household_id, Package.direction == "out")
    found = [one for one in session.scalars(out) if one.items is None or item_no in one.items]
    working = select(Job.id).where(
        Job.kind == _PACK_JOB,
        Job.subject.in_([str(one.id) for one in found if one.state == "making"]),
        Job.state.in_(("queued", "running")),
    )
    moving = session.scalar(working.limit(1)) is not None
    return {one.digest for one in found if one.digest is not None}, moving


def has_job(session: Session, package_id: int) -> bool:
    """Say whether a job makes, or made, a package; those that a command writes have none."""
    jobs = select(Job.id).where(Job.kind == _PACK_JOB, Job.subject == str(package_id))
    return session.scalar(jobs.limit(1)) is not None


def histories(session: Session, household_id: int) -> int:
    """Return how many histories a household brought along."""
    counted = select(func.count()).where(CarriedHistory.household_id == household_id)
    return session.scalar(counted) or 0


def unsigned_histories(session: Session, household_id: int) -> int:
    """Return how many of them came in a package that nobody signed: they are what the sender says."""
    unsigned = CarriedHistory.signature == "none"
    counted = select(func.count()).where(CarriedHistory.household_id == household_id, unsigned)
    return session.scalar(counted) or 0


def _units(viewer: Viewer) -> frozenset[int]:
    return viewer.units(Right.ORIGINAL_DOWNLOAD) & viewer.units(Right.RECORD_READ_PERSONAL)


def _rows(viewer: Viewer) -> Any:
    last = (
        select(func.max(Job.id))
        .where(Job.kind == _PACK_JOB, Job.subject == cast(Package.id, String))
        .correlate(Package)
        .scalar_subquery()
    )
    return (
        select(
            Package,
            HouseholdFile.account_no,
            HouseholdFile.account_name,
            Unit.name.label("unit_name"),
            Person.name.label("asker"),
            Job.done_units,
            Job.total_units,
            Job.state.label("job_state"),
            select(RemovedObject.digest).where(RemovedObject.digest == Package.digest).exists().label("cleared"),
        )
        .join(HouseholdFile, HouseholdFile.id == Package.household_id)
        .join(Unit, Unit.id == Package.unit_id)
        .outerjoin(Person, Person.id == Package.asked_by)
        .outerjoin(Job, Job.id == last)
        .where(Package.unit_id.in_(_units(viewer)))
    )


def _view(found: Any) -> PackageView:
    row: Package = found.Package
    return PackageView(
        id=row.id,
        account_no=found.account_no,
        account_name=found.account_name,
        unit_name=found.unit_name,
        direction=row.direction,
        format=row.format,
        state=row.state,
        items=None if row.items is None else tuple(row.items),
        asked_by=found.asker,
        asked_at=row.asked_at,
        finished_at=row.finished_at,
        digest=row.digest,
        size_bytes=row.size_bytes,
        file_count=row.file_count,
        manifest_sha256=row.manifest_sha256,
        done=found.done_units or 0,
        total=found.total_units or 0,
        job_state=found.job_state,
        cleared=found.cleared,
    )


def _not_found() -> NotFound:
    return NotFound("package.not-found", "没有这个信息包，或者您无权查看。请返回信息包列表。")
