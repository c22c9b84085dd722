"""What a scanned or typed code means: a place, papers, or nothing that the archive knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from archive_service import ids
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.households.tables import ArchiveCode, CasePlace, HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import shown_title
from archive_service.rooms.rules import LONGEST_CODE
from archive_service.rooms.tables import PaperPlace, Place

#: An item number is short; what stands before it is an account number or an archive code.
_LONGEST_NO = 6
#: Databases take so many values in one statement.
_AT_ONCE = 5000


@dataclass(frozen=True)
class Paper:
    """A paper that a code names, and whose it is."""

    item_id: int
    item_no: int
    account_no: str
    unit_id: int
    document_type: str
    title: str
    state: str

    @property
    def number(self) -> str:
        """Return the number that lists of papers show: account and running number."""
        return f"{self.account_no}-{self.item_no:03d}"


@dataclass(frozen=True)
class Meaning:
    """What a code names: a place, or papers; of a case all that are filed in it."""

    text: str
    place: Place | None = None
    papers: Sequence[Paper] = ()
    #: The code is that of a whole case.
    of_case: bool = False


def meaning(session: Session, viewer: Viewer, text: str) -> Meaning:
    """Return what a code means to somebody who reads rooms.

    Raises Invalid for an empty or endless one, Refused for one of another unit, NotFound for one that the archive
    does not know, such as the QR code of a parcel.
    """
    said = ids.compact(text)
    if not said:
        raise Invalid("room.no-code", "没有扫到内容。请再扫一次，或者键入标签上的编码后按回车。")
    if len(said) <= LONGEST_CODE:
        place = _place(session, said)
        if place is not None:
            if not viewer.may(Right.ROOM_READ, place.unit_id):
                raise _other_unit(session, said, place.unit_id)
            return Meaning(said, place=place)
        of_case, papers = _papers(session, said)
        if papers:
            seen = papers if viewer.may(Right.RECORD_READ, papers[0].unit_id) else _in_care(session, viewer, papers)
            if not seen:
                raise _other_unit(session, said, papers[0].unit_id)
            return Meaning(said, papers=seen, of_case=of_case)
    raise NotFound(
        "room.unknown-code",
        f"“{said[:40]}”不是档案室的编码（可能是快递、付款等别处的二维码）。请扫盒、层标签，或者资料的件号、档号。",
        given=said[:LONGEST_CODE],
    )


def papers_of(session: Session, item_ids: Sequence[int]) -> dict[int, Paper]:
    """Return papers by the ids of their items."""
    found: dict[int, Paper] = {}
    for at in range(0, len(item_ids), _AT_ONCE):
        rows = session.execute(_wanted().where(Item.id.in_(item_ids[at : at + _AT_ONCE])))
        found |= {paper.item_id: paper for paper in map(_paper, rows)}
    return found


def _in_care(session: Session, viewer: Viewer, papers: Sequence[Paper]) -> list[Paper]:
    """Return those of another unit's papers that were transferred into rooms that the viewer sees."""
    kept = (
        select(PaperPlace.item_id, func.coalesce(Place.unit_id, PaperPlace.unit_id))
        .outerjoin(Place, Place.id == PaperPlace.box_id)
        .where(PaperPlace.item_id.in_([one.item_id for one in papers]))
    )
    units = dict(session.execute(kept).all())
    return [one for one in papers if viewer.may(Right.ROOM_READ, units.get(one.item_id, one.unit_id))]


def _place(session: Session, said: str) -> Place | None:
    return session.scalar(select(Place).where(Place.code.in_({said, said.upper()})))


def _papers(session: Session, said: str) -> tuple[bool, list[Paper]]:
    """Return the papers that a code names: one by its number in the file or in its case, or those of a case."""
    meant = ids.archive_codes_meant(said)
    of_case = _wanted().join(ArchiveCode, ArchiveCode.case_id == Item.case_id).where(ArchiveCode.code.in_(meant))
    found = [_paper(row) for row in session.execute(of_case.where(Item.state == "filed").order_by(Item.item_no))]
    if found:
        return True, found
    before, sign, number = said.rpartition("-")
    if not sign or not number.isascii() or not number.isdigit() or len(number) > _LONGEST_NO:
        return False, []
    by_account = _wanted().where(HouseholdFile.account_no == before, Item.item_no == int(number))
    by_place = (
        _wanted()
        .join(CasePlace, CasePlace.item_id == Item.id)
        .join(ArchiveCode, ArchiveCode.case_id == CasePlace.case_id)
        .where(ArchiveCode.code.in_(ids.archive_codes_meant(before)), CasePlace.place == int(number))
    )
    for wanted in (by_account, by_place):
        row = session.execute(wanted).first()
        if row is not None:
            return False, [_paper(row)]
    return False, []


def _wanted() -> Select[Item, str, int, str]:
    # Whoever handles the paper itself needs no words of one that is stored only.
    title = shown_title(Item.id, Item.title, Item.document_type, opened=())
    columns = select(Item, HouseholdFile.account_no, HouseholdFile.unit_id, title)
    return columns.join(HouseholdFile, HouseholdFile.id == Item.household_id)


def _paper(row: Any) -> Paper:
    item, account_no, unit_id, title = row
    return Paper(item.id, item.item_no, account_no, unit_id, item.document_type, title, item.state)


def _other_unit(session: Session, said: str, unit_id: int) -> Refused:
    name = session.scalar(select(Unit.name).where(Unit.id == unit_id)) or ""
    return Refused(
        "room.other-unit",
        f"“{said[:40]}”是{name}的编码，不归您管。请放在一边，交还该单位，或者由该单位办理移交。",
        given=said[:LONGEST_CODE],
    )
