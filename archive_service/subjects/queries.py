"""The register for those who keep it, and what of it stands beside a paper."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from archive_service import workdays
from archive_service.copies.tables import CertifiedCopy
from archive_service.errors import NotFound
from archive_service.households.tables import HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer
from archive_service.restricted.tables import RestrictedReading, Restriction
from archive_service.subjects import rules
from archive_service.subjects.tables import SubjectItem, SubjectRequest


@dataclass(frozen=True)
class RequestView:
    """A request as the register shows it; names are none for the archive itself."""

    id: int
    number: str
    household_id: int
    account_no: str
    account_name: str
    unit_id: int
    unit_name: str
    kind: str
    asker: str
    relation: str
    proof: str
    proof_note: str
    words: str
    received_on: date
    due_on: date
    state: str
    made_by: str | None
    made_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    annotation: str
    copy_number: str | None
    letter_digest: str | None
    #: Papers that are stored only because of it, now.
    restricted: int


@dataclass(frozen=True)
class RequestListing:
    """A page of the register, newest first; `next` continues it."""

    rows: Sequence[RequestView]
    next: int | None
    total: int


@dataclass(frozen=True)
class PaperNamed:
    """A paper that a request names."""

    item_id: int
    item_no: int
    title: str
    document_type: str
    restricted: bool


@dataclass(frozen=True)
class Correction:
    """What a person had put beside a paper, and when."""

    number: str
    text: str
    at: datetime


def requests(
    session: Session,
    viewer: Viewer,
    *,
    state: str = "",
    text: str = "",
    household_id: int | None = None,
    today: date,
    after: int | None = None,
    limit: int = 50,
) -> RequestListing:
    """Return the register of the viewer's units, newest first, below the id `after`; `late` is open past its day.

    `text` is part of a number or of who asks, or a whole account number.
    """
    viewer.require(Right.SUBJECT_KEEP)
    wanted = _rows().where(SubjectRequest.unit_id.in_(viewer.units(Right.SUBJECT_KEEP)))
    if state:
        wanted = wanted.where(SubjectRequest.state == ("open" if state == "late" else state))
    if state == "late":
        wanted = wanted.where(SubjectRequest.due_on < today)
    if household_id is not None:
        wanted = wanted.where(SubjectRequest.household_id == household_id)
    if said := text.strip():
        number, asker = SubjectRequest.number, SubjectRequest.asker
        wanted = wanted.where(
            number.contains(said, autoescape=True)
            | asker.contains(said, autoescape=True)
            | (HouseholdFile.account_no == said)
        )
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    if after is not None:
        wanted = wanted.where(SubjectRequest.id < after)
    rows = session.execute(wanted.order_by(SubjectRequest.id.desc()).limit(limit + 1)).all()
    shown = [_view(row) for row in rows[:limit]]
    return RequestListing(shown, shown[-1].id if len(rows) > limit else None, total)


def request(session: Session, viewer: Viewer, request_id: int) -> RequestView:
    """Return a request of the viewer's units. Raises NotFound."""
    row = session.execute(_rows().where(SubjectRequest.id == request_id)).first()
    if row is None or not viewer.may(Right.SUBJECT_KEEP, row[0].unit_id):
        raise not_found()
    return _view(row)


def waiting(session: Session, viewer: Viewer, *, today: date, limit: int) -> Sequence[SubjectRequest]:
    """Return requests of the viewer's units that are to be answered soon or late, the most urgent first."""
    return session.scalars(
        _waiting(viewer, today).order_by(SubjectRequest.due_on, SubjectRequest.id).limit(limit)
    ).all()


def waiting_count(session: Session, viewer: Viewer, *, today: date) -> tuple[int, int]:
    """Return how many requests of the viewer's units are to be answered soon or late, and how many of them are late."""
    rows = _waiting(viewer, today).subquery()
    late = func.count().filter(rows.c.due_on < today)
    both = session.execute(select(func.count(), late).select_from(rows)).one()
    return both[0], both[1]


def _waiting(viewer: Viewer, today: date) -> Select[SubjectRequest]:
    soon = workdays.add_working_days(today, rules.SOON_WORKDAYS)
    mine = SubjectRequest.unit_id.in_(viewer.units(Right.SUBJECT_KEEP))
    return select(SubjectRequest).where(mine, SubjectRequest.state == "open", SubjectRequest.due_on <= soon)


def papers(session: Session, viewer: Viewer, request_id: int) -> list[PaperNamed]:
    """Return the papers that a request names, by number. Raises NotFound."""
    request(session, viewer, request_id)
    lasts = select(Restriction.id).where(
        Restriction.item_id == Item.id, Restriction.request_id == request_id, Restriction.ended_at.is_(None)
    )
    rows = session.execute(
        select(Item.id, Item.item_no, Item.title, Item.document_type, lasts.exists())
        .join(SubjectItem, SubjectItem.item_id == Item.id)
        .where(SubjectItem.request_id == request_id)
        .order_by(Item.item_no)
    )
    return [PaperNamed(*row) for row in rows]


def corrections(session: Session, item_ids: Collection[int]) -> dict[int, list[Correction]]:
    """Return what people had put beside papers, by item, oldest first; who asks has seen the papers."""
    rows = session.execute(
        select(SubjectItem.item_id, SubjectRequest.number, SubjectRequest.annotation, SubjectRequest.decided_at)
        .join(SubjectRequest, SubjectRequest.id == SubjectItem.request_id)
        .where(SubjectItem.item_id.in_(item_ids), SubjectRequest.kind == "annotate", SubjectRequest.state == "granted")
        .order_by(SubjectRequest.decided_at, SubjectRequest.id)
    )
    found: dict[int, list[Correction]] = {}
    for item_id, number, text, at in rows:
        # What was granted has its moment: the table sees to it.
        assert at is not None
        found.setdefault(item_id, []).append(Correction(number, text, at))
    return found


def openings(session: Session, viewer: Viewer, request_id: int) -> list[tuple[datetime, str, int, str]]:
    """Return who opened papers of a request, when, which and why, newest first. Raises NotFound."""
    request(session, viewer, request_id)
    rows = session.execute(
        select(RestrictedReading.opened_at, Person.name, Item.item_no, RestrictedReading.reason)
        .join(Person, Person.id == RestrictedReading.person_id)
        .join(Item, Item.id == RestrictedReading.item_id)
        .join(SubjectItem, SubjectItem.item_id == Item.id)
        .where(SubjectItem.request_id == request_id)
        .order_by(RestrictedReading.id.desc())
        .limit(100)
    )
    return [(at, name, item_no, reason) for at, name, item_no, reason in rows]


def for_update(session: Session, viewer: Viewer, request_id: int) -> SubjectRequest:
    """Return the row of a request, locked. Raises NotFound."""
    chosen = select(SubjectRequest).where(SubjectRequest.id == request_id).with_for_update()
    row = session.scalar(chosen.execution_options(populate_existing=True))
    if row is None or not viewer.may(Right.SUBJECT_KEEP, row.unit_id):
        raise not_found()
    return row


def not_found() -> NotFound:
    """Return the answer for a request that does not exist, or that this person may not know of."""
    return NotFound("subject.not-found", "没有这项个人信息要求，或者您无权查看。请从列表里选择。")


def _rows() -> Select[Any]:
    maker, decider = aliased(Person), aliased(Person)
    lasting = select(func.count(Restriction.id)).where(
        Restriction.request_id == SubjectRequest.id, Restriction.ended_at.is_(None)
    )
    return (
        select(
            SubjectRequest,
            HouseholdFile.account_no,
            HouseholdFile.account_name,
            Unit.name.label("unit_name"),
            maker.name.label("maker"),
            decider.name.label("decider"),
            CertifiedCopy.number.label("copy_number"),
            lasting.correlate(SubjectRequest).scalar_subquery().label("lasting"),
        )
        .join(HouseholdFile, HouseholdFile.id == SubjectRequest.household_id)
        .join(Unit, Unit.id == SubjectRequest.unit_id)
        .outerjoin(maker, maker.id == SubjectRequest.made_by)
        .outerjoin(decider, decider.id == SubjectRequest.decided_by)
        .outerjoin(CertifiedCopy, CertifiedCopy.id == SubjectRequest.copy_id)
    )


def _view(found: Any) -> RequestView:
    row: SubjectRequest = found[0]
    return RequestView(
        id=row.id,
        number=row.number,
        household_id=row.household_id,
        account_no=found.account_no,
        account_name=found.account_name,
        unit_id=row.unit_id,
        unit_name=found.unit_name,
        kind=row.kind,
        asker=row.asker,
        relation=row.relation,
        proof=row.proof,
        proof_note=row.proof_note,
        words=row.words,
        received_on=row.received_on,
        due_on=row.due_on,
        state=row.state,
        made_by=found.maker,
        made_at=row.made_at,
        decided_by=found.decider,
        decided_at=row.decided_at,
        reason=row.reason,
        annotation=row.annotation,
        copy_number=found.copy_number,
        letter_digest=row.letter_digest,
        restricted=found.lasting,
    )
