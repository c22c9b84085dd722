"""The papers that the archive made itself, and what is wanted of the lock of each: by a rule as data, `paper_rules`.

A kind is owed when there are more papers of it than when it was last done, when the rule is another, and each day.
Holds are not mirrored here: they are for papers of households, and a copy of a paper that is held is no such paper.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from archive_service.borrowing.tables import LoanRequest
from archive_service.copies.tables import CertifiedCopy
from archive_service.exchange.tables import CarriedHistory
from archive_service.households.tables import Item
from archive_service.proofs.tables import AuditRun
from archive_service.properties.tables import PropertyRun
from archive_service.storage.tables import ObjectLock
from archive_service.zone import local
from retention.disposal_tables import DisposalList
from retention.lock_rules import Holder, Wish, step_of, wish
from retention.lock_work import Work, look_up
from retention.paper_rules import PaperRule, PaperRules
from retention.rules import plus_years
from retention.tables import PaperLockMark, RetentionDue

#: Papers that are looked at in one transaction.
A_TIME = 200
_Column = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
_Moment = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]


@dataclass(frozen=True)
class Kind:
    """Papers of one kind: the column of their digests, when each was made, and what it belongs to."""

    name: str
    digest: _Column
    made_at: _Moment
    #: Further columns of the row, from which `holders` are found.
    more: tuple[InstrumentedAttribute[Any], ...] = ()
    #: Which rows of the table are meant; none: all.
    only: tuple[ColumnElement[bool], ...] = ()


KINDS = (
    Kind("loan_letter", LoanRequest.letter_digest, LoanRequest.asked_at),
    Kind("certified_copy", CertifiedCopy.digest, CertifiedCopy.issued_at, (CertifiedCopy.pages,)),
    Kind("appraisal_report", DisposalList.report_digest, DisposalList.proposed_at),
    Kind("destruction_certificate", DisposalList.certificate_digest, DisposalList.done_at),
    Kind("property_report", PropertyRun.report_digest, PropertyRun.finished_at,
         (PropertyRun.household_id, PropertyRun.case_id), (PropertyRun.batch_id.is_(None),)),
    Kind("property_data", PropertyRun.data_digest, PropertyRun.finished_at,
         (PropertyRun.household_id, PropertyRun.case_id), (PropertyRun.batch_id.is_(None),)),
    # A batch is of many households, and of none: its check is a record of the hand-over.
    Kind("batch_report", PropertyRun.report_digest, PropertyRun.finished_at, (), (PropertyRun.batch_id.is_not(None),)),
    Kind("batch_data", PropertyRun.data_digest, PropertyRun.finished_at, (), (PropertyRun.batch_id.is_not(None),)),
    Kind("audit_bundle", AuditRun.digest, AuditRun.finished_at),
    Kind("carried_history", CarriedHistory.digest, CarriedHistory.carried_at),
)  # fmt: skip


def owed(session: Session, rules: PaperRules, *, today: date) -> list[Kind]:
    """Return the kinds of which some papers may be owed a lock."""
    marks = {one.kind: one for one in session.scalars(select(PaperLockMark))}
    return [
        kind for kind in KINDS if not rules.of(kind.name).again and not _is_done(session, kind, rules, marks, today)
    ]


def some(
    session: Session, kind: Kind, rules: PaperRules, after: str, *, now: datetime, today: date, span: timedelta
) -> tuple[Work, str | None]:
    """Return the next papers of a kind behind the digest `after`, and the last digest of them; none at the end."""
    wanted = select(kind.digest.label("digest"), kind.made_at.label("made_at"), *kind.more)
    rows = session.execute(wanted.where(kind.digest > after, *kind.only).order_by(kind.digest).limit(A_TIME)).all()
    rule = rules.of(kind.name)
    wishes: dict[str, Wish] = {}
    holders = _holders(session, rule, rows)
    for row in rows:
        before = wishes.get(row.digest)
        found = wish(holders(row), now=now, span=span)
        wishes[row.digest] = found if before is None else _longer(before, found)
    known, there = look_up(session, wishes)
    last = rows[-1].digest if len(rows) == A_TIME else None
    count = _count(session, kind) if last is None else 0
    as_held = _keep_holds(wishes, known)

    def mark(writing: Session) -> None:
        if last is None:
            done = writing.get(PaperLockMark, kind.name) or PaperLockMark(kind=kind.name)
            done.rule, done.papers, done.done_on = _stamp(rule), count, today
            writing.add(done)

    return Work({"papers": kind.name}, as_held, known, there, mark), last


def _holders(session: Session, rule: PaperRule, rows: Sequence[Row[Any]]) -> Callable[[Row[Any]], list[Holder]]:
    """Return what says which records hold a paper of these rows, and until when."""
    if rule.follows == "papers":
        shown = {row.digest: {int(page["item"]) for page in row.pages} for row in rows}
        dues = _dues(session, {item for items in shown.values() for item in items})
        return lambda row: [_first(dues, shown[row.digest])]
    cases = _cases(session, rows) if rule.follows == "case" else {}

    def of_rule(row: Row[Any]) -> list[Holder]:
        found = [Holder(None, held=False)] if rule.permanent else []
        if rule.years is not None:
            found.append(Holder(plus_years(local(row.made_at).date(), rule.years), held=False))
        if rule.follows == "case":
            found.append(cases.get((row.household_id, row.case_id), Holder(None, held=False)))
        return found

    return of_rule


def _first(dues: Mapping[int, tuple[str, date | None]], items: Collection[int]) -> Holder:
    """Return until when a copy is kept that goes with the first of its papers that is destroyed."""
    outcomes = [dues.get(item, ("", None)) for item in items]
    days = [due_on for _, due_on in outcomes if due_on is not None]
    step = min((step_of(outcome) for outcome, due_on in outcomes if due_on is None), default=step_of(""))
    return Holder(min(days, default=None), held=False, step=step)


def _dues(session: Session, items: Collection[int]) -> dict[int, tuple[str, date | None]]:
    asked, found = sorted(items), {}
    for start in range(0, len(asked), 500):
        wanted = select(RetentionDue.item_id, RetentionDue.outcome, RetentionDue.due_on)
        rows = session.execute(wanted.where(RetentionDue.item_id.in_(asked[start : start + 500])))
        found.update({item: (outcome, due_on) for item, outcome, due_on in rows})
    return found


def _cases(session: Session, rows: Sequence[Row[Any]]) -> dict[tuple[int, int | None], Holder]:
    """Return until when the papers of a case, or of a household without one, are kept: the longest of them."""
    found: dict[tuple[int, int | None], Holder] = {}
    for household, case in {(row.household_id, row.case_id) for row in rows}:
        which = Item.household_id == household if case is None else Item.case_id == case
        asked = select(func.count(), func.count(RetentionDue.due_on), func.max(RetentionDue.due_on))
        kept = and_(RetentionDue.item_id == Item.id, which)
        count, dated, last = session.execute(asked.select_from(Item).join(RetentionDue, kept)).one()
        found[(household, case)] = Holder(last if count == dated else None, held=False)
    return found


def _longer(one: Wish, other: Wish) -> Wish:
    """Return what is wanted of an object that is two papers."""
    least = [day for day in (one.least, other.least) if day is not None]
    until = [day for day in (one.until, other.until) if day is not None]
    return Wish(max(least, default=None), max(until, default=None), one.held or other.held)


def _keep_holds(wishes: Mapping[str, Wish], known: Mapping[tuple[str, str], ObjectLock]) -> dict[str, Wish]:
    """Leave a hold on an object that is also a page: whoever looks after pages lifts it."""
    held = {digest for (_, digest), row in known.items() if row.held}
    return {digest: Wish(one.least, one.until, held=digest in held) for digest, one in wishes.items()}


def _is_done(session: Session, kind: Kind, rules: PaperRules, marks: Mapping[str, PaperLockMark], today: date) -> bool:
    mark = marks.get(kind.name)
    if mark is None or mark.done_on != today or mark.rule != _stamp(rules.of(kind.name)):
        return False
    return mark.papers == _count(session, kind)


def _count(session: Session, kind: Kind) -> int:
    return session.scalar(select(func.count(kind.digest)).where(*kind.only)) or 0


def _stamp(rule: PaperRule) -> str:
    return hashlib.sha256(rule.model_dump_json().encode()).hexdigest()[:16]
