"""Stage days are written once (article 14): a correction is asked for by one and approved by another. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from archive_service.errors import Invalid, NotPermitted, Refused

#: The paper of a stage, whose printed date says when the stage was done.
PRINTED: Mapping[str, frozenset[str]] = {
    "ACCEPT": frozenset({"A02H", "A02N", "A02R", "A02V", "A02D"}),
    "SURVEY": frozenset({"S01"}),
    "SCHEME": frozenset({"P03H", "P03L"}),
    "DESIGN": frozenset({"D04"}),
    "INTERIM": frozenset({"M04"}),
    "COMPLETE": frozenset({"C10", "C11", "G02"}),
    "CONTRACT": frozenset({"K01H", "K01L", "K01R", "K01T", "K08"}),
    "METER": frozenset({"T01"}),
    "ENERGISE": frozenset({"E02"}),
    "VISIT": frozenset({"V01"}),
}
LONGEST_REASON = 500


def stage_of(document_type: str) -> str | None:
    """Return the stage whose day a type of paper prints, none for other papers."""
    return next((stage for stage, types in PRINTED.items() if document_type in types), None)


def check_asked(recorded: Mapping[str, date], stage: str, wanted: date, reason: str) -> tuple[date, str]:
    """Return the day that holds and the reason, trimmed. Raises Refused or Invalid for what cannot be asked."""
    was = recorded.get(stage)
    if was is None:
        raise Refused("correction.nothing", "这个环节还没有记录日期，不用更正。请由业务系统送来日期。", stage=stage)
    if was == wanted:
        raise Invalid("correction.same", f"这个环节记录的就是 {was.isoformat()}，不用更正。请核对后再试。", stage=stage)
    said = reason.strip().replace("\x00", "")
    if not 4 <= len(said) <= LONGEST_REASON:
        raise Invalid("correction.reason", f"请写明更正的原因和依据（4 到 {LONGEST_REASON} 字）。")
    return was, said


def check_approver(asked_by: int | None, approver: int | None) -> None:
    """Refuse who asked for a correction to decide on it. Raises NotPermitted."""
    if asked_by is not None and asked_by == approver:
        raise NotPermitted("correction.own", "申请人不能审批自己的更正。请由另一位负责人审批。")


def agrees(printed: Collection[date], held: date | None) -> bool | None:
    """Say whether all printed dates are the day that holds; none when there is nothing to compare."""
    if held is None or not printed:
        return None
    return all(day == held for day in printed)
