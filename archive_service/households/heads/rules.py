"""Where a value of the head of a household belongs in its history, whatever order the news come in: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from archive_service.errors import Invalid, Refused

PUSH, CASE = "push", "case"
#: What is kept with its history: the columns of a household, and what article 13 shares besides.
OF_HOUSEHOLD = ("account_name", "service_address", "customer_category")
SHARED = ("grade", "capacity_kva", "expected_load_kw", "average_load_kw", "voltage", "feeder")
NAMES = (*OF_HOUSEHOLD, *SHARED)
#: How an account came out of another one.
LINKS = ("split", "merge", "transfer", "renumber")
#: Clocks of two systems differ by so much at most.
AHEAD = timedelta(minutes=5)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Held:
    """A value from a moment on; `id` is that of its row, none when it has none yet."""

    value: str
    as_of: datetime
    heard_until: datetime
    source: str = PUSH
    id: int | None = None


History = tuple[Held, ...]


def placed(history: History, value: str, as_of: datetime, *, source: str = PUSH) -> History:
    """Return the history, oldest first, with a value put where its moment belongs; the same one when nothing is new.

    The last value is that of the newest moment, in whatever order moments come. Raises Refused when another value was
    said of the very same moment.
    """
    before = [place for place, one in enumerate(history) if one.as_of <= as_of]
    at = before[-1] + 1 if before else 0
    new = Held(value, as_of, as_of, source)
    rest = history[at:]
    if rest and rest[0].value == value:
        # It held earlier than we knew.
        later: Sequence[Held] = (replace(rest[0], as_of=as_of), *rest[1:])
    else:
        later = (new, *rest)
    if not before:
        return tuple(later)
    was = history[at - 1]
    if was.value == value:
        if as_of <= was.heard_until:
            return history
        return (*history[: at - 1], replace(was, heard_until=as_of), *rest)
    if as_of in (was.as_of, was.heard_until):
        raise Refused(
            "push.same-moment",
            "同一时刻（as_of）已收到不同的数据，这一条没有写入。请用更新数据的实际时间作为 as_of 后再推送。",
            held=was.value,
        )
    if as_of < was.heard_until:
        again = Held(was.value, was.heard_until, was.heard_until, was.source)
        return (*history[: at - 1], replace(was, heard_until=was.as_of), new, again, *rest)
    return (*history[:at], *later)


def after(history: History, wanted: datetime) -> datetime:
    """Return `wanted`, or the next moment after all that was heard: a case knows no more than its day."""
    return max(wanted, history[-1].heard_until + _TICK) if history else wanted


def just_before(moment: datetime) -> datetime:
    """Return the moment before one."""
    return moment - _TICK


def check_as_of(as_of: datetime, *, now: datetime) -> datetime:
    """Return a moment that may be meant. Raises Invalid for one that has not come or that no system can know of."""
    if as_of > now + AHEAD:
        raise Invalid("push.as-of-future", "数据时刻 as_of 还没有到。请核对业务系统的时钟后再推送。")
    if as_of.year < _FIRST_YEAR:
        raise Invalid("push.as-of-early", f"数据时刻 as_of 早于 {_FIRST_YEAR} 年，多半是缺省值。请核对后再推送。")
    return as_of


_FIRST_YEAR = 1990


def check_link(kind: str, from_account: str, to_account: str, day: date, *, today: date, known: Known) -> bool:
    """Say whether a link between two accounts is new. Raises Refused or Invalid for one that cannot be."""
    if from_account == to_account:
        raise Invalid("link.itself", "户号不能与自己关联。请核对两个户号。")
    if day > today:
        raise Invalid("link.future", f"日期 {day.isoformat()} 还没有到。请核对后再推送。")
    if (kind, to_account, from_account) in known:
        raise Refused("link.reversed", f"户号 {to_account} 已登记为反方向的同类关联。请核对两个户号的先后。")
    was = known.get((kind, from_account, to_account))
    if was is not None and was != day:
        raise Refused("link.recorded", f"这一关联已登记在 {was.isoformat()}，不能改为 {day.isoformat()}。请核对。")
    return was is None


#: Days of links by kind and the two account numbers.
Known = Mapping[tuple[str, str, str], date]
