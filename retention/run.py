"""The job that reckons everything by a draft: to see what it would change, or after its release to change it.

A job that ends early goes on behind the last household that was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, record
from archive_service.db.session import Database
from archive_service.households.tables import HouseholdFile
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from retention import facts, rules
from retention.reckoning import A_TIME, reckon
from retention.rules import Due
from retention.schedule import Schedule, read, standard
from retention.tables import RetentionChange, RetentionDraft, RetentionDue, RetentionRun


@dataclass(frozen=True)
class RunHandler:
    """The job handler of a run."""

    database: Database
    lease_s: float
    now: Callable[[], datetime]
    today: Callable[[], date]

    def run(self, claimed: Claimed) -> None:
        """Reckon the households, some a transaction."""
        key = int(claimed.subject)
        with self.database.reading() as session:
            schedule = _schedule_of(session, key)
        ended = False
        while not ended:
            claimed.check()
            with self.database.unit_of_work() as session:
                row = session.get_one(RetentionRun, key)
                ended = advance(session, row, schedule, today=self.today())
                queue.renew(session, claimed, now=self.now(), lease_s=self.lease_s, done=row.next_id, total=row.last_id)
                if ended:
                    finish(session, row, now=self.now())
                    queue.finish(session, claimed, now=self.now())

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Say that the run is not whole; what is done stays, and a retried job goes on behind it."""
        session.get_one(RetentionRun, int(claimed.subject)).state = "failed"


def advance(session: Session, run: RetentionRun, schedule: Schedule, *, today: date) -> bool:
    """Reckon the next households of a run, and return whether there are no more."""
    wanted = (
        select(HouseholdFile.id)
        .where(HouseholdFile.id > run.next_id, HouseholdFile.id <= run.last_id)
        .order_by(HouseholdFile.id)
        .limit(A_TIME)
    )
    ids = list(session.scalars(wanted))
    years = _years(session)
    before = {
        row.item_id: Due(
            row.outcome, row.due_on, row.starts_on, row.rule, row.edition, row.reason, years(row.edition, row.rule)
        )
        for row in session.scalars(select(RetentionDue).where(RetentionDue.household_id.in_(ids)))
    }
    if run.purpose == "apply":
        after: Mapping[int, Due] = reckon(session, ids, schedule, today=today)
    else:
        known = facts.known(session, ids, schedule)
        after = {
            item_id: due
            for one in known.values()
            for item_id, due in rules.reckon(schedule, one.household, one.papers, today=today).items()
        }
    _compare(session, run, before, after)
    run.state, run.next_id = "running", ids[-1] if ids else run.last_id
    session.flush()
    return len(ids) < A_TIME


def finish(session: Session, run: RetentionRun, *, now: datetime) -> None:
    """End a run; what a release changed is on record."""
    run.state, run.finished_at = "done", now
    draft = session.get_one(RetentionDraft, run.draft_id)
    if run.purpose == "apply":
        record(
            session,
            by=SYSTEM,
            did="schedule.reckoned",
            object_kind="schedule",
            object_id=draft.id,
            unit_id=draft.unit_id,
            facts={"code": draft.code, "items": run.items, "earlier": run.earlier, "later": run.later},
            now=now,
        )


def in_words(due: Due) -> str:
    """Return what a due is, in a few words; one that waits says for how many years it will run."""
    words = {rules.WAITING: "未起算", rules.UNKNOWN: "缺少起算日", rules.PERMANENT: "永久"}
    runs = f"（{due.years} 年）" if due.years and due.outcome in (rules.WAITING, rules.UNKNOWN) else ""
    return f"{due.due_on.isoformat() if due.due_on else words[due.outcome]}{runs} {due.rule}"


def _compare(session: Session, run: RetentionRun, before: Mapping[int, Due], after: Mapping[int, Due]) -> None:
    for item_id, due in after.items():
        run.items += 1
        was = before.get(item_id)
        if was is None:
            continue
        effect = "later" if rules.nearer(was, due) else "earlier" if rules.nearer(due, was) else ""
        if not effect:
            run.other += due.rule != was.rule
            continue
        run.earlier += effect == "earlier"
        run.later += effect == "later"
        change = RetentionChange(run_id=run.id, item_id=item_id, effect=effect)
        change.was, change.becomes = in_words(was), in_words(due)
        session.add(change)


def _years(session: Session) -> Callable[[str, str], int]:
    """Return what says how many years a rule of an edition runs, 0 where the edition or the rule is gone."""
    known: dict[str, Schedule | None] = {standard().edition: standard()}

    def of(edition: str, code: str) -> int:
        if edition not in known:
            text = session.scalar(select(RetentionDraft.text).where(RetentionDraft.code == edition).limit(1))
            known[edition] = read(text)[0] if text is not None else None
        schedule = known[edition]
        rule = schedule.rule(code) if schedule is not None else None
        return (schedule.period_of(rule).years or 0) if schedule is not None and rule is not None else 0

    return of


def _schedule_of(session: Session, run_id: int) -> Schedule:
    run = session.get_one(RetentionRun, run_id)
    made, found = read(session.get_one(RetentionDraft, run.draft_id).text)
    assert made is not None, found
    return made
