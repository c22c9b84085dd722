"""The register of an import: what is there is read for many rows at once, and what comes new is written at once.

A row is decided in memory and either taken whole or refused before anything of it is noted, so that a bad row leaves
nothing behind. `write` then brings everything into the files: households, cases, stage days, assessments, the trail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.audit.record import Deed, record_all
from archive_service.calendars.queries import calendar_of
from archive_service.calendars.rules import Calendar
from archive_service.errors import Refused
from archive_service.households import counting, rules, states
from archive_service.households.actions.deeds import case_changes, described, listed, printed
from archive_service.households.actions.dues import due_in, set_first_due
from archive_service.households.actions.entries import (
    Changes,
    Entry,
    Outcome,
    insert_cases,
    insert_days,
    insert_households,
    mend_cases,
)
from archive_service.households.assessment import reassess_cases
from archive_service.households.heads.news import News
from archive_service.households.heads.rules import OF_HOUSEHOLD
from archive_service.households.queries import locked
from archive_service.households.rules import ACCEPT, ENERGISE
from archive_service.households.tables import CaseFile, HouseholdFile
from archive_service.households.values import CaseData, HouseholdData
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer


@dataclass
class Register:
    """Takes the cases of one batch; nothing is written before `write`."""

    session: Session
    by: Viewer
    now: datetime
    today: date
    #: Working days after energisation within which a case has to be filed.
    filing_due_workdays: int
    _households: dict[str, HouseholdFile] = field(default_factory=dict)
    _entries: dict[str, Entry] = field(default_factory=dict)
    #: All cases of a household in the register, by account number.
    _of: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    _touched: dict[int, Entry] = field(default_factory=dict)
    _deeds: list[tuple[str, str, Entry | None, Mapping[str, Any]]] = field(default_factory=list)

    _calendars: dict[int, Calendar] = field(default_factory=dict)
    _news: News = field(default_factory=News)

    def open(self, *, accounts: Collection[str], applications: Collection[str]) -> None:
        """Read and lock what is there of these account and application numbers."""
        files = locked.files_for_update(self.session, accounts=accounts, applications=applications)
        self._households = {one.account_no: one for one in files.households}
        self._news.open(self.session, files.households)
        by_id = {one.id: one for one in files.households}
        for case in files.cases:
            entry = Entry(
                case, by_id[case.household_id], files.days.get(case.id, {}), earlier=files.earlier.get(case.id, set())
            )
            self._entries[case.application_no] = entry
            self._of[entry.household.account_no].append(entry)

    def known(self, application_no: str) -> Entry | None:
        """Return the case with this application number, if the archive has it or it was taken."""
        return self._entries.get(application_no)

    def household(self, account_no: str) -> HouseholdFile | None:
        """Return the household with this account number, if the archive has it or it was taken."""
        return self._households.get(account_no)

    def take_household(self, data: HouseholdData) -> tuple[Outcome, bool]:
        """Open a household or put what is said of it into its history; also say whether all of it was known better.

        Raises Refused where too little is said of a new one, or something else was said of the same moment.
        """
        household = self._households.get(data.account_no)
        self.by.require(Right.CASE_IMPORT, data.unit_id if household is None else household.unit_id)
        if household is None:
            return self._take_new_household(data), False
        if data.unit_id is not None:
            _check_unit(household, data.account_no, data.unit_id)
        changes, told = self._news.hear(household, data.said, data.as_of)
        if changes:
            self._head_changed(household, changes)
        elif told:
            household.revision += 1
            facts = {"account_no": household.account_no, "as_of": data.as_of.isoformat(), "earlier": dict(data.said)}
            self._deeds.append(("household.history-told", household.account_no, None, facts))
        return ("updated" if changes or told else "unchanged"), told and not changes

    def _take_new_household(self, data: HouseholdData) -> Outcome:
        lacking = [name for name in OF_HOUSEHOLD if not data.said.get(name)]
        if data.unit_id is None or lacking:
            named = "、".join([*lacking, *(["centre"] if data.unit_id is None else [])])
            raise Refused(
                "push.household-incomplete",
                f"户号 {data.account_no} 还没有档案，第一次推送须写明 {named}。请补上后再推送。",
                column=named.partition("、")[0],
            )
        head = {name: data.said[name] for name in OF_HOUSEHOLD}
        household = self._open_household(data.account_no, data.unit_id, **head)
        self._news.hear(household, data.said, data.as_of)
        household.revision = 1
        return "created"

    def take(self, data: CaseData) -> Outcome:
        """Register a case; see `actions.register_case`."""
        self.by.require(Right.CASE_IMPORT, data.unit_id)
        rules.check_stage_days(data.stages, today=self.today)
        entry = self._entries.get(data.application_no)
        if entry is not None:
            return self._update(entry, data)
        household = self._households.get(data.account_no)
        if household is not None:
            _check_unit(household, data.account_no, data.unit_id)
        self._create(household, data)
        return "created"

    def record_day(self, entry: Entry, stage: str, done_on: date) -> None:
        """Record the day of a stage of a case; the same day again changes nothing."""
        fresh = rules.new_stages(entry.days, {stage: done_on}, earlier=entry.earlier)
        rules.check_stage_days({**entry.days, **fresh}, today=self.today)
        if fresh:
            self._record_days(entry, fresh)
            facts = {"application_no": entry.case.application_no, "stage": stage, "done_on": done_on.isoformat()}
            self._changed("case.stage-recorded", entry, facts)

    @property
    def noted(self) -> int:
        """Return how much was noted for the trail so far."""
        return len(self._deeds)

    def changes_after(self, noted: int) -> Changes:
        """Return old and new by column of all that changed since so much was noted."""
        found: Changes = {}
        for _, _, _, facts in self._deeds[noted:]:
            found |= facts.get("changes", {})
        return found

    def write(self) -> None:
        """Write everything that was taken, judge the cases concerned, note it in the trail."""
        session = self.session
        session.flush()
        touched = list(self._touched.values())
        insert_households(session, self._households.values())
        insert_cases(session, [entry for entry in touched if entry.new])
        new = {entry.case.id: (entry.case, entry.household) for entry in touched if entry.new}
        judged = reassess_cases(
            session, [(entry.case, entry.household) for entry in touched], new={case for case, _ in new.values()}
        )
        mend_cases(session, touched, judged)
        insert_days(session, touched, now=self.now)
        self._news.write(session, self._households, by=self.by.person_id, now=self.now)
        counting.count(session, [entry.case.id for entry in touched], new=new)
        record_all(session, [self._deed(*one) for one in self._deeds], by=self.by.actor, now=self.now)

    def _deed(self, did: str, account_no: str, entry: Entry | None, facts: Mapping[str, Any]) -> Deed:
        household = self._households[account_no]
        if entry is None:
            return Deed(did, "household", household.id, household.unit_id, facts)
        return Deed(did, "case", entry.case.id, household.unit_id, facts)

    def _create(self, household: HouseholdFile | None, data: CaseData) -> None:
        if household is None:
            household = self._open_household(
                data.account_no,
                data.unit_id,
                account_name=data.account_name,
                service_address=data.service_address,
                customer_category=data.customer_category,
            )
        case = CaseFile(
            application_no=data.application_no,
            customer_category=data.customer_category,
            business_type=data.business_type,
            capacity_kva=data.capacity_kva,
            voltage=data.voltage,
            conditions=listed(data.conditions),
            state=states.COLLECTING,
            source_as_of=data.as_of,
            created_at=self.now,
        )
        entry = Entry(case, household, {}, new=True)
        self._entries[data.application_no] = entry
        self._of[household.account_no].append(entry)
        self._record_days(entry, data.stages)
        changed = self._head_changes(entry, data)
        self._changed("case.registered", entry, {"account_no": household.account_no, **described(case)})
        self._head_changed(household, changed)

    def _open_household(self, account_no: str, unit_id: int, **head: str) -> HouseholdFile:
        household = HouseholdFile(
            account_no=account_no, unit_id=unit_id, state="open", revision=0, created_at=self.now, **head
        )
        self._households[account_no] = household
        self._deeds.append(("household.opened", account_no, None, {"account_no": account_no}))
        return household

    def _update(self, entry: Entry, data: CaseData) -> Outcome:
        case, household = entry.case, entry.household
        if household.account_no != data.account_no:
            raise Refused(
                "case.other-household",
                f"申请编号 {data.application_no} 已登记在另一个户号下，不能移到 {data.account_no}。请核对这一行。",
                column="account_no",
            )
        _check_unit(household, data.account_no, data.unit_id)
        rules.check_unchanged(
            {"customer_category": case.customer_category, "business_type": case.business_type},
            {"customer_category": data.customer_category, "business_type": data.business_type},
        )
        fresh = rules.new_stages(entry.days, data.stages, earlier=entry.earlier)
        rules.check_stage_days({**entry.days, **fresh}, today=self.today)
        new = self._news_of_case(case, data)
        changes: Changes = {name: [printed(getattr(case, name)), printed(value)] for name, value in new.items()}
        for name, value in new.items():
            setattr(case, name, value)
        if data.as_of is not None and (case.source_as_of is None or data.as_of > case.source_as_of):
            case.source_as_of = data.as_of
        changes.update({f"stage_{stage}_on": [None, day.isoformat()] for stage, day in fresh.items()})
        self._record_days(entry, fresh)
        head = {} if self.is_older(case, data) else self._head_changes(entry, data)
        if not changes and not head:
            return "unchanged"
        if changes:
            self._changed("case.updated", entry, {"application_no": case.application_no, "changes": changes})
        self._head_changed(household, head)
        return "updated"

    def _news_of_case(self, case: CaseFile, data: CaseData) -> dict[str, Any]:
        """Return what a row changes of a registered case; what is older than what the case has changes nothing."""
        if self.is_older(case, data):
            return {}
        new = case_changes(case, data)
        if new and data.as_of is not None and data.as_of == case.source_as_of:
            raise Refused(
                "push.same-moment",
                "同一时刻（as_of）已收到不同的数据，这一条没有写入。请用更新数据的实际时间作为 as_of 后再推送。",
                column=next(iter(new)),
            )
        return new

    @staticmethod
    def is_older(case: CaseFile, data: CaseData) -> bool:
        """Say whether the business system said of a later moment what it knows of a case."""
        return data.as_of is not None and case.source_as_of is not None and data.as_of < case.source_as_of

    def _record_days(self, entry: Entry, days: Mapping[str, date]) -> None:
        case = entry.case
        entry.days.update(days)
        entry.fresh_days.update(days)
        case.accepted_on = days.get(ACCEPT, case.accepted_on)
        case.energised_on = days.get(ENERGISE, case.energised_on)
        if ENERGISE in days:
            calendar = self._calendar(entry.household.unit_id)
            set_first_due(case, due_in(calendar, days[ENERGISE], self.filing_due_workdays))

    def _calendar(self, unit_id: int) -> Calendar:
        known = self._calendars.get(unit_id)
        if known is None:
            known = self._calendars[unit_id] = calendar_of(self.session, unit_id)
        return known

    def _head_changes(self, entry: Entry, data: CaseData) -> Changes:
        """Take name, address and category of the household from its newest case; older ones do not turn them back."""
        household = entry.household
        others = {one.case.application_no: one.case.accepted_on for one in self._of[household.account_no]}
        if not rules.speaks_for_household(entry.case.accepted_on, others, entry.case.application_no):
            return {}
        changes: Changes = {}
        day = entry.case.accepted_on
        said_of = data.as_of or (zone.midnight(day) if day else self.now)
        for column in OF_HOUSEHOLD:
            old, new = getattr(household, column), getattr(data, column)
            if new and new != old and self._news.hear_from_case(household, column, new, said_of):
                changes[column] = [old, new]
                setattr(household, column, new)
        return changes

    def _changed(self, did: str, entry: Entry, facts: Mapping[str, Any]) -> None:
        entry.household.revision += 1
        self._touched[id(entry)] = entry
        self._deeds.append((did, entry.household.account_no, entry, facts))

    def _head_changed(self, household: HouseholdFile, changes: Changes) -> None:
        if not changes:
            return
        household.revision += 1
        # What an account name says of its bearer is a fact of every case of the household.
        self._touched.update({id(entry): entry for entry in self._of[household.account_no]})
        facts = {"account_no": household.account_no, "changes": changes}
        self._deeds.append(("household.updated", household.account_no, None, facts))


def _check_unit(household: HouseholdFile, account_no: str, unit_id: int) -> None:
    if household.unit_id != unit_id:
        raise Refused(
            "case.centre-differs",
            f"户号 {account_no} 已登记在另一个供电服务单位，导入不会迁移档案。请核对 centre。",
            column="centre",
        )
