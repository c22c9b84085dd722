"""Page surgery: put the pages of a scan in another order, into other documents, into the bin; turn them; undo.

All of it is one verb, because a person at the desk does it in one go. The file as received and the images made of it
stay as they are: order and belonging are rows, and a turned page is a new image. Pages of filed documents are out of
reach here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from ingest import sort
from ingest.claims import actions as claims
from ingest.review import ground, turns
from ingest.review.ahead import Tools, columns_of
from ingest.review.lying import DROPPED, JOINED, PROPOSED, Lies, Wanted, lie
from ingest.tables import Scan, ScanDocument

_WORKED_ON = (PROPOSED, DROPPED)
_REVIEWED = "页面由人工调整，请核对类型和归属。"


@dataclass(frozen=True)
class Arranged:
    """What an arrangement comes to: the rows as they lay and are to lie, what they are to say, pages turned."""

    scan_id: int
    was: Mapping[int, Lies]
    now: Mapping[int, Lies]
    columns: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    turned: Sequence[turns.Turned] = ()
    reason: str = ""
    did: str = "scan.pages-arranged"
    facts: Mapping[str, object] = field(default_factory=dict)


def before_arrange(session: Session, viewer: Viewer, scan_id: int, wanted: Wanted, *, tools: Tools) -> Arranged:
    """Look ahead at a new arrangement of the pages of a scan; nothing is written.

    Raises NotFound, Refused when the rows no longer lie as the person saw them, and Invalid for an arrangement that
    names a page twice, leaves no document or drops pages without a reason.
    """
    scan = seen_scan(session, viewer, scan_id)
    rows = _rows_seen(scan, wanted)
    was = {key: _lies(row) for key, row in rows.items()}
    now = lie(was, wanted)
    newly = [key for key, row in now.items() if row.state == DROPPED and was.get(key) != row]
    reason = wanted.reason.strip()[:200]
    if any(key < 0 or was[key].state != DROPPED for key in newly) and not reason:
        raise Invalid("review.reason", "请填写剔除原因，以便日后查对。")
    return ready(session, scan, was, now, wanted.turns, tools=tools, reason=reason)


def ready(
    session: Session,
    scan: Scan,
    was: Mapping[int, Lies],
    now: Mapping[int, Lies],
    by_page: Mapping[int, int],
    *,
    tools: Tools,
    reason: str = "",
) -> Arranged:
    """Return an arrangement with what recognition makes of every document whose pages change, and the pages turned."""
    rows = {one.id: one for one in scan.documents}
    changed = [key for key, row in now.items() if row.state == PROPOSED and was.get(key) != row]
    lies = [now[key].pages for key in changed]
    concerned = [rows[key] for key in was if rows[key].state == PROPOSED]
    columns = dict(zip(changed, columns_of(session, scan, concerned, lies, tools) if lies else [], strict=True))
    open_pages = {page for row in now.values() if row.state == PROPOSED for page in row.pages}
    turned = turns.turned_pages(session, scan.id, by_page, allowed=open_pages)
    for page in turned:
        key = next(key for key, row in now.items() if row.state == PROPOSED and page.page_no in row.pages)
        said = columns.get(key) or {"fields": rows[key].fields}
        columns[key] = {**said, "fields": page.fields(said["fields"], now[key].pages)}
    differs = {key: row for key, row in now.items() if was.get(key) != row}
    kept = {key: was[key] for key in was if key in differs or key in columns}
    if not differs and not turned:
        raise Invalid("review.unchanged", "页面没有变动，无需保存。")
    return Arranged(scan.id, kept, differs, columns, turned, reason)


def arrange(session: Session, viewer: Viewer, arranged: Arranged, *, tools: Tools, now: datetime) -> int:
    """Write an arrangement as it was looked at; return the id of the first document that it concerns.

    Raises NotFound, and Refused when somebody decided, moved or turned one of these pages meanwhile.
    """
    scan = locked_scan(session, viewer, arranged.scan_id, now=now)
    for key, lay in arranged.was.items():
        row = session.get_one(ScanDocument, key, populate_existing=True)
        if row.state not in (lay.state, PROPOSED, DROPPED):
            ground.check_open(row)
        if _lies(row) != lay:
            raise ground.changed(row)
    before = ground.lay(session, scan)
    ids = _written(session, scan, arranged, viewer, now=now)
    turned = turns.write(session, scan, arranged.turned, store=tools.store, now=now)
    facts: dict[str, object] = {**arranged.facts, **ground.step(session, scan, before)}
    facts |= {"turned": turned} if turned else {}
    facts |= {"reason": arranged.reason} if arranged.reason else {}
    ground.audit_scan(session, viewer, scan, arranged.did, facts, now=now)
    ground.settle(session, scan, now=now)
    return next((ids[key] for key in [*arranged.columns, *ids] if key in ids), next(iter(arranged.columns), 0))


def _written(session: Session, scan: Scan, arranged: Arranged, viewer: Viewer, *, now: datetime) -> dict[int, int]:
    """Bring the rows into their new state; return the id of each, new ones by their number below zero."""
    ids: dict[int, int] = {}
    rows: dict[int, ScanDocument] = {}
    for key in arranged.now:
        if key < 0:
            row = ScanDocument(scan_id=scan.id, seq=ground.next_seq(session, scan), pages=[], **sort.nothing(""))
            session.add(row)
            session.flush()
        else:
            row = session.get_one(ScanDocument, key)
        rows[key], ids[key] = row, row.id
    for key, lies in arranged.now.items():
        _put(rows[key], lies, ids, arranged.reason, viewer, now=now)
    for key, columns in arranged.columns.items():
        row = rows.get(key) or session.get_one(ScanDocument, key)
        for name, value in columns.items():
            setattr(row, name, value)
        row.doubts = row.doubts or [_REVIEWED]
    session.flush()
    return ids


def _put(row: ScanDocument, lies: Lies, ids: Mapping[int, int], reason: str, viewer: Viewer, *, now: datetime) -> None:
    newly_dropped = lies.state == DROPPED and row.state != DROPPED
    row.state, row.pages = lies.state, list(lies.pages)
    row.part_of = ids.get(lies.part_of, lies.part_of) if lies.part_of is not None else None
    if lies.state == PROPOSED:
        row.decided_by, row.decided_at = None, None
    elif lies.state == JOINED or newly_dropped:
        row.decided_by, row.decided_at = viewer.person_id, now
    if newly_dropped:
        row.doubts = [f"剔除：{reason or '撤销取回'}"]


def seen_scan(session: Session, viewer: Viewer, scan_id: int) -> Scan:
    """Return a scan that the viewer may review; raises NotFound for any other."""
    scan = session.get(Scan, scan_id)
    if scan is None or not viewer.may(Right.SCAN_REVIEW, scan.unit_id):
        raise NotFound("scan.not-found", "没有这份扫描件，或您无权查看。请返回扫描列表。")
    return scan


def locked_scan(session: Session, viewer: Viewer, scan_id: int, *, now: datetime) -> Scan:
    """Return a scan as it is now and let nobody else change it; raises Refused when somebody else has it in hand."""
    seen_scan(session, viewer, scan_id)
    scan = ground.lock_scan(session, scan_id)
    claims.check(session, viewer, scan_id, now=now)
    return scan


def _rows_seen(scan: Scan, wanted: Wanted) -> dict[int, ScanDocument]:
    """Return the rows the person saw, all of them: pages that nobody saw cannot be arranged."""
    rows = {one.id: one for one in scan.documents}
    for key, pages in wanted.seen.items():
        if key not in rows:
            raise NotFound("review.not-found", "没有这份待校核资料，或您无权查看。请返回校核列表。")
        if rows[key].state not in _WORKED_ON:
            raise Refused("review.decided", "这份资料已由他人处理，您的更改没有保存。请继续下一份。", document=key)
        ground.check_pages(rows[key], pages)
    return {key: rows[key] for key in wanted.seen}


def _lies(row: ScanDocument) -> Lies:
    return Lies(row.state, tuple(row.pages), row.part_of)
