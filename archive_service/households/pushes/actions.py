"""Taking what the business system pushes: each record by itself, all that is good in one transaction.

The order of records in a push means nothing, and neither does the order of pushes: what is older than what is known
changes nothing that holds. The same push again changes nothing at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.catalogue.load import editions
from archive_service.errors import ArchiveError, Damaged, Invalid, Refused, Unavailable
from archive_service.households.actions.entries import Entry
from archive_service.households.actions.imports import reading_for
from archive_service.households.actions.register import Register
from archive_service.households.cells import BadCell
from archive_service.households.heads.links import Links
from archive_service.households.pushes.records import Data, data_of
from archive_service.households.tables import HouseholdFile
from archive_service.households.values import Answer, CaseData, HouseholdData, LinkData, StageData
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer

#: Records of one push, so that others need not wait long for the lock of the trail.
MOST = 1000
_WORDS = {"created": "created", "updated": "changed", "unchanged": "unchanged"}
_OLDER = "数据比档案中的旧，现行值没有改动。不用重发。"


@dataclass(frozen=True)
class Pace:
    """When a push comes, and how long a case has until it must be filed."""

    now: datetime
    today: date
    filing_due_workdays: int


def take_push(
    session: Session,
    records: Sequence[Mapping[str, object]],
    *,
    by: Viewer,
    pace: Pace,
    account_no_pattern: str,
    application_no_pattern: str,
) -> list[Answer]:
    """Take records and answer each in its place. Raises NotPermitted, and Invalid for none or too many."""
    by.require(Right.CASE_IMPORT)
    if not 0 < len(records) <= MOST:
        raise Invalid("push.size", f"一次推送 1 到 {MOST} 条记录。请分批推送。")
    reading = reading_for(session, by, account_no_pattern, application_no_pattern)
    stages = {stage for edition in editions() for stage in edition.stages}
    answers: dict[int, Answer] = {}
    said: list[tuple[int, Data]] = []
    for place, one in enumerate(records):
        try:
            said.append((place, data_of(one, reading, stages=stages, now=pace.now)))
        except BadCell as e:
            answers[place] = Answer("refused", e.code, e.message, e.column)
    said.sort(key=lambda one: _ORDER[type(one[1])])
    answers |= _take(session, said, by, pace)
    found = [answers[place] for place in range(len(records))]
    _note(session, found, by, pace.now)
    return found


_ORDER: Mapping[type, int] = {HouseholdData: 0, LinkData: 1, CaseData: 2, StageData: 3}


def _take(session: Session, said: Sequence[tuple[int, Data]], by: Viewer, pace: Pace) -> dict[int, Answer]:
    """Take records together; when somebody else registers one of their numbers at the same moment, one by one."""
    try:
        with session.begin_nested():
            return _Taking(session, by, pace).take(said)
    except IntegrityError:
        if len(said) > 1:
            return {place: answer for one in said for place, answer in _take(session, [one], by, pace).items()}
        message = "另一个请求正在登记同一户号或申请编号，这一条没有写入。请稍后重新推送。"
        return {said[0][0]: Answer("refused", "push.at-once", message)}


class _Taking:
    """Records on their way into the register."""

    def __init__(self, session: Session, by: Viewer, pace: Pace) -> None:
        self.by, self.pace = by, pace
        self.register = Register(session, by, pace.now, pace.today, pace.filing_due_workdays)
        self.links = Links(session, by, pace.now, pace.today)

    def take(self, said: Sequence[tuple[int, Data]]) -> dict[int, Answer]:
        data = [one for _, one in said]
        links = [one for one in data if isinstance(one, LinkData)]
        accounts = {one.account_no for one in data if isinstance(one, HouseholdData | CaseData)}
        accounts |= {number for one in links for number in (one.from_account_no, one.to_account_no)}
        applications = {one.application_no for one in data if isinstance(one, CaseData | StageData)}
        self.register.open(accounts=accounts, applications=applications)
        self.links.open(links)
        answers: dict[int, Answer] = {}
        for place, one in said:
            try:
                answers[place] = self._one(one)
            except (Damaged, Unavailable):
                raise
            except ArchiveError as e:
                field = e.facts.get("column")
                answers[place] = Answer("refused", e.code, e.message, field if isinstance(field, str) else None)
        self.register.write()
        self.links.write(self.register.household)
        return answers

    def _one(self, data: Data) -> Answer:
        if isinstance(data, HouseholdData):
            outcome, older = self.register.take_household(data)
            return _answer(outcome, older=older)
        if isinstance(data, LinkData):
            giver, taker = self._household(data.from_account_no), self._household(data.to_account_no)
            return _answer("created" if self.links.take(data, giver, taker) else "unchanged")
        if isinstance(data, CaseData):
            return self._case(data)
        entry = self._entry(data.application_no)
        before = len(entry.days)
        self.register.record_day(entry, data.stage, data.done_on)
        return _answer("updated" if len(entry.days) > before else "unchanged")

    def _case(self, data: CaseData) -> Answer:
        household = self.register.household(data.account_no)
        if household is not None and not self.by.may(Right.CASE_IMPORT, household.unit_id):
            raise _household_first(data.account_no)
        if household is None and not (data.account_name and data.service_address and data.unit_id):
            raise _household_first(data.account_no)
        if not data.unit_id and household is not None:
            data = replace(data, unit_id=household.unit_id)
        known = self.register.known(data.application_no)
        older = known is not None and self.register.is_older(known.case, data)
        return _answer(self.register.take(data), older=older)

    def _household(self, account_no: str) -> HouseholdFile:
        found = self.register.household(account_no)
        if found is None or not self.by.may(Right.CASE_IMPORT, found.unit_id):
            raise _household_first(account_no)
        return found

    def _entry(self, application_no: str) -> Entry:
        entry = self.register.known(application_no)
        if entry is None or not self.by.may(Right.CASE_IMPORT, entry.household.unit_id):
            raise Refused(
                "push.case-first",
                f"还没有申请编号 {application_no}，或者您无权为它推送。请先推送它（kind 为 case），再推送环节时间。",
                column="application_no",
            )
        return entry


def _household_first(account_no: str) -> Refused:
    return Refused(
        "push.household-first",
        f"还没有户号 {account_no}，或者您无权为它推送。请先推送这一户（kind 为 household），再推送案件或关联。",
        column="account_no",
    )


def _answer(outcome: str, *, older: bool = False) -> Answer:
    return Answer(_WORDS[outcome], "push.older" if older else None, _OLDER if older else None)


def _note(session: Session, answers: Sequence[Answer], by: Viewer, now: datetime) -> None:
    counts = Counter(one.outcome for one in answers)
    if set(counts) == {"unchanged"}:
        return
    refused = Counter(one.code for one in answers if one.outcome == "refused")
    record(
        session,
        by=by.actor,
        did="cases.pushed",
        object_kind="push",
        object_id=now.isoformat(timespec="seconds"),
        unit_id=by.unit_id or None,
        facts={**counts, "refused_codes": {str(code): count for code, count in sorted(refused.items(), key=str)}},
        now=now,
    )
