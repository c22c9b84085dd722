"""Authenticity (真实性): the records are what they say they are. Items 1-1 to 1-14."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

from archive_service.properties.checks.outcome import Outcome, failed, judged, not_checked, paper, passed
from archive_service.properties.facts import Facts, ObjectFacts

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ACCOUNT = re.compile(r"[0-9]{4,20}")
_TYPE = re.compile(r"[A-Z][0-9]{2}[A-Z]?|OTHER")
#: What the columns of the database hold at most, by name.
_LENGTHS = {
    "account_no": 20,
    "account_name": 200,
    "service_address": 400,
    "application_no": 40,
    "archive_code": 120,
    "title": 200,
    "field": 400,
}
_CAPACITY = re.compile(r"\d+(\.\d+)?")
_SENSITIVITIES = frozenset({"public", "internal", "personal", "sensitive"})
_MEDIA = frozenset({"original", "verified_copy", "copy", None})
_NO_PACKAGE = "没有信息包可以检查。"


def digests_match(facts: Facts) -> Outcome:
    """1-1: the bytes are those whose digest was fixed when they were received."""
    objects = facts.objects_of()
    wrong = [f"内容 {one.digest[:12]}… {_WRONG[one.found]}" for one in objects if one.found in _WRONG]
    if wrong:
        return judged(wrong, "")
    unread = sum(one.found == "unread" for one in objects)
    if unread or not objects:
        return not_checked(f"{unread} 个内容对象没有读回，摘要未核对。" if unread else "没有内容对象。")
    signed = sum(one.scan.signatures for one in facts.papers if one.scan is not None)
    told = f"文件自称的签名 {signed} 个，本程序只列出、不验证。" if signed else "文件中没有声明签名。"
    return passed(f"读回 {len(objects)} 个内容对象，sha256 全部与登记相符。{told}")


_WRONG = {"damaged": "与登记的摘要不符", "missing": "在存储中找不到"}


def field_lengths(facts: Facts) -> Outcome:
    """1-2: no value is longer than its column."""
    values = list(_values(facts))
    wrong = [
        f"{where}：{len(text)} 字，超过 {_LENGTHS[kind]} 字"
        for kind, where, text in values
        if len(text) > _LENGTHS[kind]
    ]
    return judged(wrong, f"核对 {len(values)} 个元数据值，长度都在规定之内。")


def field_types(facts: Facts) -> Outcome:
    """1-3: numbers, codes, days, capacities and digests are written as such."""
    wrong = [] if _ACCOUNT.fullmatch(facts.account_no) else ["户号不是数字"]
    for one in facts.papers:
        if not _TYPE.fullmatch(one.document_type):
            wrong.append(f"{paper(one.item_no)}：资料类型代码写法不对")
        wrong += [
            f"{paper(one.item_no)}：字段 {name} 不是{kind}"
            for name, text in one.fields.items()
            if (kind := _not_written_as(name, text))
        ]
        wrong += [
            f"{paper(one.item_no)}第 {page.page_no} 页：摘要不是 64 位十六进制数"
            for page in one.pages
            if not all(_DIGEST.fullmatch(digest) for digest in page.digests)
        ]
    return judged(wrong, f"核对户号、{len(facts.papers)} 件资料的类型代码和各页摘要，字段的日期和容量，写法都对。")


def _not_written_as(name: str, text: str) -> str:
    """Return what a field should be by its name and is not; empty when it is."""
    if name == "document_date" or name.endswith(("_date", "_on")):
        try:
            date.fromisoformat(text)
        except ValueError:
            return "日期"
    if name.endswith("capacity") and not _CAPACITY.fullmatch(text):
        return "容量数值"
    return ""


def controlled_values(facts: Facts) -> Outcome:
    """1-4: types, categories and the like stand in their lists."""
    wrong = []
    for case in facts.cases:
        if case.category not in facts.known.categories:
            wrong.append(f"案件 {case.application_no}：客户类别 {case.category} 不在目录中")
        if case.business not in facts.known.businesses:
            wrong.append(f"案件 {case.application_no}：业务类型 {case.business} 不在目录中")
    for one in facts.papers:
        if one.document_type != "OTHER" and one.document_type not in facts.known.types:
            wrong.append(f"{paper(one.item_no)}：资料类型 {one.document_type} 不在目录中")
        if one.sensitivity not in _SENSITIVITIES or one.medium not in _MEDIA:
            wrong.append(f"{paper(one.item_no)}：密级或介质不在值域中")
    return judged(wrong, f"{len(facts.cases)} 个案件、{len(facts.papers)} 件资料的受控值都在值域中。")


def no_odd_characters(facts: Facts) -> Outcome:
    """1-6: no control characters, private glyphs or replacement signs of a broken encoding."""
    values = list(_values(facts))
    wrong = [f"{where}：含控制符、自造字或乱码" for _, where, text in values if any(map(_odd, text))]
    return judged(wrong, f"核对 {len(values)} 个元数据值，没有特殊字符。")


def _odd(sign: str) -> bool:
    if sign in "\t\r\n":
        return False
    return sign == "\ufffd" or unicodedata.category(sign) in ("Cc", "Co", "Cn", "Cs")


def archive_code(facts: Facts) -> Outcome:
    """1-7: the archive code of a filed case is its series and its serial number."""
    coded = [one for one in facts.cases if one.archive_code is not None]
    if not coded:
        return not_checked("档号在归档时才给定，现在还没有。")
    wrong = [
        f"案件 {one.application_no}：档号与系列、流水号不符"
        for one in coded
        if not (one.archive_code or "").startswith(one.series or "\0")
        or (one.archive_code or "")[len(one.series or "") :].lstrip("0") != str(one.serial)
    ]
    return judged(wrong, f"{len(coded)} 个档号都由系列和流水号组成：{coded[0].archive_code}。")


def sizes_match(facts: Facts) -> Outcome:
    """1-9: every object is as long as is on record."""
    objects = [one for one in facts.objects_of() if one.found == "intact" and one.recorded]
    wrong = [
        f"内容 {one.digest[:12]}… 登记 {one.size_bytes} 字节，实际 {one.read_bytes} 字节"
        for one in objects
        if one.size_bytes != one.read_bytes
    ]
    if not objects:
        return not_checked("没有读回内容，大小未核对。")
    return judged(wrong, f"{len(objects)} 个内容对象的大小与登记相符。")


def electronic_properties(facts: Facts) -> Outcome:
    """1-10: name, size, format and moment of receipt are recorded and agree with the object."""
    came = [(one, one.scan) for one in facts.papers if one.scan is not None]
    if not came:
        return not_checked("资料不是以文件收到的，没有接收时的电子属性。")
    wrong = []
    for one, scan in came:
        kept = facts.objects.get(scan.digest)
        if not scan.file_name or not scan.format:
            wrong.append(f"{paper(one.item_no)}：没有登记文件名或格式")
        if kept is not None and kept.recorded and kept.size_bytes != scan.size_bytes:
            wrong.append(f"{paper(one.item_no)}：接收时 {scan.size_bytes} 字节，存储登记 {kept.size_bytes} 字节")
    rest = len(facts.papers) - len(came)
    more = f"另有 {rest} 件不是以文件收到，没有接收时的属性。" if rest else ""
    return judged(wrong, f"{len(came)} 件资料的文件名、大小、格式和接收时间与登记一致。{more}")


def content_linked(facts: Facts) -> Outcome:
    """1-11: every page leads to objects that are on record and not lost."""
    wrong = [f"内容 {one.digest[:12]}… {_lack(one)}" for one in facts.objects_of() if not one.recorded or one.lost]
    pages = sum(len(one.pages) for one in facts.papers)
    return judged(wrong, f"{len(facts.papers)} 件资料的 {pages} 页都关联到登记的内容。")


def _lack(one: ObjectFacts) -> str:
    return "已没有完好副本" if one.recorded else "没有登记"


def package_lists(facts: Facts) -> Outcome:
    """1-12: the package declares itself and lists its files."""
    if facts.package is None:
        return not_checked(_NO_PACKAGE)
    return passed("信息包中有 " + "、".join(facts.package.lists) + "。") if facts.package.lists else failed(
        "信息包中没有说明文件和清单。"
    )  # fmt: skip


def package_structure(facts: Facts) -> Outcome:
    """1-13: the package is valid by the rules of its format."""
    if facts.package is None:
        return not_checked(_NO_PACKAGE)
    return judged(facts.package.findings, f"按 {facts.package.format} 规则检查，结构没有问题。")


def package_digest(facts: Facts) -> Outcome:
    """1-14: the list of files is the one that was told, and so is all that it lists."""
    if facts.package is None:
        return not_checked(_NO_PACKAGE)
    one = facts.package
    if not one.manifest_told:
        return not_checked("没有得到移交方的清单摘要。")
    same = one.manifest_told == one.manifest_found
    told = f"清单 sha256 {one.manifest_found}"
    return passed(told + "，与告知的一致。") if same else failed(f"{told}，与告知的 {one.manifest_told} 不一致。")


def _values(facts: Facts) -> Iterator[tuple[str, str, str]]:
    """Yield each value of the metadata with the kind of its column and where it stands."""
    yield "account_no", "户号", facts.account_no
    yield "account_name", "户名", facts.account_name
    yield "service_address", "用电地址", facts.service_address
    for case in facts.cases:
        yield "application_no", "申请编号", case.application_no
        if case.archive_code is not None:
            yield "archive_code", "档号", case.archive_code
    for one in facts.papers:
        yield "title", f"{paper(one.item_no)}题名", one.title
        for name, text in one.fields.items():
            yield "field", f"{paper(one.item_no)}字段 {name}", text
