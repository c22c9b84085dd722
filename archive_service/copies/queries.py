"""The register of certified copies for those who keep it, and the one answer that strangers get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from archive_service.audit.tables import AuditEntry
from archive_service.copies import rules
from archive_service.copies.tables import CertifiedCopy
from archive_service.errors import NotFound
from archive_service.households.tables import HouseholdFile
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class CopyView:
    """A copy as the register shows it."""

    id: int
    number: str
    account_no: str
    account_name: str
    unit_id: int
    unit_name: str
    purpose: str
    note: str
    receiver: str
    pages: tuple[dict[str, Any], ...]
    page_count: int
    unmasked: bool
    unmask_reason: str
    digest: str
    signed: bool
    #: Names of who issued and who withdrew it; none for the archive itself.
    issued_by: str | None
    issued_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str

    @property
    def state(self) -> str:
        """Say whether it is valid or withdrawn."""
        return "valid" if self.withdrawn_at is None else "withdrawn"


@dataclass(frozen=True)
class CopyListing:
    """A page of the register, newest first; `next` continues it."""

    rows: Sequence[CopyView]
    next: int | None
    total: int


@dataclass(frozen=True)
class Answer:
    """All that a stranger learns of a code: its state, and the digest of the file where there is one."""

    state: Literal["valid", "withdrawn", "unknown"]
    digest: str = ""


def answer(session: Session, typed: str) -> Answer:
    """Return what is said of a code; what was never issued and what cannot be a code are answered alike."""
    hashed = rules.code_hash(typed)
    row = session.execute(
        select(CertifiedCopy.digest, CertifiedCopy.withdrawn_at).where(CertifiedCopy.code_hash == (hashed or ""))
    ).first()
    if row is None:
        return Answer("unknown")
    return Answer("valid" if row.withdrawn_at is None else "withdrawn", row.digest)


def unknown_codes(session: Session, viewer: Viewer, *, since: datetime) -> Sequence[datetime]:
    """Return when this account asked for codes that there are not since a moment, oldest first."""
    mine = AuditEntry.person_id == viewer.person_id if viewer.person_id else AuditEntry.person_id.is_(None)
    asked = select(AuditEntry.at).where(AuditEntry.did == "copy.unknown-code", AuditEntry.at > since, mine)
    return session.scalars(asked.order_by(AuditEntry.seq)).all()


def copies(
    session: Session, viewer: Viewer, *, state: str = "", text: str = "", after: int | None = None, limit: int = 50
) -> CopyListing:
    """Return the register of the viewer's units, newest first, below the id `after`."""
    viewer.require(Right.COPY_ISSUE)
    wanted = _rows(viewer)
    if state:
        gone = CertifiedCopy.withdrawn_at
        wanted = wanted.where(gone.is_(None) if state == "valid" else gone.is_not(None))
    if said := text.strip():
        wanted = wanted.where(
            or_(
                CertifiedCopy.number.contains(said, autoescape=True),
                CertifiedCopy.receiver.contains(said, autoescape=True),
                HouseholdFile.account_no == said,
            )
        )
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if after is not None:
        wanted = wanted.where(CertifiedCopy.id < after)
    rows = session.execute(wanted.order_by(CertifiedCopy.id.desc()).limit(limit + 1)).all()
    shown = [_view(one) for one in rows[:limit]]
    return CopyListing(shown, shown[-1].id if len(rows) > limit else None, total)


def copy(session: Session, viewer: Viewer, copy_id: int) -> CopyView:
    """Return a copy of the viewer's units. Raises NotFound."""
    viewer.require(Right.COPY_ISSUE)
    found = session.execute(_rows(viewer).where(CertifiedCopy.id == copy_id)).first()
    if found is None:
        raise _not_found()
    return _view(found)


def of_request(session: Session, viewer: Viewer, request_key: str) -> CertifiedCopy | None:
    """Return the copy that the viewer's same form issued before, or none."""
    chosen = select(CertifiedCopy).where(CertifiedCopy.request_key == request_key)
    found = session.scalar(chosen)
    return found if found is not None and found.issued_by == viewer.person_id else None


def for_update(session: Session, viewer: Viewer, copy_id: int) -> CertifiedCopy:
    """Return the row of a copy of the viewer's units, locked. Raises NotFound."""
    viewer.require(Right.COPY_ISSUE)
    row = session.scalar(select(CertifiedCopy).where(CertifiedCopy.id == copy_id).with_for_update())
    if row is None or not viewer.may(Right.COPY_ISSUE, row.unit_id):
        raise _not_found()
    return row


def _rows(viewer: Viewer) -> Any:
    issuer, taker = aliased(Person), aliased(Person)
    return (
        select(
            CertifiedCopy,
            HouseholdFile.account_no,
            HouseholdFile.account_name,
            Unit.name.label("unit_name"),
            issuer.name.label("issuer"),
            taker.name.label("taker"),
        )
        .join(HouseholdFile, HouseholdFile.id == CertifiedCopy.household_id)
        .join(Unit, Unit.id == CertifiedCopy.unit_id)
        .outerjoin(issuer, issuer.id == CertifiedCopy.issued_by)
        .outerjoin(taker, taker.id == CertifiedCopy.withdrawn_by)
        .where(CertifiedCopy.unit_id.in_(viewer.units(Right.COPY_ISSUE)))
    )


def _view(found: Any) -> CopyView:
    row: CertifiedCopy = found[0]
    return CopyView(
        id=row.id,
        number=row.number,
        account_no=found.account_no,
        account_name=found.account_name,
        unit_id=row.unit_id,
        unit_name=found.unit_name,
        purpose=row.purpose,
        note=row.note,
        receiver=row.receiver,
        pages=tuple(row.pages),
        page_count=row.page_count,
        unmasked=row.unmasked,
        unmask_reason=row.unmask_reason,
        digest=row.digest,
        signed=row.signed,
        issued_by=found.issuer,
        issued_at=row.issued_at,
        withdrawn_by=found.taker,
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
    )


def _not_found() -> NotFound:
    return NotFound("copy.not-found", "没有这份证明复制件，或者您无权查看。请从登记簿里选择。")
