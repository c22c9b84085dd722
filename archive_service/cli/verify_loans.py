"""Whether the rows of borrowing are still what the trail says was done: a loan changed, removed or invented is named.

Every step of borrowing is an entry about its wish, `loan N`. From the entries follows how the wish, its decision, the
readings that it opened and the papers that went out have to stand; what people wrote in words stays out of the trail,
and so is not compared.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import String, func, select, type_coerce
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import InstrumentedAttribute, Session

from archive_service.audit.tables import AuditEntry
from archive_service.borrowing.rules import Ending, State, pages_mark
from archive_service.borrowing.tables import (
    GrantPage,
    LentPaper,
    LoanDecision,
    LoanRequest,
    LoanWish,
    PageReading,
    PaperLoan,
    ReadingGrant,
    WishPage,
)
from archive_service.cli.findings import Finding
from archive_service.cli.verify_trail import DIFFERS, GONE
from archive_service.households.tables import HouseholdFile

INVENTED = "数据库中有这一条，而审计链没有记下它，不是由程序写入的。请保留现场，与备份比对。"
_AT_ONCE = 500
_CLOSED = frozenset({"returned", "lost"})

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class _Entry:
    did: str
    at: datetime
    person_id: int | None
    facts: Facts


@dataclass
class _Story:
    """How the rows of one wish stand, by column; of what is left out nothing is known."""

    wish: dict[str, Any] = field(default_factory=dict)
    decision: dict[str, Any] = field(default_factory=dict)
    grants: dict[int, dict[str, Any]] = field(default_factory=dict)
    loans: dict[int, dict[str, Any]] = field(default_factory=dict)


def findings(session: Session, *, altered: Collection[int]) -> list[Finding]:
    """Compare the rows of borrowing with the trail; of a wish with an `altered` entry nothing is believed."""
    first = _compared(session, altered)
    # Somebody who borrows meanwhile is between an entry and a row only while this reads; they do not look so twice.
    again = set(_compared(session, altered)) if first else set()
    return [one for one in first if one in again]


def _compared(session: Session, altered: Collection[int]) -> list[Finding]:
    try:
        told, unbelieved = _told(session, altered)
    except DatabaseError:
        # Text that is none; the chain has named its entry.
        return []
    found: list[Finding] = []
    numbers = iter(sorted(told))
    while part := list(islice(numbers, _AT_ONCE)):
        rows = _rows(session, part)
        found += [one for number in part for one in _differing(number, told[number], rows.get(number))]
    return found + list(_invented(session, {*told, *unbelieved}))


def _differing(number: int, told: _Story, row: _Story | None) -> Iterator[Finding]:
    name = f"loan {number}"
    if row is None:
        yield Finding("row.gone", name, GONE)
        return
    pairs = [(told.wish, row.wish), (told.decision, row.decision)]
    for kind, said, there in (("grant", told.grants, row.grants), ("handed-out", told.loans, row.loans)):
        pairs += [(said[one], there[one]) for one in sorted(said.keys() & there.keys())]
        yield from (Finding("row.gone", f"{name} {kind} {one}", GONE) for one in sorted(said.keys() - there.keys()))
        yield from (
            Finding("row.not-in-trail", f"{name} {kind} {one}", INVENTED) for one in sorted(there.keys() - said.keys())
        )
    if bool(told.decision) != bool(row.decision) or any(_unlike(said, there) for said, there in pairs):
        yield Finding("row.differs-from-trail", name, DIFFERS)


def _unlike(said: Facts, there: Facts) -> bool:
    return any(there.get(name) != value for name, value in said.items())


def _invented(session: Session, known: Collection[int]) -> Iterator[Finding]:
    """Find wishes of which no entry speaks."""
    for number in session.scalars(select(LoanWish.id).order_by(LoanWish.id)):
        if number not in known:
            yield Finding("row.not-in-trail", f"loan {number}", INVENTED)


def _told(session: Session, altered: Collection[int]) -> tuple[dict[int, _Story], set[int]]:
    """Return what the trail says of each wish, and the wishes whose entries are not whole."""
    asked = (
        select(
            AuditEntry.object_id, AuditEntry.seq, AuditEntry.did, AuditEntry.at, AuditEntry.person_id,
            type_coerce(AuditEntry.facts, String),
        )
        .where(AuditEntry.object_kind == "loan", AuditEntry.did.in_(_STEPS))
        .order_by(AuditEntry.object_id, AuditEntry.seq)
    )  # fmt: skip
    told: dict[int, _Story] = {}
    unbelieved: set[int] = set()
    # Read to the end: rows are asked for meanwhile.
    for number, of in groupby(session.execute(asked).all(), key=lambda row: row[0]):
        if not number.isascii() or not number.isdigit():
            continue
        entries = list(of)
        try:
            if any(row.seq in altered for row in entries):
                raise ValueError("not to be believed")
            told[int(number)] = _story(
                _Entry(did, at, person_id, json.loads(facts)) for _, _, did, at, person_id, facts in entries
            )
        except (ValueError, TypeError, LookupError, RecursionError):
            unbelieved.add(int(number))
    return told, unbelieved


def _story(entries: Iterable[_Entry]) -> _Story:
    story = _Story()
    for one in entries:
        _STEPS[one.did](story, one)
    return story


def _picked(facts: Facts, *names: str) -> dict[str, Any]:
    return {name: facts[name] for name in names if name in facts}


def _asked(story: _Story, one: _Entry) -> None:
    names = ("account_no", "way", "pages", "purpose", "rule", "level", "emergency", "which")
    story.wish = {
        **_picked(one.facts, *names), "request": one.facts["request"], "asker": one.person_id, "asked_at": one.at,
        "queued_at": one.at, "state": State.ASKED.value,
    }  # fmt: skip


def _decided(story: _Story, one: _Entry) -> None:
    refused = one.did == "loan.refused"
    story.wish["state"] = (State.REFUSED if refused else State.APPROVED).value
    story.decision = {
        **_picked(one.facts, "outcome", "level", "deputy_for"), "by": one.person_id, "at": one.at,
        "pages": one.facts["pages"],
    }  # fmt: skip


def _withdrawn(story: _Story, one: _Entry) -> None:
    story.wish["state"] = State.WITHDRAWN.value


def _passed_over(story: _Story, one: _Entry) -> None:
    story.wish["queued_at"] = one.at


def _opened(story: _Story, one: _Entry) -> None:
    story.grants[one.facts["grant"]] = {
        **_picked(one.facts, "until", "pages", "unmasked", "which"), "reader": story.wish.get("asker"),
        "begins_at": one.at, "printed": 0, "prints_listed": 0, "why": None,
    }  # fmt: skip


def _ended(story: _Story, one: _Entry) -> None:
    why = one.facts["why"]
    story.grants[one.facts["grant"]] |= {"why": why, "ended_by": one.person_id}
    if story.wish.get("state") == State.APPROVED and why != Ending.DECIDED:
        story.wish["state"] = State.DONE.value


def _printed(story: _Story, one: _Entry) -> None:
    # The reading that is printed from is the last one that was opened.
    grant = story.grants[max(story.grants)]
    grant["printed"], grant["prints_listed"] = one.facts["count"], grant["prints_listed"] + 1


def _handed_out(story: _Story, one: _Entry) -> None:
    story.loans[one.facts["loan"]] = {
        "holder": one.facts["holder"], "papers": one.facts["papers"], "pages": one.facts["pages"],
        "due_on": one.facts["due_on"], "by": one.person_id, "at": one.at, "renewals": 0, "recalled_at": None,
        "state": "out", "back": 0, "faulty": 0,
    }  # fmt: skip


def _renewed(story: _Story, one: _Entry) -> None:
    loan = story.loans[one.facts["loan"]]
    loan["due_on"], loan["renewals"] = one.facts["due_on"], loan["renewals"] + 1


def _recalled(story: _Story, one: _Entry) -> None:
    story.loans[one.facts["loan"]] |= {"due_on": one.facts["due_on"], "recalled_at": one.at}


def _returned(story: _Story, one: _Entry) -> None:
    loan = story.loans[one.facts["loan"]]
    loan["back"] += one.facts["papers"]
    loan["faulty"] += one.facts["faulty"]
    _closed(story, loan, one.facts["state"])


def _lost(story: _Story, one: _Entry) -> None:
    loan = story.loans[one.facts["loan"]]
    if "state" in one.facts:
        _closed(story, loan, one.facts["state"])
    else:
        # Entries of before did not say whether the loan was over with it.
        loan.pop("state", None)
        story.wish.pop("state", None)


def _closed(story: _Story, loan: dict[str, Any], state: str) -> None:
    loan["state"] = state
    if state in _CLOSED:
        story.wish["state"] = State.DONE.value


_STEPS: Mapping[str, Callable[[_Story, _Entry], None]] = {
    "loan.asked": _asked,
    "loan.approved": _decided,
    "loan.refused": _decided,
    "loan.withdrawn": _withdrawn,
    "reading.opened": _opened,
    "reading.ended": _ended,
    "page.printed": _printed,
    "paper.handed-out": _handed_out,
    "paper.renewed": _renewed,
    "paper.recalled": _recalled,
    "paper.passed-over": _passed_over,
    "paper.returned": _returned,
    "paper.lost": _lost,
}


def _rows(session: Session, ids: Collection[int]) -> dict[int, _Story]:
    """Return how the rows of wishes stand, by the names that the trail uses."""
    pages = _pages(session, WishPage.wish_id, WishPage.item_id, WishPage.page_no, ids)
    found = {
        wish.id: _Story(
            wish={
                "account_no": account_no, "way": wish.way, "pages": len(pages[wish.id]), "purpose": request.purpose,
                "rule": wish.rule, "level": wish.level, "emergency": request.emergency, "request": request.id,
                "asker": request.asker_id, "asked_at": request.asked_at, "queued_at": wish.queued_at,
                "state": wish.state, "which": pages_mark(pages[wish.id]),
            }
        )
        for wish, request, account_no in session.execute(
            select(LoanWish, LoanRequest, HouseholdFile.account_no)
            .join(LoanRequest, LoanRequest.id == LoanWish.request_id)
            .join(HouseholdFile, HouseholdFile.id == LoanWish.household_id)
            .where(LoanWish.id.in_(ids))
        )
    }  # fmt: skip
    _add_decisions(session, found)
    _add_grants(session, found)
    _add_loans(session, found)
    return found


def _pages(
    session: Session,
    of: InstrumentedAttribute[int],
    item: InstrumentedAttribute[int],
    page: InstrumentedAttribute[int],
    ids: Collection[int],
) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, item_id, page_no in session.execute(select(of, item, page).where(of.in_(ids))):
        found[number].append((item_id, page_no))
    return found


def _add_decisions(session: Session, found: Mapping[int, _Story]) -> None:
    yes = select(WishPage.wish_id, func.count()).where(WishPage.wish_id.in_(found), WishPage.approved.is_(True))
    approved = dict(session.execute(yes.group_by(WishPage.wish_id)).all())
    for row in session.scalars(select(LoanDecision).where(LoanDecision.wish_id.in_(found))):
        found[row.wish_id].decision = {
            "outcome": row.outcome, "level": row.level, "deputy_for": row.deputy_for, "by": row.decided_by,
            "at": row.decided_at, "pages": approved.get(row.wish_id, 0),
        }  # fmt: skip


def _add_grants(session: Session, found: Mapping[int, _Story]) -> None:
    grants = session.scalars(select(ReadingGrant).where(ReadingGrant.wish_id.in_(found))).all()
    ids = [one.id for one in grants]
    pages = _pages(session, GrantPage.grant_id, GrantPage.item_id, GrantPage.page_no, ids)
    listed = select(PageReading.grant_id, func.count()).where(PageReading.grant_id.in_(ids), PageReading.printed)
    prints = dict(session.execute(listed.group_by(PageReading.grant_id)).all())
    for row in grants:
        found[row.wish_id].grants[row.id] = {
            "until": row.ends_at.isoformat(), "pages": len(pages[row.id]), "unmasked": row.unmasked,
            "which": pages_mark(pages[row.id]), "reader": row.person_id, "begins_at": row.begins_at,
            "printed": row.printed, "prints_listed": prints.get(row.id, 0), "why": row.ended_why,
            "ended_by": row.ended_by,
        }  # fmt: skip


def _add_loans(session: Session, found: Mapping[int, _Story]) -> None:
    rows = session.scalars(select(PaperLoan).where(PaperLoan.wish_id.in_(found))).all()
    papers: dict[int, list[LentPaper]] = defaultdict(list)
    for paper in session.scalars(select(LentPaper).where(LentPaper.loan_id.in_([one.id for one in rows]))):
        papers[paper.loan_id].append(paper)
    for row in rows:
        back = [one for one in papers[row.id] if one.back_at is not None]
        found[row.wish_id].loans[row.id] = {
            "holder": row.holder_id, "papers": len(papers[row.id]), "pages": row.pages_counted,
            "due_on": row.due_on.isoformat(), "by": row.handed_out_by, "at": row.handed_out_at,
            "renewals": row.renewals, "recalled_at": row.recalled_at, "state": row.state, "back": len(back),
            "faulty": sum(one.condition != "sound" for one in back),
        }  # fmt: skip
