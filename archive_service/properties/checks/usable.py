"""Usability (可用性): the records can be found, opened and read, today and later. Items 3-1 to 3-8."""

from __future__ import annotations

from archive_service.properties.checks.outcome import (
    Outcome,
    failed,
    judged,
    not_checked,
    paper,
    passed,
    without_papers,
)
from archive_service.properties.facts import Facts

_NO_PACKAGE = "没有信息包可以检查。"
_NO_FILES = "资料不是以文件收到的，没有接收时识别的格式。"
#: States of a received file that was opened in the sandbox to its last page.
_OPENED = frozenset({"checked", "rendered", "read", "sorted", "filed", "needs_review"})


def package_reads(facts: Facts) -> Outcome:
    """3-1: the metadata of the package can be read."""
    if facts.package is None:
        return not_checked(_NO_PACKAGE)
    return passed("信息包的元数据已读出并通过结构检查。") if facts.package.metadata_reads else failed(
        "信息包的元数据读不出来。"
    )  # fmt: skip


def reads_back(facts: Facts) -> Outcome:
    """3-2: what the database holds of the records can be read."""
    if not facts.papers:
        return without_papers(facts)
    values = sum(len(one.fields) for one in facts.papers)
    pages = sum(len(one.pages) for one in facts.papers)
    return passed(f"从数据库读出 {len(facts.papers)} 件资料、{pages} 页、{values} 个字段。")


def accepted_format(facts: Facts) -> Outcome:
    """3-3: every file is of a format that may be filed."""
    return _formats(facts, facts.known.accepted_formats, "可以归档的格式")


def lasting_format(facts: Facts) -> Outcome:
    """3-5: every file is of a format that lasts."""
    return _formats(facts, facts.known.lasting_formats, "可以长期保存的格式")


def _formats(facts: Facts, wanted: frozenset[str], words: str) -> Outcome:
    came = [(one, one.scan) for one in facts.papers if one.scan is not None and one.scan.format]
    if not came:
        return not_checked(_NO_FILES)
    wrong = [f"{paper(one.item_no)}：{scan.format} 不是{words}" for one, scan in came if scan.format not in wanted]
    found = sorted({scan.format for _, scan in came})
    rest = len(facts.papers) - len(came)
    more = f"另有 {rest} 件不是以文件收到，未识别格式。" if rest else ""
    return judged(wrong, f"{len(came)} 件资料的格式为 {'、'.join(found)}，都是{words}。{more}")


def content_opens(facts: Facts) -> Outcome:
    """3-4: the picture of every page opens and is as large as is on record."""
    wrong, opened, untried = [], 0, 0
    for one in facts.papers:
        for page in one.pages:
            kept = facts.objects.get(page.image)
            if kept is None or kept.opens is None:
                untried += 1
            elif not kept.opens:
                wrong.append(f"{paper(one.item_no)}第 {page.page_no} 页打不开")
            elif (kept.width_px, kept.height_px) != (page.width_px, page.height_px):
                wrong.append(f"{paper(one.item_no)}第 {page.page_no} 页的尺寸与登记不符")
            else:
                opened += 1
    if not wrong and (untried or not opened):
        return not_checked(f"{untried} 页没有打开，可读性未核对。")
    return judged(wrong, f"{opened} 页影像全部打开，尺寸与登记相符。")


def nothing_closed(facts: Facts) -> Outcome:
    """3-8: no file is encrypted or packed in a closed way; those are refused in the sandbox that opens each file."""
    came = [(one, one.scan) for one in facts.papers if one.scan is not None]
    if not came:
        return not_checked("资料不是以文件收到的，没有隔离环境的开启记录。")
    wrong = [f"{paper(one.item_no)}：收到的文件没有完整打开过" for one, scan in came if scan.state not in _OPENED]
    return judged(wrong, f"{len(came)} 件资料的文件收到时都在隔离环境中逐页打开：没有加密，不是封闭的压缩格式。")
