"""XC12, XC15 and XC17: fees, scans that also lie elsewhere, and the pages of the contents list."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from archive_service.completeness.held import HeldItem
from archive_service.completeness.observations import (
    Agreement,
    CaseFacts,
    Observation,
    Papers,
    Reading,
    Seen,
    listed,
    number,
    observe,
    readings,
)

#: Papers that stand for the volume itself and may or may not be counted in its contents list.
_OF_THE_VOLUME = ("X01", "X02", "X03")


def xc12(case: CaseFacts, held: Papers) -> Observation:
    """The receipts add up to the fee notices."""
    notices, receipts = readings(held, "amount", types=("F01",)), readings(held, "amount", types=("F02",))
    asked, paid = _sum(notices), _sum(receipts)
    told = [*notices, *receipts]
    if asked is None or paid is None:
        return observe("XC12", Agreement.CANNOT_TELL, told, "没有同时读到缴费通知和收据的金额，无法比对。")
    if abs(asked - paid) > case.tolerances.amount_yuan:
        message = f"收据合计 {paid} 元与缴费通知合计 {asked} 元不一致：{listed(told)}。请核对是否缺少收据。"
        return observe("XC12", Agreement.DIFFERS, told, message)
    return observe("XC12", Agreement.AGREES, told, f"收据合计与缴费通知合计一致（{asked} 元）。")


def _sum(found: Sequence[Reading]) -> Decimal | None:
    amounts = [amount for each in found if (amount := number(each.value)) is not None]
    return sum(amounts, Decimal(0)) if amounts and len(amounts) == len(found) else None


def xc15(case: CaseFacts, held: Papers) -> Observation:
    """No page of the case is filed in another household as well, and none bears another account's number."""
    if case.elsewhere is None:
        return observe("XC15", Agreement.CANNOT_TELL, [], "没有查找其他户的影像，无法判断。")
    names = {item.id: item for item in held}
    seen = tuple(
        Seen(each.item, names[each.item].document_type, each.how, each.account_no, each.page)
        for each in case.elsewhere
        if each.item in names
    )
    if not seen:
        return Observation("XC15", Agreement.AGREES, (), "没有与其他户重复的影像，也没有其他户的页。")
    told = "；".join(f"{_where(names, one)}{_HOW[one.field]}{one.value}" for one in seen[:4])
    rest = f"等 {len(seen)} 处" if len(seen) > 4 else ""
    return Observation("XC15", Agreement.DIFFERS, seen, f"{told}{rest}。请核对是否归错户或重复扫描。")


_HOW = {"same_scan": "与另一户是同一影像：户号 ", "other_account": "写的是另一户的户号 "}


def _where(names: dict[int, HeldItem], seen: Seen) -> str:
    assert seen.item is not None
    return Reading(names[seen.item], "", "").where + (f"第 {seen.page} 页" if seen.page else "")


def xc17(case: CaseFacts, held: Papers) -> Observation:
    """The contents list counts as many pages as were scanned, with or without the papers of the volume itself."""
    listed_ = readings(held, "page_count", types=("X01",))
    scanned = sum(item.page_count for item in held)
    said = number(listed_[-1].value) if listed_ else None
    if said is None or not scanned:
        return observe("XC17", Agreement.CANNOT_TELL, listed_, "没有读到卷内目录的页数，无法比对。")
    of_volume = sum(item.page_count for item in held if item.document_type in _OF_THE_VOLUME)
    evidence = [listed_[-1], Reading(None, "page_count", str(scanned))]
    low, high = scanned - of_volume - case.tolerances.pages, scanned + case.tolerances.pages
    if low <= said <= high:
        return observe("XC17", Agreement.AGREES, evidence, f"卷内目录 {said} 页，与扫描页数相符。")
    message = f"卷内目录写 {said} 页，实际扫描 {scanned} 页（其中目录、清单、备考表 {of_volume} 页）。请核对是否漏扫。"
    return observe("XC17", Agreement.DIFFERS, evidence, message)
