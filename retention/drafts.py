"""Reads of the editions of the schedule and of what they change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.editions.drafts import with_names
from archive_service.errors import NotFound
from archive_service.households.tables import HouseholdFile, Item
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.restricted.queries import shown_title
from retention.tables import RetentionChange, RetentionDraft, RetentionRun

_MOST = 200


@dataclass(frozen=True)
class DraftView:
    """An edition of the schedule that people drafted."""

    id: int
    code: str
    title: str
    effective_from: date
    text: str
    state: str
    revision: int
    unit_id: int
    changed_by: str | None
    changed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    #: Who wrote it or changed it last, by their ids: none of them releases it.
    writers: frozenset[int]


@dataclass(frozen=True)
class RunView:
    """What an edition would change, or has changed, as far as it was looked at."""

    id: int
    draft_id: int
    purpose: str
    revision: int
    state: str
    made_at: datetime
    finished_at: datetime | None
    done: int
    total: int
    items: int
    earlier: int
    later: int
    other: int

    @property
    def percent(self) -> int:
        """Return how much of the households is done, in percent."""
        return 100 if self.state == "done" else min(99, 100 * self.done // (self.total or 1))


@dataclass(frozen=True)
class ChangeView:
    """An item that comes due earlier or later."""

    id: int
    item_id: int
    title: str
    account_no: str
    effect: str
    was: str
    becomes: str


def drafts(session: Session, viewer: Viewer) -> list[DraftView]:
    """Return the editions that people drafted, newest first; who may read records may see by what they are kept."""
    viewer.require(Right.RECORD_READ)
    return [_view(row) for row in session.execute(with_names(RetentionDraft).limit(_MOST))]


def draft(session: Session, viewer: Viewer, draft_id: int) -> DraftView:
    """Return an edition. Raises NotFound."""
    viewer.require(Right.RECORD_READ)
    row = session.execute(with_names(RetentionDraft).where(RetentionDraft.id == draft_id)).first()
    if row is None:
        raise NotFound("schedule.not-found", "没有这一版保管期限表，或者您无权办理。请从列表里选择。")
    return _view(row)


def runs(session: Session, viewer: Viewer, draft_id: int) -> list[RunView]:
    """Return the previews and the recomputation of an edition, newest first."""
    viewer.require(Right.RECORD_READ)
    chosen = select(RetentionRun).where(RetentionRun.draft_id == draft_id).order_by(RetentionRun.id.desc()).limit(20)
    return [_run_view(row) for row in session.scalars(chosen)]


def run(session: Session, viewer: Viewer, draft_id: int, run_id: int) -> RunView:
    """Return a preview or recomputation of an edition. Raises NotFound."""
    viewer.require(Right.RECORD_READ)
    row = session.get(RetentionRun, run_id)
    if row is None or row.draft_id != draft_id:
        raise NotFound("schedule.run-not-found", "没有这次预览。请从保管期限表的页面打开。")
    return _run_view(row)


def changes(
    session: Session, viewer: Viewer, run_id: int, *, effect: str, after: int = 0, limit: int = 50
) -> Sequence[ChangeView]:
    """Return items of the viewer's units that a run found earlier or later, above the id `after`."""
    rows = session.execute(
        select(
            RetentionChange,
            shown_title(Item.id, Item.title, Item.document_type, opened=viewer.opened),
            HouseholdFile.account_no,
        )
        .join(Item, Item.id == RetentionChange.item_id)
        .join(HouseholdFile, HouseholdFile.id == Item.household_id)
        .where(
            RetentionChange.run_id == run_id,
            RetentionChange.effect == effect,
            RetentionChange.id > after,
            HouseholdFile.unit_id.in_(viewer.units(Right.RECORD_READ)),
        )
        .order_by(RetentionChange.id)
        .limit(limit)
    )
    return [
        ChangeView(row.id, row.item_id, title, account, row.effect, row.was, row.becomes)
        for row, title, account in rows
    ]


def _run_view(row: RetentionRun) -> RunView:
    return RunView(
        row.id, row.draft_id, row.purpose, row.revision, row.state, row.made_at, row.finished_at, row.next_id,
        row.last_id, row.items, row.earlier, row.later, row.other,
    )  # fmt: skip


def _view(found: Any) -> DraftView:
    row: RetentionDraft = found[0]
    return DraftView(
        row.id, row.code, row.title, row.effective_from, row.text, row.state, row.revision, row.unit_id,
        found.changer, row.changed_at, found.decider, row.decided_at,
        frozenset(one for one in (row.made_by, row.changed_by) if one is not None),
    )  # fmt: skip
