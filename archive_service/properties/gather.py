"""The facts of one run out of the database, frozen before anything is judged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from archive_service.audit.chain import Link, link_hash
from archive_service.audit.tables import AuditEntry
from archive_service.catalogue import load
from archive_service.holds.queries import holding
from archive_service.households.handed import HandOver
from archive_service.households.queries.judged import crossed
from archive_service.households.tables import ArchiveCode, CaseFile, CasePlace, HouseholdFile, Item, Page
from archive_service.lifecycle.tables import CaseStep, HandOverPaper
from archive_service.people.tables import Unit
from archive_service.properties.checks.compared import CROSS_CHECKS
from archive_service.properties.facts import (
    CaseFacts,
    Compared,
    CrossCheck,
    Facts,
    HandOverFacts,
    Known,
    ObjectFacts,
    PackageFacts,
    PageFacts,
    PaperFacts,
    ScanFacts,
    TrailFacts,
)
from archive_service.properties.scheme import Moment, Scheme
from archive_service.storage.tables import StoredObject

_A_TIME = 500
T = TypeVar("T")
#: Gives, by the ids of papers, the files that they came in; the workflow that receives them stands above this package.
ScansOf = Callable[[Session, Sequence[int]], Mapping[int, ScanFacts]]
#: Gives, by the ids of papers, the outcomes of the reckoning of their retention, as far as it was reckoned.
DuesOf = Callable[[Session, Sequence[int]], Mapping[int, str]]


@dataclass(frozen=True)
class Outside:
    """What the workflows above this package say of papers."""

    scans_of: ScansOf
    dues_of: DuesOf


@dataclass(frozen=True)
class Subject:
    """What is checked: a case, or a household or some items of it by number."""

    household_id: int
    case_id: int | None = None
    items: tuple[int, ...] | None = None


def papers_of(session: Session, subject: Subject) -> Sequence[Item]:
    """Return the filed papers of a subject, by number."""
    wanted = select(Item).where(Item.household_id == subject.household_id, Item.state == "filed")
    if subject.case_id is not None:
        wanted = wanted.where(Item.case_id == subject.case_id)
    if subject.items is not None:
        wanted = wanted.where(Item.item_no.in_(subject.items))
    loaded = wanted.options(selectinload(Item.fields), selectinload(Item.pages)).order_by(Item.item_no)
    return session.scalars(loaded.execution_options(populate_existing=True)).all()


def page_of(row: Page) -> PageFacts:
    """Return a page as the checks look at it."""
    return PageFacts(
        row.page_no,
        row.original_digest,
        row.original_page,
        row.image_digest,
        row.thumbnail_digest,
        row.lines_digest,
        row.width_px,
        row.height_px,
    )


def gather(
    session: Session,
    subject: Subject,
    *,
    scheme: Scheme,
    moment: Moment,
    outside: Outside,
    read: Mapping[str, ObjectFacts],
    scanner: str | None,
    today: date,
    package: PackageFacts | None = None,
) -> Facts:
    """Return the facts of a subject; `read` says how objects were found when they were read back."""
    head = session.get_one(HouseholdFile, subject.household_id)
    items = papers_of(session, subject)
    cases = _cases(session, subject, items)
    papers = _papers(session, items, cases, outside)
    compared = scheme.compared_at(moment)
    digests = {digest for one in papers for page in one.pages for digest in page.digests}
    return Facts(
        today=today,
        account_no=head.account_no,
        account_name=head.account_name,
        service_address=head.service_address,
        unit=session.get_one(Unit, head.unit_id).name,
        cases=tuple(_case(session, one, _crossed(session, subject, one, compared, today)) for one in cases),
        papers=papers,
        objects=objects_of(session, digests, read),
        trail=trail_of(
            session,
            {"household": [head.id], "case": [one.id for one in cases], "item": [one.id for one in items]},
        ),
        known=_known(scheme, cases),
        scanner=scanner,
        package=package,
        selection=subject.items is not None,
        compared=compared,
    )


def fingerprint(facts: Facts) -> str:
    """Return the sha256 over what was checked: numbers, types and contents of the papers."""
    said = [f"{one.item_no} {one.document_type} {' '.join(p.original for p in one.pages)}" for one in facts.papers]
    return hashlib.sha256("\n".join([facts.account_no, *said]).encode()).hexdigest()


def _cases(session: Session, subject: Subject, items: Sequence[Item]) -> list[CaseFile]:
    wanted = select(CaseFile).where(CaseFile.household_id == subject.household_id)
    if subject.case_id is not None:
        wanted = wanted.where(CaseFile.id == subject.case_id)
    if subject.items is not None:
        wanted = wanted.where(CaseFile.id.in_({one.case_id for one in items}))
    return list(session.scalars(wanted.order_by(CaseFile.application_no)))


def _papers(
    session: Session, items: Sequence[Item], cases: Sequence[CaseFile], outside: Outside
) -> tuple[PaperFacts, ...]:
    ids = [one.id for one in items]
    numbers = {one.id: one.application_no for one in cases}
    scans, dues = outside.scans_of(session, ids), outside.dues_of(session, ids)
    held = set(holding(session, ids))
    places = dict(
        row
        for part in _parts(ids)
        for row in session.execute(select(CasePlace.item_id, CasePlace.place).where(CasePlace.item_id.in_(part)))
    )
    return tuple(
        PaperFacts(
            item_id=one.id,
            item_no=one.item_no,
            application_no=numbers.get(one.case_id) if one.case_id is not None else None,
            document_type=one.document_type,
            title=one.title,
            document_date=one.document_date,
            sensitivity=one.sensitivity,
            medium=one.medium,
            confidence=one.confidence,
            filed_at=one.filed_at,
            fields={row.name: row.value for row in one.fields},
            pages=tuple(page_of(row) for row in one.pages),
            scan=scans.get(one.id),
            place=places.get(one.id),
            due=dues.get(one.id),
            held=one.id in held,
        )
        for one in items
    )


def _crossed(
    session: Session, subject: Subject, row: CaseFile, compared: Sequence[Compared], today: date
) -> tuple[CrossCheck, ...]:
    """Return what the cross-checks of a case come to, where the edition has them; some papers only say nothing."""
    if subject.items is not None or not any(one.rule in CROSS_CHECKS for one in compared):
        return ()
    found = crossed(session, row, today=today)
    papers = {seen.item for one in found for seen in one.observation.evidence if seen.item is not None}
    numbers = dict(session.execute(select(Item.id, Item.item_no).where(Item.id.in_(papers))).all())
    return tuple(
        CrossCheck(
            one.observation.rule,
            one.observation.status,
            tuple(sorted({numbers[seen.item] for seen in one.observation.evidence if seen.item is not None})),
            one.excused,
        )
        for one in found
    )


def _case(session: Session, row: CaseFile, cross_checks: tuple[CrossCheck, ...]) -> CaseFacts:
    code = session.scalar(select(ArchiveCode).where(ArchiveCode.case_id == row.id))
    places = session.scalars(select(CasePlace.place).where(CasePlace.case_id == row.id).order_by(CasePlace.place))
    steps = session.scalars(select(CaseStep.verb).where(CaseStep.case_id == row.id).order_by(CaseStep.seq))
    return CaseFacts(
        application_no=row.application_no,
        category=row.customer_category,
        business=row.business_type,
        accepted_on=row.accepted_on,
        energised_on=row.energised_on,
        state=row.state,
        complete=row.complete,
        lacking=row.missing_count + row.doubtful_count + row.deferred_count,
        edition=row.edition,
        archive_code=code.code if code else None,
        series=code.series if code else None,
        serial=code.serial if code else None,
        stages={one.stage: one.done_on for one in row.stages},
        steps=tuple(steps),
        places=tuple(places),
        hand_over=_hand_over(session, row.id),
        filed_at=row.filed_at,
        cross_checks=cross_checks,
        left=frozenset(session.scalars(select(Item.item_no).where(Item.case_id == row.id, Item.state == "withdrawn"))),
    )


def _hand_over(session: Session, case_id: int) -> HandOverFacts | None:
    newest = select(HandOver).where(HandOver.case_id == case_id).order_by(HandOver.round.desc()).limit(1)
    row = session.scalar(newest)
    if row is None:
        return None
    listed = select(HandOverPaper.item_no, HandOverPaper.page_count).where(HandOverPaper.hand_over_id == row.id)
    return HandOverFacts(row.giver_id, row.receiver_id, row.outcome, dict(session.execute(listed).all()))


def objects_of(session: Session, digests: Collection[str], read: Mapping[str, ObjectFacts]) -> dict[str, ObjectFacts]:
    """Return what is on record of objects, and how they were found when they were read back."""
    found: dict[str, ObjectFacts] = {}
    for part in _parts(sorted(digests)):
        for row in session.scalars(select(StoredObject).where(StoredObject.digest.in_(part))):
            found[row.digest] = replace(
                read.get(row.digest, ObjectFacts(row.digest, recorded=True)),
                recorded=True,
                size_bytes=row.size_bytes,
                checked_at=row.checked_at,
                lost=row.lost_at is not None,
            )
    return {one: found.get(one, read.get(one, ObjectFacts(one, recorded=False))) for one in sorted(digests)}


def trail_of(session: Session, about: Mapping[str, Sequence[int]]) -> TrailFacts:
    """Check every entry about records, ids by kind, against what it says and against the entry before it."""
    count, broken = 0, []
    for kind, keys in about.items():
        for part in _parts([str(key) for key in keys]):
            wanted = select(AuditEntry).where(AuditEntry.object_kind == kind, AuditEntry.object_id.in_(part))
            rows = session.scalars(wanted).all()
            count += len(rows)
            broken += _broken(session, rows)
    return TrailFacts(count, tuple(sorted(broken)))


def _broken(session: Session, rows: Sequence[AuditEntry]) -> list[int]:
    before: dict[int, str] = {}
    for part in _parts([row.seq - 1 for row in rows if row.seq > 1]):
        asked = select(AuditEntry.seq, AuditEntry.hash).where(AuditEntry.seq.in_(part))
        before |= dict(session.execute(asked).all())
    return [
        row.seq
        for row in rows
        if link_hash(row.previous_hash, _link(row)) != row.hash
        or (row.seq > 1 and before.get(row.seq - 1) != row.previous_hash)
    ]


def _link(row: AuditEntry) -> Link:
    return Link(
        row.seq, row.at, row.person_id, row.person_name, row.did, row.object_kind, row.object_id, row.unit_id, row.facts
    )


def _known(scheme: Scheme, cases: Sequence[CaseFile]) -> Known:
    editions = [*load.editions(), *(load.edition_for(one.accepted_on) for one in cases)]
    return Known(
        types=frozenset(code for one in editions for code in one.document_types),
        categories=frozenset(category for edition in editions for category, _ in edition.combinations),
        businesses=frozenset(business for edition in editions for _, business in edition.combinations),
        accepted_formats=frozenset(scheme.accepted_formats),
        lasting_formats=frozenset(scheme.lasting_formats),
    )


def _parts(values: Iterable[T]) -> Iterable[list[T]]:
    listed = list(values)
    return (listed[at : at + _A_TIME] for at in range(0, len(listed), _A_TIME))
