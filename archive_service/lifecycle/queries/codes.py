"""Which filed cases have no archive code yet: those that were filed before there were any."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from archive_service.households.tables import ArchiveCode, CaseFile


def unnumbered(session: Session) -> list[int]:
    """Return the ids of filed cases without a code, in the order in which they were filed; for the program itself."""
    known = exists().where(ArchiveCode.case_id == CaseFile.id)
    wanted = select(CaseFile.id).where(CaseFile.filed_at.is_not(None), ~known)
    return list(session.scalars(wanted.order_by(CaseFile.filed_at, CaseFile.id)))
