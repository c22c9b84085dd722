"""What people decide about a paper that a case lacks: deferred to a day, waived, or not applicable.

One person asks, another decides; nobody decides what they asked for themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from archive_service import masking
from archive_service.completeness.held import HeldItem
from archive_service.errors import Invalid, Refused


class Kind(StrEnum):
    """What is decided: brought later (容缺), let off, or not asked of this case."""

    DEFERRED = "deferred"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision that holds: what, why, who approved it, and until when a deferred paper must be there."""

    kind: Kind
    reason: str
    approver: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Background:
    """What besides the papers of a case bears on it."""

    #: Day each stage was done, by its code.
    days: Mapping[str, date] = field(default_factory=dict)
    #: Decisions that hold, by document type.
    rulings: Mapping[str, Ruling] = field(default_factory=dict)
    #: Papers of earlier cases of the household, oldest first.
    earlier: tuple[HeldItem, ...] = ()
    #: Whose account it is now; a paper of another name is not inherited.
    account_name: str | None = None

    @property
    def defers(self) -> bool:
        """Say whether any paper was deferred."""
        return any(each.kind is Kind.DEFERRED for each in self.rulings.values())


NOTHING_MORE = Background()
_LONGEST_REASON = 300


def check_request(kind: str, reason: str, until: date | None, *, today: date) -> tuple[Kind, str, date | None]:
    """Return what is asked for, trimmed. Raises Invalid without a kind, a reason in words, or a day still to come."""
    if kind not in set(Kind):
        raise Invalid("ruling.kind", "请选择容缺、免收或不适用。", given=kind[:20])
    said = masking.text(reason.strip().replace("\x00", ""))
    if len(said) < 4:
        raise Invalid("ruling.reason", "请写明理由（至少四个字），理由会随结论一直显示。")
    chosen = Kind(kind)
    if chosen is not Kind.DEFERRED:
        return chosen, said[:_LONGEST_REASON], None
    if until is None or until <= today:
        raise Invalid("ruling.until", "容缺要写明补交日期，并且在今天之后。请填写日期。")
    return chosen, said[:_LONGEST_REASON], until


def check_decider(asked_by: int | None, decider: int | None) -> None:
    """Refuse a decision by the person who asked for it."""
    if asked_by is not None and asked_by == decider:
        raise Refused("ruling.own", "本人提出的申请不能由本人批准。请由另一位有审批权的人办理。")


def check_gap(status: str) -> None:
    """Refuse a request about a paper that leaves no gap."""
    if status not in ("missing", "doubtful"):
        raise Refused("ruling.not-needed", "这项资料没有缺口，不需要申请。请刷新页面。", status=status)
