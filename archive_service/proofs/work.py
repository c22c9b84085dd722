"""The jobs that check the trail and that make bundles, with the rights that whoever asked holds at that moment.

A bundle is written to a file beside the store, put into the store, and only then the row says so. Stopped after it was
written, the next try takes the same file: another would be other bytes, and the first would lie in the store unnamed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service.audit import bundle, checkpoints
from archive_service.audit.bundle import Written
from archive_service.audit.record import SYSTEM, Actor
from archive_service.audit.tables import AuditCheckpoint
from archive_service.audit.verify import chain_breaks, last_seq
from archive_service.db.session import Database
from archive_service.errors import NotPermitted
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed, LeaseLost
from archive_service.people import queries as people
from archive_service.people.viewer import Viewer
from archive_service.proofs import actions, selecting
from archive_service.proofs.selecting import Asked
from archive_service.proofs.tables import AuditRun
from archive_service.settings import Settings
from archive_service.storage.record import record_object
from archive_service.storage.store import ObjectStore, Stored

#: Findings that are kept with a check one by one.
_MOST_KEPT = 100
#: Progress is told every so many entries.
_TOLD_EVERY = 5000


@dataclass(frozen=True)
class CheckHandler:
    """The job handler that checks the whole trail."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]

    def run(self, claimed: Claimed) -> None:
        """Check the chain and every checkpoint, and keep what does not hold; what is done already is left alone."""
        run_id, tell = int(claimed.subject), _Telling(self.settings, self.database, self.now, claimed)
        with self.database.reading() as session:
            is_done = session.get_one(AuditRun, run_id).state == "done"
            entries = 0 if is_done else last_seq(session)
            covered = (session.scalar(select(func.max(AuditCheckpoint.size))) or 0) if not is_done else 0
            found: list[tuple[int, str]] = []
            if not is_done:
                # Twice over the entries: their chain, and what was signed of them.
                broken = chain_breaks(session, seen=lambda count: tell(count, 2 * entries))
                told = lambda size: tell(entries + size, 2 * entries)  # noqa: E731 - beside the other
                untrue = checkpoints.own_faults(session, self.settings, seen=told)
                found = sorted([*((b.seq, b.reason) for b in broken), *((f.size, f.reason) for f in untrue)])
        with self.database.unit_of_work() as session:
            queue.finish(session, claimed, now=self.now())
            if is_done:
                return
            row = session.get_one(AuditRun, run_id, with_for_update=True)
            row.state, row.finished_at, row.entries = "done", self.now(), entries
            row.covered = covered
            row.finding_count, row.findings = len(found), [list(one) for one in found[:_MOST_KEPT]]
            facts = {"entries": entries, "findings": len(found)} | ({"first": found[0][0]} if found else {})
            actions.note(session, _actor(session, row), row, did="audit.checked", facts=facts, now=self.now())

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave the check where it is: the failed job says why, and tried again it is made anew."""


@dataclass(frozen=True)
class ExportHandler:
    """The job handler that makes bundles."""

    settings: Settings
    database: Database
    store: ObjectStore
    now: Callable[[], datetime]

    def run(self, claimed: Claimed) -> None:
        """Make the bundle; one that is made already is left alone."""
        run_id = int(claimed.subject)
        with self.database.reading() as session:
            row = session.get_one(AuditRun, run_id)
            is_done = row.state == "done"
            if not is_done:
                viewer = self._viewer(session, row)
                asked = Asked(row.account_no, row.sample_id, row.first_day, row.last_day)
                chosen, unit_id = selecting.chosen(session, viewer, asked)
        if is_done:
            with self.database.unit_of_work() as session:
                queue.finish(session, claimed, now=self.now())
            return
        folder = self.settings.home / "work" / f"audit-{run_id}"
        out, beside = folder / "audit.zip", folder / "written.json"
        made = _made(out, beside)
        if made is None:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            made = bundle.export(
                self.database, self.settings, out, chosen, by=viewer.actor, unit_id=unit_id, now=self.now(),
                progress=_Telling(self.settings, self.database, self.now, claimed),
            )  # fmt: skip
            beside.write_text(json.dumps(asdict(made)), "utf-8")
        with out.open("rb") as source:
            stored = self.store.put(source)
        self._ready(claimed, run_id, stored, made)
        shutil.rmtree(folder, ignore_errors=True)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Leave the export where it is: the failed job says why, and tried again it is made anew."""

    def _ready(self, claimed: Claimed, run_id: int, stored: Stored, made: Written) -> None:
        try:
            with self.database.unit_of_work() as session:
                now = self.now()
                record_object(session, stored, role="bundle", media_type="application/zip", now=now)
                row = session.get_one(AuditRun, run_id, with_for_update=True)
                row.state, row.finished_at, row.digest = "done", now, stored.digest
                row.size_bytes, row.entries, row.covered, row.key = stored.size_bytes, made.entries, made.size, made.key
                facts = {"sha256": stored.digest, "entries": made.entries}
                actions.note(session, _actor(session, row), row, did="audit.export-made", facts=facts, now=now)
                queue.finish(session, claimed, now=now)
        except LeaseLost:
            # In the store, and named by no row: on record all the same, or `verify` would take it for foreign.
            with self.database.unit_of_work() as session:
                record_object(session, stored, role="bundle", media_type="application/zip", now=self.now())
            raise

    def _viewer(self, session: Session, row: AuditRun) -> Viewer:
        if row.asked_by is None:
            return people.system_viewer(session)
        found = people.viewer_for(session, row.asked_by, now=self.now())
        if found is None:
            raise NotPermitted("audit.person-gone", "申请这次导出的人员已停用，没有制作。请由其他人员重新申请。")
        return found


def _made(out: Path, beside: Path) -> Written | None:
    """Return what a bundle holds that an earlier try has written; none where there is none, or half of one."""
    try:
        return Written(**json.loads(beside.read_text("utf-8"))) if out.exists() else None
    except (OSError, ValueError, TypeError):
        return None


@dataclass
class _Telling:
    """Tells the job how far it is, and stops the work of a job that was taken away."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    claimed: Claimed
    _told: int = 0

    def __call__(self, done: int, total: int) -> None:
        self.claimed.check()
        if done - self._told < _TOLD_EVERY:
            return
        self._told = done
        with self.database.unit_of_work() as session:
            lease = self.settings.lease_s
            queue.renew(session, self.claimed, now=self.now(), lease_s=lease, done=done, total=total)


def _actor(session: Session, row: AuditRun) -> Actor:
    from archive_service.people.tables import Person

    person = session.get(Person, row.asked_by) if row.asked_by is not None else None
    return Actor(person.id, person.name) if person else SYSTEM
