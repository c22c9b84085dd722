"""Writing notices, reading them, and choosing how one is told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, Refused
from archive_service.notices import rules
from archive_service.notices.kinds import KINDS, Way, missing
from archive_service.notices.tables import Notice, NoticeChoice, NoticeMail
from archive_service.people.roles import Right
from archive_service.people.tables import Person
from archive_service.people.viewer import Viewer

_LONGEST_ADDRESS, _LONGEST_KEY = 300, 120


def tell(
    session: Session,
    *,
    to: int | None,
    kind: str,
    address: str,
    values: Mapping[str, object],
    once_key: str,
    now: datetime,
) -> bool:
    """Tell a person something in the caller's transaction; say whether it is new.

    `address` is the page that it leads to, `values` fill the texts of the kind. A second notice under the same
    `once_key` is none, nor is one to nobody, or to an account that is closed. Nothing is sent here.
    """
    told = KINDS[kind]
    if lacking := missing(values, told):
        raise ValueError(f"values of {kind}: {sorted(lacking)}")
    if not address.startswith("/") or len(address) > _LONGEST_ADDRESS or len(once_key) > _LONGEST_KEY:
        raise ValueError("a notice leads to a page of this program, under a key of at most 120 characters")
    person = session.get(Person, to) if to is not None else None
    if person is None or not person.active:
        return False
    row = {
        "person_id": person.id,
        "kind": kind,
        "address": address,
        "values": rules.values(values),
        "once_key": once_key,
        "way": _way(session, person, kind),
        "made_at": now,
    }
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite_insert if on_sqlite else postgresql_insert)(Notice)
    once = insert.values(row).on_conflict_do_nothing(index_elements=["person_id", "once_key"])
    return session.scalar(once.returning(Notice.id)) is not None


def tell_all(
    session: Session,
    people: Iterable[int | None],
    *,
    but: int | None,
    kind: str,
    address: str,
    values: Mapping[str, object],
    once_key: str,
    now: datetime,
) -> int:
    """Tell several people the same, each once, and not the one who did it; return to how many it is new."""
    wanted = dict.fromkeys(one for one in people if one is not None and one != but)
    return sum(
        tell(session, to=one, kind=kind, address=address, values=values, once_key=once_key, now=now) for one in wanted
    )


def _way(session: Session, person: Person, kind: str) -> str:
    if not person.email:
        return Way.PROGRAM.value
    chosen = select(NoticeChoice.way).where(NoticeChoice.person_id == person.id, NoticeChoice.kind == kind)
    return session.scalar(chosen) or KINDS[kind].usual.value


def open_notice(session: Session, viewer: Viewer, notice_id: int, *, now: datetime) -> str:
    """Mark one of the viewer's notices as read and return the page that it leads to. Raises NotFound."""
    found = session.scalar(select(Notice).where(Notice.id == notice_id, Notice.person_id == viewer.person_id))
    if found is None:
        raise NotFound("notice.not-found", "没有这条通知。请返回通知列表。")
    found.read_at = found.read_at or now
    return found.address


def read_all(session: Session, viewer: Viewer, *, until: int, now: datetime) -> None:
    """Mark the viewer's notices as read, up to the one with the id `until`: a newer one was not on the page yet."""
    mine = (Notice.person_id == viewer.person_id, Notice.read_at.is_(None), Notice.id <= until)
    session.execute(update(Notice).where(*mine).values(read_at=now).execution_options(synchronize_session=False))


def choose(session: Session, viewer: Viewer, chosen: Mapping[str, str], *, now: datetime) -> None:
    """Keep how the viewer wants to be told of each kind named. Raises Invalid for a kind or way that there is not."""
    if not set(chosen) <= set(KINDS) or not set(chosen.values()) <= set(Way):
        raise Invalid("notice.choice", "没有这种通知或接收方式。请从页面上的选项中选择。")
    person = _oneself(session, viewer)
    known = {one.kind: one for one in session.scalars(select(NoticeChoice).where(NoticeChoice.person_id == person.id))}
    changed: dict[str, str] = {}
    for kind, way in chosen.items():
        before = known[kind].way if kind in known else KINDS[kind].usual.value
        if before == way:
            continue
        changed[kind] = way
        if kind in known:
            known[kind].way = way
        else:
            session.add(NoticeChoice(person_id=person.id, kind=kind, way=way))
    if changed:
        session.flush()
        _note(session, viewer, person, "person.notices-chosen", changed, now=now)


def set_address(session: Session, viewer: Viewer, address: str, *, domains: str, now: datetime) -> None:
    """Keep the e-mail address of the viewer, or none. Raises Invalid, and NotPermitted for a domain not allowed.

    The trail says to which domain notices go, not the address.
    """
    person = _oneself(session, viewer)
    said = rules.check_address(address, domains) if address.strip() else None
    if said == person.email:
        return
    person.email = said
    session.flush()
    facts = {"domain": said.rpartition("@")[2].lower() if said else None}
    _note(session, viewer, person, "person.mail-address-set", facts, now=now)


def send_again(session: Session, viewer: Viewer, mail_id: int, *, now: datetime) -> NoticeMail:
    """Owe a mail that failed, or that nobody could get, once more; the job that sends takes it up.

    Raises NotFound, Refused for a mail that waits, is being sent or was sent, and for a person without an address.
    """
    viewer.require(Right.SYSTEM_HEALTH)
    chosen = select(NoticeMail).where(NoticeMail.id == mail_id).with_for_update()
    mail = session.scalar(chosen.execution_options(populate_existing=True))
    person = session.get(Person, mail.person_id) if mail is not None else None
    if mail is None or person is None or not viewer.may(Right.SYSTEM_HEALTH, person.unit_id):
        raise NotFound("mail.not-found", "没有这封邮件，或者您无权查看。请从发送日志里选择。")
    if mail.state not in ("failed", "dropped"):
        raise Refused("mail.not-failed", "这封邮件没有失败，不用重发。请刷新页面查看它的状态。", state=mail.state)
    if not person.active or not person.email:
        raise Refused("mail.no-address", "收件人的账号已停用或没有邮箱，不能重发。请本人先登记邮箱。")
    mail.state, mail.next_at, mail.error_code = "waiting", now, None
    session.flush()
    facts = {"mail": mail.id, "kind": mail.kind, "attempts": mail.attempts}
    _note(session, viewer, person, "notice.sent-again", facts, now=now)
    return mail


def prune(session: Session, *, before: datetime, most: int = 1000) -> int:
    """Remove notices made before a moment, and mails that hold none any more; return how many notices went."""
    old = session.scalars(select(Notice.id).where(Notice.made_at < before).order_by(Notice.id).limit(most)).all()
    _remove(session, Notice, old)
    held = select(Notice.id).where(Notice.mail_id == NoticeMail.id).exists()
    ended = NoticeMail.state.in_(("sent", "failed", "dropped"))
    empty = select(NoticeMail.id).where(NoticeMail.made_at < before, ended, ~held).order_by(NoticeMail.id).limit(most)
    _remove(session, NoticeMail, session.scalars(empty).all())
    return len(old)


def _remove(session: Session, table: type[Notice] | type[NoticeMail], ids: Collection[int]) -> None:
    if ids:
        session.execute(delete(table).where(table.id.in_(ids)).execution_options(synchronize_session=False))


def _oneself(session: Session, viewer: Viewer) -> Person:
    person = session.get(Person, viewer.person_id) if viewer.person_id is not None else None
    if person is None:
        raise NotFound("people.not-found", "没有这位人员。请重新登录后再试。")
    return person


def _note(
    session: Session, viewer: Viewer, person: Person, did: str, facts: Mapping[str, object], *, now: datetime
) -> None:
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="person",
        object_id=person.id,
        unit_id=person.unit_id,
        facts=dict(facts),
        now=now,
    )
