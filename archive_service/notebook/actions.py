"""Remember and forget for a person; pin notes to pages and take them off."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.households.views import PageView
from archive_service.notebook.rules import LONGEST_CONTENT, LONGEST_NAME, LONGEST_NOTE, MOST, MOST_NOTES, Kind, is_place
from archive_service.notebook.tables import PageNote, Remembered
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


def remember(session: Session, viewer: Viewer, kind: Kind, name: str, content: str = "", *, now: datetime) -> None:
    """Remember something for the viewer, in the place of what had the same name; the oldest makes room.

    Nobody is told and nothing is audited: it is the person's own notepad. Raises Invalid when it is too long or empty.
    """
    if viewer.person_id is None:
        return
    if not 1 <= len(name) <= LONGEST_NAME or len(content) > LONGEST_CONTENT:
        raise Invalid("notebook.too-long", f"名称要在 1 到 {LONGEST_NAME} 字之间。请缩短后再试。")
    row = session.scalar(
        select(Remembered).where(
            Remembered.person_id == viewer.person_id, Remembered.kind == kind.value, Remembered.name == name
        )
    )
    if row is not None:
        row.content, row.at = content, now
        session.flush()
        return
    made = Remembered(person_id=viewer.person_id, kind=kind.value, name=name, content=content, at=now)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        # Two windows of one person at the same moment; one of them has remembered it.
        return
    _make_room(session, viewer.person_id, kind)


def _make_room(session: Session, person_id: int, kind: Kind) -> None:
    mine = select(Remembered.id).where(Remembered.person_id == person_id, Remembered.kind == kind.value)
    old = session.scalars(mine.order_by(Remembered.at.desc(), Remembered.id.desc()).offset(MOST[kind])).all()
    if old:
        session.execute(delete(Remembered).where(Remembered.id.in_(old)))


def forget(session: Session, viewer: Viewer, kind: Kind, name: str | None = None) -> None:
    """Forget what is remembered under a name, or everything of the kind; what is not there stays so."""
    gone = delete(Remembered).where(Remembered.person_id == viewer.person_id, Remembered.kind == kind.value)
    session.execute(gone if name is None else gone.where(Remembered.name == name))


def pin_note(session: Session, viewer: Viewer, page: PageView, *, x: int, y: int, text: str, now: datetime) -> int:
    """Pin a note to a place on a page that the viewer may see and return its number.

    The place is given in thousandths of the upright page. Raises NotPermitted where the page is hidden from the viewer,
    Invalid for a place off the page or a text that is empty or too long, Refused when the page is full of notes.
    """
    if page.withheld or viewer.person_id is None:
        raise NotPermitted("note.withheld", "您看不到这一页的影像，不能在上面加批注。请先申请借阅。")
    said = text.strip()
    if not 1 <= len(said) <= LONGEST_NOTE or not is_place(x, y):
        raise Invalid("note.invalid", f"批注要在 1 到 {LONGEST_NOTE} 字之间，并落在页面上。请改正后再试。")
    standing = select(func.count()).where(
        PageNote.item_id == page.item.id, PageNote.page_no == page.page_no, PageNote.taken_off_at.is_(None)
    )
    if (session.scalar(standing) or 0) >= MOST_NOTES:
        raise Refused("note.too-many", f"这一页已有 {MOST_NOTES} 条批注。请先取下不再需要的批注。")
    note = PageNote(
        item_id=page.item.id, page_no=page.page_no, x=x, y=y, text=said, pinned_by=viewer.person_id, pinned_at=now
    )
    session.add(note)
    session.flush()
    _tell(session, viewer, page, "note.pinned", note, now=now)
    return note.id


def take_note_off(session: Session, viewer: Viewer, page: PageView, note_id: int, *, now: datetime) -> None:
    """Take a note off its page: one's own, or any for who may change items. Raises NotFound, NotPermitted."""
    note = session.get(PageNote, note_id)
    here = note is not None and (note.item_id, note.page_no) == (page.item.id, page.page_no)
    if note is None or not here or note.taken_off_at is not None or page.withheld:
        raise NotFound("note.not-found", "没有这条批注，或者已被取下。请刷新页面。")
    if note.pinned_by != viewer.person_id:
        viewer.require(Right.ITEM_CHANGE, page.item.unit_id)
    note.taken_off_by, note.taken_off_at = viewer.person_id, now
    session.flush()
    _tell(session, viewer, page, "note.taken-off", note, now=now)


def _tell(session: Session, viewer: Viewer, page: PageView, did: str, note: PageNote, *, now: datetime) -> None:
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="item",
        object_id=page.item.id,
        unit_id=page.item.unit_id,
        # What was written stays with the note: the trail outlives what may have to be forgotten.
        facts={"note": note.id, "page": note.page_no},
        now=now,
    )
