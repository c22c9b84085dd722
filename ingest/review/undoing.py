"""Undo the last step at the pages of a scan, and the one before it: as far back as nothing was decided since.

The audit trail has every step with the rows as they lay and as they came to lie, so it is the stack; a step that was
undone is taken off it by the entry of its undoing. Whoever looks at the trail sees both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from archive_service.audit.tables import AuditEntry
from archive_service.errors import Refused
from archive_service.people.viewer import Viewer
from ingest import turned
from ingest.review.ahead import Tools
from ingest.review.arrange import Arranged, ready, seen_scan
from ingest.review.lying import DROPPED, JOINED, PROPOSED, Lies
from ingest.tables import Scan

_NAMES = {
    "document.split": "分件",
    "document.joined": "并件",
    "document.pages-dropped": "剔除",
    "document.pages-restored": "取回",
    "scan.pages-arranged": "整理页面",
}


@dataclass(frozen=True)
class Step:
    """The last step at the pages of a scan: what it was, who did it and when."""

    seq: int
    name: str
    person_id: int | None
    person_name: str
    at: datetime


def last_step(session: Session, viewer: Viewer, scan_id: int) -> Step | None:
    """Return the step that would be undone next; none when there is none. Raises NotFound."""
    entry = _last(session, seen_scan(session, viewer, scan_id))
    if entry is None:
        return None
    return Step(entry.seq, _NAMES[entry.did], entry.person_id, entry.person_name, entry.at)


def before_undo(session: Session, viewer: Viewer, scan_id: int, *, tools: Tools) -> Arranged:
    """Look ahead at undoing the last step.

    Raises NotFound, and Refused when there is nothing to undo, when somebody else did it, or when a document that it
    concerns was decided, or a page that it turned was scanned anew, since.
    """
    scan = seen_scan(session, viewer, scan_id)
    entry = _last(session, scan)
    if entry is None:
        raise Refused("review.nothing-to-undo", "这份扫描件没有可以撤销的页面操作。")
    if entry.person_id != viewer.person_id:
        raise Refused("review.not-own", f"上一步是{entry.person_name}的操作，只能撤销本人的操作。请与其联系。")
    now = {row.id: _lies([row.state, row.pages, row.part_of]) for row in scan.documents}
    came = {int(key): _lies(row) for key, row in entry.facts["is"].items()}
    if any(now.get(key) != lay for key, lay in came.items()) or _lies_otherwise(scan, entry):
        raise Refused("review.undo-late", "上一步涉及的资料之后又有归入、退回或更改，不能再撤销。请直接调整页面。")
    went = {int(key): _lies(row) for key, row in entry.facts["was"].items()}
    back = went | {key: _gone(came[key], went) for key in came if key not in went}
    turns = {int(page): before - after for page, (before, after) in entry.facts.get("turned", {}).items()}
    held = _holding(scan, turns, came)
    arranged = ready(session, scan, came | held, back | held, turns, tools=tools)
    return replace(arranged, did="scan.pages-undone", facts={"undoes": entry.seq})


def _lies_otherwise(scan: Scan, entry: AuditEntry) -> bool:
    """Say whether a page that the step turned is no longer the picture it turned: a better scan took its place."""
    given = {page.page_no: turned.of_flags(page.flags) for page in scan.pages}
    return any(given.get(int(number)) != after for number, (_, after) in entry.facts.get("turned", {}).items())


def _holding(scan: Scan, turns: dict[int, int], came: dict[int, Lies]) -> dict[int, Lies]:
    """Return the documents that have pages to be turned back and that the step did not change otherwise."""
    found = [one for one in scan.documents if one.id not in came and set(one.pages) & set(turns)]
    return {one.id: _lies([one.state, one.pages, one.part_of]) for one in found}


def _gone(row: Lies, went: dict[int, Lies]) -> Lies:
    """Return how a row lies that the step had made: its pages are back where they were."""
    alive = {key: old for key, old in went.items() if old.state in (PROPOSED, DROPPED)}
    home = next((key for key, old in alive.items() if set(old.pages) & set(row.pages)), None)
    return Lies(JOINED, (), home)


def _lies(row: list[object] | tuple[object, ...]) -> Lies:
    state, pages, part_of = row
    return Lies(str(state), tuple(pages), part_of)  # type: ignore[arg-type]


def _last(session: Session, scan: Scan) -> AuditEntry | None:
    """Return the entry of the last step that was not undone."""
    ids = [str(one.id) for one in scan.documents]
    about = or_(
        and_(AuditEntry.object_kind == "scan", AuditEntry.object_id == str(scan.id)),
        and_(AuditEntry.object_kind == "document", AuditEntry.object_id.in_(ids)),
    )
    wanted = (
        select(AuditEntry)
        .where(about, AuditEntry.did.in_((*_NAMES, "scan.pages-undone")))
        .order_by(AuditEntry.seq.desc())
    )
    undone: set[int] = set()
    for entry in session.scalars(wanted):
        if entry.did == "scan.pages-undone":
            undone.add(int(entry.facts["undoes"]))
        elif entry.seq not in undone:
            # Steps of earlier versions of the program did not say how the rows lay.
            return entry if "is" in entry.facts else None
    return None
