"""The life of an edition that people draft: kept as often as they like, looked at, released by another person.

The catalogue, the retention schedule and the items of the four-property check have such editions. What differs stands
in a `Kind`: the table, the states in which a step is taken, codes and sentences of what is refused. The actions of each
are made of the functions here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Generic, NamedTuple, Protocol, TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.audit.tables import AuditEntry
from archive_service.catalogue.marked_yaml import Finding
from archive_service.editions.columns import Drafted, Look, Weighed
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people.roles import Right
from archive_service.people.ties import same_person
from archive_service.people.viewer import Viewer

Row = TypeVar("Row", bound=Drafted)
LookRow = TypeVar("LookRow", bound=Look)


class Refusal(NamedTuple):
    """Code and sentence of what is refused."""

    code: str
    sentence: str


class BadText(Refused):
    """The text is no edition or contradicts itself; the fact `findings` says each line and reason."""


class Head(Protocol):
    """What the text of an edition says of itself."""

    @property
    def edition(self) -> str:
        """Return the code."""

    @property
    def title_zh(self) -> str:
        """Return the title."""

    @property
    def effective_from(self) -> date:
        """Return the first day on which it holds."""


@dataclass(frozen=True)
class Step:
    """A step in the life of a draft: in which states it is taken, where it leads, what is said in any other."""

    begins: frozenset[str]
    #: None: it stays where it is.
    ends: str | None
    otherwise: Refusal
    #: None: whoever may draft or release in the unit.
    right: Right | None = None


@dataclass(frozen=True)
class Kind(Generic[Row]):
    """What editions of one kind have for themselves."""

    table: type[Row]
    #: The kind of object that the trail names, and the columns that it tells beside code and first day.
    trail: str
    told: tuple[str, ...]
    #: What is drafted, as sentences name it.
    name: str
    longest_chars: int
    steps: Mapping[str, Step]
    not_found: Refusal
    own: Refusal
    #: Codes of what is refused in equal words.
    too_long: str
    bad: str
    code_taken: str


def check_length(kind: Kind[Row], text: str) -> None:
    """Raise Invalid for a text that is longer than any edition of its kind."""
    if len(text) > kind.longest_chars:
        raise Invalid(kind.too_long, f"{kind.name}太长。请删去多余的内容。")


def refuse(kind: Kind[Row], findings: Sequence[Finding]) -> BadText:
    """Return the refusal of a text with `findings`, of which its sentence names the first."""
    first = findings[0]
    message = f"{kind.name}有 {len(findings)} 处问题，没有保存。第 {first.line} 行：{first.message}"
    return BadText(kind.bad, message, findings=[asdict(one) for one in findings])


def take(session: Session, kind: Kind[Row], draft_id: int, step: str, by: Viewer) -> Row:
    """Return a draft for a step in its life, locked until the transaction ends.

    Raises NotFound, NotPermitted without the right for the step, and Refused in a state in which it is not taken.
    """
    row = locked(session, kind, draft_id, by)
    taken = kind.steps[step]
    if taken.right is not None:
        by.require(taken.right, row.unit_id)
    if row.state not in taken.begins:
        raise Refused(*taken.otherwise, state=row.state)
    return row


def locked(session: Session, kind: Kind[Row], draft_id: int, by: Viewer) -> Row:
    """Return a draft of the viewer's units, kept from others until the transaction ends. Raises NotFound."""
    wanted = select(kind.table).where(kind.table.id == draft_id).with_for_update()
    row = session.scalar(wanted.execution_options(populate_existing=True))
    may = (Right.CATALOGUE_CHANGE, Right.CATALOGUE_RELEASE)
    if row is None or not any(by.may(right, row.unit_id) for right in may):
        raise NotFound(*kind.not_found)
    return row


def keep(
    session: Session,
    kind: Kind[Row],
    row: Row | None,
    written: Head,
    text: str,
    *,
    unit_id: int,
    reserved: bool,
    by: Viewer,
    now: datetime,
) -> Row:
    """Keep what `written` was read from, in `row` or as a new draft of the unit.

    `reserved`: the code is that of an edition which nobody drafted. Raises Refused where the code is taken.
    """
    table = kind.table
    others = select(table.id).where(table.code == written.edition, table.id != (row.id if row else 0))
    if reserved or session.scalar(others.limit(1)) is not None:
        raise Refused(kind.code_taken, f"版本代码“{written.edition}”已经用过。请换一个代码。")
    if row is None:
        row = table(state="draft", unit_id=unit_id, made_by=by.person_id)
        session.add(row)
    row.code, row.title, row.text, row.effective_from = written.edition, written.title_zh, text, written.effective_from
    row.changed_by, row.changed_at = by.person_id, now
    if isinstance(row, Weighed):
        row.revision = (row.revision or 0) + 1
    session.flush()
    return row


def check_another(session: Session, kind: Kind[Row], row: Row, by: Viewer, *more: int | None) -> None:
    """Raise Refused for whoever began, changed or handed in a draft at any time, or is among `more`.

    Another person releases it; a second account of one of them is not another person. The row names the first and the
    last who changed it, the trail all of them.
    """
    if by.person_id is None:
        return
    wrote = select(AuditEntry.person_id).where(
        AuditEntry.object_kind == kind.trail,
        AuditEntry.object_id == str(row.id),
        or_(*(AuditEntry.did.endswith(did) for did in (".drafted", ".changed", ".submitted"))),
    )
    hands = {row.made_by, row.changed_by, *more, *session.scalars(wrote.distinct())}
    if by.person_id in hands or same_person(session, by.person_id, hands):
        raise Refused(*kind.own)


def check_begun(row: Drafted, code: str, *, today: date) -> None:
    """Raise Refused with `code` before the first day of an edition that holds from its release on."""
    if row.effective_from > today:
        raise Refused(code, f"这一版从 {row.effective_from} 起生效。请到那天再发布。")


def move(session: Session, kind: Kind[Row], row: Row, step: str, *, by: Viewer, now: datetime) -> None:
    """Put a draft where a step leads; a release is signed."""
    row.state = kind.steps[step].ends or row.state
    if row.state == "released":
        row.decided_by, row.decided_at = by.person_id, now
    session.flush()


def under_way(session: Session, looks: type[LookRow], row: Weighed) -> LookRow | None:
    """Return the look at the present text of a draft that has not ended, if there is one."""
    chosen = select(looks).where(looks.draft_id == row.id, looks.revision == row.revision, looks.state == "running")
    return session.scalar(chosen.limit(1))


def was_previewed(session: Session, looks: type[Look], row: Weighed) -> bool:
    """Say whether a preview of the present text of a draft was done to its end."""
    chosen = select(looks.id).where(
        looks.draft_id == row.id, looks.purpose == "preview", looks.revision == row.revision, looks.state == "done"
    )
    return session.scalar(chosen.limit(1)) is not None


def note(session: Session, kind: Kind[Row], row: Row, *, did: str, by: Viewer, now: datetime) -> None:
    """Put on record what was done with a draft."""
    record(
        session,
        by=by.actor,
        did=did,
        object_kind=kind.trail,
        object_id=row.id,
        unit_id=row.unit_id,
        facts={
            "code": row.code,
            "effective_from": row.effective_from.isoformat(),
            **{name: getattr(row, name) for name in kind.told},
        },
        now=now,
    )
