"""Personal tokens: what a person gives a program instead of their password."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from archive_service.errors import Invalid, NotFound, NotPermitted
from archive_service.people import sessions
from archive_service.people.scopes import Scope
from archive_service.people.tables import Person, SignIn
from archive_service.people.viewer import Viewer

_LONGEST = timedelta(days=366)


def issue_token(
    session: Session,
    *,
    by: Viewer,
    label: str,
    expires_at: datetime,
    now: datetime,
    person_id: int | None = None,
    scopes: Collection[Scope] | None = None,
) -> tuple[str, SignIn]:
    """Give a program a token with the rights of the person, cut to `scopes`; return it once and its row.

    A person issues tokens only for themselves; the command line names the person. At most a year.
    """
    owner = by.person_id if person_id is None else person_id
    if not by.is_system and owner != by.person_id:
        raise NotPermitted("token.own-only", "令牌只能由本人签发。请让本人登录后签发。")
    person = session.get(Person, owner) if owner is not None else None
    if person is None or not person.active:
        raise NotFound("people.not-found", "没有这位人员。请核对登录名后再试。")
    if not label.strip() or len(label) > 120:
        raise Invalid("token.label", "请给令牌起一个 120 字以内的名字，说明用在哪里。")
    if not now < expires_at <= now + _LONGEST:
        raise Invalid("token.expiry", "令牌的有效期须在今后一年之内。请改一个日期。")
    if scopes is not None and not scopes:
        raise Invalid("token.no-scope", "请至少选择一项令牌的范围。")
    return sessions.begin(
        session,
        person,
        now=now,
        expires_at=expires_at,
        kind=sessions.TOKEN,
        label=label.strip(),
        scopes=scopes,
    )


def revoke_token(session: Session, *, sign_in_id: int, by: Viewer, now: datetime) -> None:
    """End one of the viewer's own sign-ins or tokens. Raises NotFound for any other."""
    sessions.end_sign_in(session, sign_in_id=sign_in_id, by=by, now=now)
