"""Integrity (完整性): nothing is missing. Items 2-1 to 2-11."""

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


def counts_match(facts: Facts) -> Outcome:
    """2-1: as many papers, and pages of each, as the transfer list says."""
    if facts.package is not None:
        told, found = facts.package.papers_told, len(facts.papers)
        return passed(f"信息包写明 {told} 件，档案库中 {found} 件。") if told == found else failed(
            f"信息包写明 {told} 件，档案库中有 {found} 件。"
        )  # fmt: skip
    wrong, counted = [], 0
    for case in facts.cases:
        if case.hand_over is None:
            continue
        there = {one.item_no: len(one.pages) for one in facts.papers if one.application_no == case.application_no}
        for number, pages in case.hand_over.papers.items():
            # What left a case that is kept did so by a rule, and is on record: it is not lost.
            if case.filed_at is not None and number in case.left:
                continue
            counted += 1
            if number not in there:
                wrong.append(f"移交清单上的{paper(number)}不在案件中")
            elif there[number] != pages:
                wrong.append(f"{paper(number)}移交时 {pages} 页，现在 {there[number]} 页")
    if not counted:
        return not_checked("没有移交清单可以核对。")
    return judged(wrong, f"移交清单上的 {counted} 件资料都在，页数相符。")


def bytes_match(facts: Facts) -> Outcome:
    """2-2: all objects together are as long as is on record."""
    objects = facts.objects_of()
    if not objects or any(one.found == "unread" for one in objects):
        return not_checked("内容没有全部读回，总字节数未核对。")
    recorded, found = sum(one.size_bytes for one in objects), sum(one.read_bytes for one in objects)
    if recorded != found:
        return failed(f"登记共 {recorded} 字节，读回 {found} 字节。")
    return passed(f"登记与读回都是 {found} 字节，{len(objects)} 个对象。")


def elements_present(facts: Facts) -> Outcome:
    """2-3: the elements of household, case and paper are there."""
    named = (("户号", facts.account_no), ("户名", facts.account_name), ("用电地址", facts.service_address))
    wrong = [f"缺少{name}" for name, value in (*named, ("保管单位", facts.unit)) if not value]
    for case in facts.cases:
        if not (case.application_no and case.category and case.business):
            wrong.append(f"案件 {case.application_no}：缺少申请编号、客户类别或业务类型")
    wrong += [
        f"{paper(one.item_no)}：缺少类型或密级" for one in facts.papers if not (one.document_type and one.sensitivity)
    ]
    return judged(wrong, f"户、{len(facts.cases)} 个案件、{len(facts.papers)} 件资料的元数据项齐全。")


def mandatory_filled(facts: Facts) -> Outcome:
    """2-4: what has to be filled in is: title, day of acceptance, edition of the catalogue.

    A case whose papers are still being collected is registered further by the business system.
    """
    begun = [one for one in facts.cases if one.state != "collecting"]
    wrong = [f"案件 {one.application_no}：没有受理日期" for one in begun if one.accepted_on is None]
    wrong += [f"案件 {one.application_no}：没有目录版本" for one in begun if not one.edition]
    wrong += [f"{paper(one.item_no)}：题名空白" for one in facts.papers if not one.title.strip()]
    return judged(wrong, f"{len(facts.cases)} 个案件和 {len(facts.papers)} 件资料的必填项都已填写。")


def process_recorded(facts: Facts) -> Outcome:
    """2-5: hand-over, receipt and stages of a case stand on record."""
    ours = [one for one in facts.cases if one.steps]
    if not ours:
        return not_checked("案件还没有在本档案库移交过。")
    wrong = []
    for case in ours:
        lacking = [name for verb, name in (("submit", "移交"), ("accept", "签收")) if verb not in case.steps]
        if lacking and case.state != "collecting":
            wrong.append(f"案件 {case.application_no}：没有{'、'.join(lacking)}记录")
        if not case.stages:
            wrong.append(f"案件 {case.application_no}：没有环节日期")
    steps = sum(len(one.steps) for one in ours)
    return judged(wrong, f"{len(ours)} 个案件有 {steps} 步办理记录，移交、签收和环节日期都在。")


def numbers_continuous(facts: Facts) -> Outcome:
    """2-6: pages and places run from 1 without gaps."""
    wrong = [f"{paper(one.item_no)}：页号不连续" for one in facts.papers if not _runs([p.page_no for p in one.pages])]
    # Of a selection some places are elsewhere.
    cases = () if facts.selection else facts.cases
    wrong += [f"案件 {one.application_no}：顺序号不连续" for one in cases if not _runs(one.places)]
    places = sum(len(one.places) for one in cases)
    pages = sum(len(one.pages) for one in facts.papers)
    return judged(wrong, f"{pages} 个页号、{places} 个顺序号都从 1 起连续。")


def _runs(numbers: tuple[int, ...] | list[int]) -> bool:
    return sorted(numbers) == list(range(1, len(numbers) + 1))


def content_complete(facts: Facts) -> Outcome:
    """2-7: every entry has content."""
    if not facts.papers:
        return without_papers(facts)
    wrong = [f"{paper(one.item_no)}：没有内容" for one in facts.papers if not one.pages]
    return judged(wrong, f"{len(facts.papers)} 件资料都有内容。")


def attachments_complete(facts: Facts) -> Outcome:
    """2-8: every page of the document that was received is a page of the paper."""
    came = [(one, one.scan) for one in facts.papers if one.scan is not None and one.scan.document_pages]
    if not came:
        return not_checked("资料不是以文件收到的，没有声明的页数可以核对。")
    wrong = [
        f"{paper(one.item_no)}：收到 {scan.document_pages} 页，归档 {len(one.pages)} 页"
        for one, scan in came
        if scan.document_pages != len(one.pages)
    ]
    return judged(wrong, f"{len(came)} 件资料的页数与收到的文件相符。")


def scope_complete(facts: Facts) -> Outcome:
    """2-9: the catalogue asks for nothing more."""
    if not facts.cases:
        return not_checked("没有案件。")
    wrong = [f"案件 {one.application_no}：还缺或存疑 {one.lacking} 件" for one in facts.cases if not one.complete]
    editions = sorted({one.edition or "" for one in facts.cases})
    return judged(wrong, f"按目录 {'、'.join(editions)}，{len(facts.cases)} 个案件应归的资料都已归。")


def package_metadata(facts: Facts) -> Outcome:
    """2-10: the metadata of the package speak of every paper."""
    if facts.package is None:
        return not_checked(_NO_PACKAGE)
    one = facts.package
    if not one.metadata_reads:
        return failed("信息包的元数据读不出来。")
    return counts_match(facts)


def package_files(facts: Facts) -> Outcome:
    """2-11: the package has as many files as it says."""
    if facts.package is None:
        return not_checked(_NO_PACKAGE)
    told, found = facts.package.files_told, facts.package.files_found
    return (
        passed(f"登记和实有都是 {found} 个文件。")
        if told == found
        else failed(f"登记 {told} 个文件，实有 {found} 个。")
    )
