"""Rule XC11: the papers of a case bear the signatures and seals that the catalogue asks for."""

from __future__ import annotations

from collections.abc import Sequence

from archive_service import masking
from archive_service.completeness.held import HeldItem
from archive_service.completeness.marks import MarkVerdict, Sight
from archive_service.completeness.observations import (
    Agreement,
    CaseFacts,
    Observation,
    Papers,
    Seen,
)

_RULE = "XC11"
_MOST_NAMED = 4


def xc11(_case: CaseFacts, held: Papers) -> Observation:
    """Say whether a signature or seal lacks, or may lack, on a paper of the case."""
    asked = [(item, mark) for item in held for mark in item.marks]
    lacks = [each for each in asked if each[1].lacks]
    open_ = [each for each in asked if not each[1].lacks and each[1].standing is not Sight.SEEN]
    if lacks:
        return _observed(Agreement.DIFFERS, lacks, f"缺少签字或盖章：{_listed(lacks)}。请补签补盖，或核对影像。")
    if open_:
        return _observed(Agreement.CANNOT_TELL, open_, f"签字或盖章看不准：{_listed(open_)}。请核对影像。")
    if not asked:
        return _observed(Agreement.CANNOT_TELL, [], "没有需要核对的签字和盖章，或资料还没有看过签章。")
    return _observed(Agreement.AGREES, asked, f"{len(asked)} 处签字和盖章都已看到。")


def _observed(status: Agreement, marks: Sequence[tuple[HeldItem, MarkVerdict]], message: str) -> Observation:
    seen = tuple(
        Seen(item.id, item.document_type, mark.key, str(mark.standing), mark.page, mark.box) for item, mark in marks
    )
    return Observation(_RULE, status, seen, message)


def _listed(marks: Sequence[tuple[HeldItem, MarkVerdict]]) -> str:
    names = [f"{masking.text(item.title) or item.document_type}的{mark.name_zh}" for item, mark in marks]
    rest = f"等 {len(names)} 处" if len(names) > _MOST_NAMED else ""
    return "、".join(names[:_MOST_NAMED]) + rest
