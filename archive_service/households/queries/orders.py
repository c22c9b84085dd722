"""Other orders of the list of cases than by deadline: by account number, and by acceptance with the newest first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from archive_service.errors import Invalid
from archive_service.households.tables import CaseFile, HouseholdFile

#: Orders that `cases` knows; the first is the usual one.
ORDERS = ("due", "account", "accepted")
#: What stands before the colon of a cursor, and the id behind it.
_CURSOR = re.compile(r"([0-9A-Z-]{0,40}):(\d{1,18})")


def cursor(after: str) -> tuple[str, int]:
    """Return the place that `after` stands for. Raises Invalid."""
    match = _CURSOR.fullmatch(after)
    if match is None:
        raise bad_cursor()
    return match.group(1), int(match.group(2))


def bad_cursor() -> Invalid:
    """Return the refusal of a place in a list that is none."""
    return Invalid("list.cursor", "翻页位置不对。请回到第一页再翻。")


def keys(
    session: Session, order: str, conditions: Sequence[ColumnElement[bool]], after: str | None, limit: int
) -> list[int]:
    """Return the next ids of cases in an order other than by deadline; `after` is the cursor of the last one."""
    place = cursor(after) if after else None
    if order == "account":
        return _by_account(session, conditions, place, limit)
    return _by_acceptance(session, conditions, place, limit)


def _by_account(
    session: Session, conditions: Sequence[ColumnElement[bool]], place: tuple[str, int] | None, limit: int
) -> list[int]:
    columns = HouseholdFile.account_no, CaseFile.id
    found = select(CaseFile.id).join(HouseholdFile, HouseholdFile.id == CaseFile.household_id).where(*conditions)
    if place:
        # The first comparison alone lets the index begin where the last page ended.
        found = found.where(HouseholdFile.account_no >= place[0], tuple_(*columns) > tuple_(*place))
    return list(session.scalars(found.order_by(*columns).limit(limit)))


def _by_acceptance(
    session: Session, conditions: Sequence[ColumnElement[bool]], place: tuple[str, int] | None, limit: int
) -> list[int]:
    found = select(CaseFile.id).join(HouseholdFile, HouseholdFile.id == CaseFile.household_id).where(*conditions)
    dated = found.where(CaseFile.accepted_on.is_not(None))
    if place and place[0]:
        dated = dated.where(tuple_(CaseFile.accepted_on, CaseFile.id) < tuple_(_day(place[0]), place[1]))
    in_order = dated.order_by(CaseFile.accepted_on.desc(), CaseFile.id.desc())
    ids = [] if place and not place[0] else list(session.scalars(in_order.limit(limit)))
    if len(ids) < limit:
        rest = found.where(CaseFile.accepted_on.is_(None))
        if place and not place[0]:
            rest = rest.where(CaseFile.id < place[1])
        ids += session.scalars(rest.order_by(CaseFile.id.desc()).limit(limit - len(ids)))
    return ids


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise bad_cursor() from None
