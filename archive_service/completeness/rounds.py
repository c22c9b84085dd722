"""Several rounds of one paper: which was the last, and whether it passed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archive_service.completeness.held import HeldItem

#: Said of what is not there, or was put right: these words do not make an opinion a bad one.
_NOTHING_WRONG = re.compile(
    r"(无需?|未发现|没有|不存在)(缺陷|问题|整改|不合格)项?|(整改|复验|复检|消缺)后?(合格|通过|完成)|(缺陷|问题)已(整改|消除)"
)
_FAILED = re.compile(
    r"不合格|不通过|未通过|不同意|不符合|不予|不具备|未合格|整改|缺陷|不满足|重新(审查|检验|报验)|待复"
)
_PASSED = re.compile(r"合格|通过|同意|符合|满足|良好|具备")


def passed(result: str) -> bool | None:
    """Say whether an opinion lets the work go on; None where its words do not say."""
    said = re.sub(r"\s+", "", result)
    rest = _NOTHING_WRONG.sub("合格", said)
    if _FAILED.search(rest):
        return False
    return True if _PASSED.search(rest) else None


def in_order(rounds: Sequence[HeldItem]) -> list[HeldItem]:
    """Return rounds from the first to the last: by their numbers if all bear one, by their days, else as they came."""
    for key in (_number, _day):
        if all(key(each) for each in rounds):
            return sorted(rounds, key=lambda each: (key(each), each.id))
    return sorted(rounds, key=lambda each: each.id)


def _number(item: HeldItem) -> str:
    found = re.search(r"\d+", item.fields.get("round_no", ""))
    return found[0].rjust(6, "0") if found else ""


def _day(item: HeldItem) -> str:
    return item.fields.get("document_date", "")
