"""The second factor of a person: set up, asked for, replaced by recovery codes, taken away by an administrator."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from archive_service.errors import Invalid, NotFound, Refused
from archive_service.people import sessions, totp
from archive_service.people.tables import Person, RecoveryCode
from archive_service.people.viewer import Viewer

RECOVERY_CODES = 10
#: Bytes of a secret: 160 bits, as long as the hash that RFC 4226 asks for.
_SECRET_BYTES = 20
#: Ten letters and digits a code: fifty random bits behind a slow hash.
_CODE_BYTES = 6
_CODE_LENGTH = 10


def propose(session: Session, *, by: Viewer) -> str:
    """Give the viewer a fresh secret, not yet in use, and return it in base32. Raises Refused when one is in use."""
    person = _self(session, by)
    if person.totp_since is not None:
        raise Refused("second-factor.in-use", "动态验证码已经启用。要换手机，请先停用再重新设置。")
    person.totp_secret = base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    session.flush()
    return person.totp_secret


@dataclass(frozen=True)
class State:
    """How a person's second factor stands: in use `since`, or a `proposed` secret that waits for its first code."""

    since: datetime | None
    proposed: str
    codes_left: int


def state(session: Session, *, by: Viewer) -> State:
    """Return how the viewer's second factor stands."""
    person = session.get_one(Person, by.person_id)
    left = select(func.count()).where(RecoveryCode.person_id == by.person_id, RecoveryCode.used_at.is_(None))
    waiting = person.totp_secret if person.totp_since is None else None
    return State(person.totp_since, waiting or "", session.scalar(left) or 0)


def confirm(session: Session, *, code: str, by: Viewer, now: datetime) -> list[str]:
    """Put the proposed secret into use once `code` shows that the person's device has it; return recovery codes.

    The recovery codes are shown this once. Raises Refused when nothing is proposed, Invalid when the code is wrong.
    """
    person = _self(session, by)
    if person.totp_secret is None or person.totp_since is not None:
        raise Refused("second-factor.not-proposed", "没有待确认的设置。请重新开始设置动态验证码。")
    step = totp.fitting_step(person.totp_secret, tidy(code), now=now, last=None)
    if step is None:
        raise Invalid(
            "second-factor.wrong-code", "验证码不对，还没有启用。请确认手机时间准确，再输入应用上显示的 6 位数字。"
        )
    person.totp_since, person.totp_step = now, step
    codes = _fresh_codes(session, person)
    sessions.note(session, person, "second-factor.set", now=now)
    return codes


def renew_codes(session: Session, *, by: Viewer, now: datetime) -> list[str]:
    """Replace all recovery codes of the viewer; return the new ones, shown this once.

    Raises Refused while there is no second factor.
    """
    person = _self(session, by)
    if person.totp_since is None:
        raise Refused("second-factor.not-set", "动态验证码还没有启用。请先设置。")
    codes = _fresh_codes(session, person)
    sessions.note(session, person, "second-factor.codes-renewed", now=now)
    return codes


def remove(session: Session, person: Person, *, by: Viewer, now: datetime, reason: str = "") -> None:
    """Take the second factor and its recovery codes from a person; the caller has checked who may."""
    if person.totp_secret is None:
        return
    was_in_use = person.totp_since is not None
    person.totp_secret = person.totp_since = person.totp_step = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    session.flush()
    if was_in_use:
        facts: dict[str, object] = {"own": person.id == by.person_id, **({"reason": reason} if reason else {})}
        sessions.note(session, person, "second-factor.removed", now=now, by=by.actor, **facts)


def remove_own(session: Session, *, by: Viewer, now: datetime) -> None:
    """Take the viewer's own second factor away."""
    remove(session, _self(session, by), by=by, now=now)


def take(session: Session, person: Person, code: str, *, now: datetime) -> str | None:
    """Take a code of the person's device, or a recovery code; return which, "totp" or "recovery", none when neither.

    Each is taken once: the person's row is locked by the caller, and a recovery code is marked by one statement.
    """
    if person.totp_secret is None or person.totp_since is None:
        return None
    typed = tidy(code)
    step = totp.fitting_step(person.totp_secret, typed, now=now, last=person.totp_step)
    if step is not None:
        person.totp_step = step
        return "totp"
    if len(typed) != _CODE_LENGTH:
        return None
    mine = update(RecoveryCode).where(
        RecoveryCode.person_id == person.id,
        RecoveryCode.code_hash == _hash(person, typed),
        RecoveryCode.used_at.is_(None),
    )
    taken = session.scalars(mine.values(used_at=now).returning(RecoveryCode.id)).first()
    return None if taken is None else "recovery"


def tidy(code: str) -> str:
    """Return a code without the blanks and strokes that people type into it, in capitals."""
    return "".join(c for c in code if c.isascii() and c.isalnum()).upper()[:40]


def _fresh_codes(session: Session, person: Person) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    # Base32 has neither 0 nor 1 nor 8, so nothing is mistaken when written down by hand.
    made = [
        base64.b32encode(secrets.token_bytes(_CODE_BYTES + 1)).decode()[:_CODE_LENGTH] for _ in range(RECOVERY_CODES)
    ]
    session.add_all(RecoveryCode(person_id=person.id, code_hash=_hash(person, code)) for code in made)
    session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in made]


def _hash(person: Person, code: str) -> str:
    # The secret of the person is the salt; slow, because fifty bits alone could be tried out by who has the rows.
    salt = (person.totp_secret or "").encode()
    return hashlib.scrypt(code.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32).hex()


def _self(session: Session, by: Viewer) -> Person:
    wanted = select(Person).where(Person.id == by.person_id).with_for_update()
    person = session.scalar(wanted) if by.person_id is not None else None
    if person is None:
        raise NotFound("people.not-found", "没有这位人员。请重新登录后再试。")
    return person
