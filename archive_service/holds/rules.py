"""What a hold has to say, and what it means for a paper: pure decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from archive_service.errors import Invalid, Refused

LONGEST_REASON = 300
LONGEST_AUTHORITY = 120
#: Subjects that one hold may name; a wider one is a hold on cases or households.
MOST_SUBJECTS = 500
#: Subjects that may be held at once from a search: all that a search finds. They become as many holds as it takes.
MOST_AT_ONCE = 10_000
#: Years until somebody has to look at a hold again, at most.
LONGEST_REVIEW_YEARS = 5


class Kind(StrEnum):
    """Why something is held."""

    DISPUTE = "dispute"
    LITIGATION = "litigation"
    INSPECTION = "inspection"
    UNPAID = "unpaid"


@dataclass(frozen=True)
class Terms:
    """What is said when a hold is placed; `review_on` is the day on which somebody looks at it again."""

    kind: str
    reason: str
    authority: str
    review_on: date


def checked(terms: Terms, *, today: date) -> Terms:
    """Return the terms trimmed. Raises Invalid unless they say kind, reason, authority and a review day to come."""
    if terms.kind not in set(Kind):
        raise Invalid("hold.kind", "请选择冻结的种类：争议、诉讼、检查或欠费。", given=terms.kind[:12])
    reason, authority = check_reason(terms.reason), _trimmed(terms.authority)
    if not 2 <= len(authority) <= LONGEST_AUTHORITY:
        raise Invalid("hold.authority", f"请写明依据（2 到 {LONGEST_AUTHORITY} 字），例如法院文书号或检查通知。")
    if not today < terms.review_on <= _years_on(today, LONGEST_REVIEW_YEARS):
        raise Invalid(
            "hold.review-on", f"复查日要在明天以后、{LONGEST_REVIEW_YEARS} 年以内。到期不会自动解除，只会提醒。"
        )
    return Terms(terms.kind, reason, authority, terms.review_on)


def check_reason(reason: str) -> str:
    """Return a reason trimmed. Raises Invalid when it is too short or too long."""
    said = _trimmed(reason)
    if not 2 <= len(said) <= LONGEST_REASON:
        raise Invalid("hold.reason", f"请写明原因（2 到 {LONGEST_REASON} 字），原因会留在记录中。")
    return said


def check_subjects(count: int) -> None:
    """Refuse a hold on nothing, or on more than one hold may name. Raises Invalid."""
    if not 1 <= count <= MOST_SUBJECTS:
        raise Invalid(
            "hold.subjects", f"一次冻结要选 1 到 {MOST_SUBJECTS} 个对象。更多时请按户或案件冻结，或分次办理。"
        )


def check_at_once(count: int) -> None:
    """Refuse to hold nothing, or more than is held at once from a search. Raises Invalid."""
    if not 1 <= count <= MOST_AT_ONCE:
        raise Invalid(
            "hold.at-once",
            f"一次可以冻结 1 到 {MOST_AT_ONCE} 个对象。没有冻结任何资料，请缩小检索范围，或改为按户冻结。",
        )


def check_lasts(*, released: bool) -> None:
    """Refuse to release a hold twice."""
    if released:
        raise Refused("hold.released", "这项冻结已经解除，不用再办。请刷新页面查看。")


def _trimmed(text: str) -> str:
    return text.strip().replace("\x00", "")


def _years_on(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def subjects_mark(subjects: Iterable[tuple[int, int | None, int | None]]) -> str:
    """Return the sha256 over what a hold was placed on, in whatever order, for the trail.

    `subjects` are (household, case, item); a paper that moves stays the same subject.
    """
    said = (
        f"item {item}" if item is not None else f"case {case}" if case is not None else f"household {household}"
        for household, case, item in subjects
    )  # fmt: skip
    return hashlib.sha256("\n".join(sorted(said)).encode()).hexdigest()
