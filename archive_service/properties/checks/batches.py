"""The checks that look at a batch of received files before it is filed, by the same names as for cases.

What an item says of households, cases and papers cannot be said of a batch: it is told as not applicable, and checked
when the case is filed. A refused file fails the item that its fault is about; one that was here before fails none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from archive_service.properties.batch_facts import BatchFacts, FileFacts
from archive_service.properties.checks.outcome import Outcome, Result, failed, judged, not_checked, passed

BatchCheck = Callable[[BatchFacts], Outcome]
#: Which check a refusal of a file is the business of; refusals that are not here make a file unreadable.
_REFUSALS: Mapping[str, str] = {
    "file.type-not-accepted": "accepted-format",
    "file.password": "nothing-closed",
    "file.zip-nested": "nothing-closed",
    "file.virus": "virus-free",
    "file.empty": "content-complete",
}
_HERE_BEFORE = "file.duplicate"
#: A container says nothing of its own, for its members are files of the batch; and what a reviewer sent back, a person
#: has dealt with.
_NO_FAULT = frozenset({_HERE_BEFORE, "file.members-refused", "review.rejected", None})


def _name(one: FileFacts) -> str:
    return f"扫描件 {one.scan_id}"


def _refused_as(facts: BatchFacts, check: str) -> list[str]:
    """Return the files whose refusal is the business of a check."""
    return [
        f"{_name(one)} 拒收（{one.error}）"
        for one in facts.files
        if one.refused and one.error not in _NO_FAULT and _REFUSALS.get(one.error or "", "content-opens") == check
    ]


def _originals(facts: BatchFacts) -> list[FileFacts]:
    return [one for one in facts.files if not one.refused]


def _judged(facts: BatchFacts, wrong: Iterable[str], seen: str) -> Outcome:
    places = list(wrong)
    if places or _originals(facts):
        return judged(places, seen)
    return not_checked("批次里没有收下的文件。")


def digests_match(facts: BatchFacts) -> Outcome:
    """1-1: what lies in the store is what was handed in, by the digest in the trail."""
    files = _originals(facts)
    wrong, unread = [], 0
    for one in files:
        kept = facts.of(one.digest)
        if kept.found in ("damaged", "missing"):
            wrong.append(f"{_name(one)}：原件 {one.digest[:12]}… {_FOUND[kept.found]}")
        elif one.told is not None and one.told[0] != one.digest:
            wrong.append(f"{_name(one)}：摘要 {one.digest[:12]}… 与交件时登记的 {one.told[0][:12]}… 不符")
        unread += kept.found == "unread"
    if unread and not wrong:
        return not_checked(f"{unread} 个原件没有读回，摘要未核对。")
    return _judged(facts, wrong, f"读回 {len(files)} 个原件，sha256 与交件时登记的相符。")


_FOUND = {"damaged": "与登记的摘要不符", "missing": "在存储中找不到"}


def no_duplicates(facts: BatchFacts) -> Outcome:
    """1-8: what was handed in twice is kept once."""
    before = [one for one in facts.files if one.error == _HERE_BEFORE]
    digests = [one.digest for one in _originals(facts)]
    wrong = [f"原件 {one[:12]}… 收了不止一次" for one in sorted(set(digests)) if digests.count(one) > 1]
    more = f"另有 {len(before)} 个与先前收到的完全相同，没有重复保存。" if before else ""
    return _judged(facts, wrong, f"{len(digests)} 个文件各不相同。{more}")


def sizes_match(facts: BatchFacts) -> Outcome:
    """1-9: every original is as long as its row and the record of its object say."""
    files = [one for one in _originals(facts) if facts.of(one.digest).found == "intact"]
    wrong = [
        f"{_name(one)}：登记 {one.size_bytes} 字节，读回 {facts.of(one.digest).read_bytes} 字节"
        for one in files
        if len({one.size_bytes, facts.of(one.digest).read_bytes, facts.of(one.digest).size_bytes}) > 1
    ]
    return judged(wrong, f"{len(files)} 个原件的大小与登记相符。") if files else not_checked("没有读回原件。")


def electronic_properties(facts: BatchFacts) -> Outcome:
    """1-10: name, format and size are recorded, and agree with what the trail says of the hand-in."""
    wrong = []
    for one in _originals(facts):
        if not one.file_name or not one.format:
            wrong.append(f"{_name(one)}：没有登记文件名或格式")
        if one.told is not None and one.told[1] != one.size_bytes:
            wrong.append(f"{_name(one)}：交件时 {one.told[1]} 字节，现在登记 {one.size_bytes} 字节")
    return _judged(facts, wrong, f"{len(_originals(facts))} 个文件的名称、格式、大小与交件时登记的一致。")


def content_linked(facts: BatchFacts) -> Outcome:
    """1-11: every file leads to an object that is on record and not lost."""
    wrong = [
        f"{_name(one)}：原件 {one.digest[:12]}… {'已没有完好副本' if kept.recorded else '没有登记'}"
        for one, kept in ((one, facts.of(one.digest)) for one in _originals(facts))
        if not kept.recorded or kept.lost
    ]
    return _judged(facts, wrong, f"{len(_originals(facts))} 个文件都关联到登记的原件。")


def counts_match(facts: BatchFacts) -> Outcome:
    """2-1: as many files as were handed in, by the trail."""
    wrong = [f"交件时登记的{one} 不在批次里" for one in facts.vanished]
    refused = sum(one.refused for one in facts.files)
    back = f"另有 {facts.went_back} 个已随上次退回。" if facts.went_back else ""
    pages = sum(len(one.pages) for one in facts.kept)
    if not facts.files:
        return failed("批次里没有文件。" + back)
    told = (
        f"交来 {len(facts.files)} 个文件，都在：收下 {len(facts.files) - refused} 个、{pages} 页，拒收 {refused} 个。"
    )
    return judged(wrong, told + back)


def bytes_match(facts: BatchFacts) -> Outcome:
    """2-2: the originals together are as long as what was handed in, by the trail."""
    files = [one for one in _originals(facts) if one.told is not None]
    if not files or any(facts.of(one.digest).found == "unread" for one in files):
        return not_checked("原件没有全部读回，总字节数未核对。")
    told = sum(one.told[1] for one in files if one.told is not None)
    found = sum(facts.of(one.digest).read_bytes for one in files)
    if told != found:
        return failed(f"交件时共 {told} 字节，读回 {found} 字节。")
    return passed(f"交件时与读回都是 {found} 字节，{len(files)} 个原件。")


def process_recorded(facts: BatchFacts) -> Outcome:
    """2-5: who handed it in and how each file ended stand in the trail."""
    wrong = [f"{_name(one)}：审计记录里没有处理结果" for one in facts.files if not one.ended]
    by = f"{facts.handed_in_by} {facts.handed_in_at:%Y-%m-%d} 经 {facts.channel} 交来批次 {facts.number}"
    return judged(wrong, f"{by}；{len(facts.files)} 个文件的处理结果都有记录。") if facts.files else not_checked(
        "批次里没有文件。"
    )  # fmt: skip


def content_complete(facts: BatchFacts) -> Outcome:
    """2-7: every file has content, and pages."""
    wrong = _refused_as(facts, "content-complete")
    wrong += [f"{_name(one)}：没有页" for one in facts.kept if not one.pages]
    return _judged(facts, wrong, f"{len(facts.kept)} 个文件都有内容。")


def attachments_complete(facts: BatchFacts) -> Outcome:
    """2-8: every page of every file was decided: it lies in a document, or was taken out by a person."""
    wrong = [
        f"{_name(one)} 第 {page.page_no} 页不属于任何资料"
        for one in facts.kept
        for page in one.pages
        if page.page_no not in one.decided and not page.blank
    ]
    pages = [(page, one) for one in facts.kept for page in one.pages]
    blank = sum(page.blank and page.page_no not in one.decided for page, one in pages)
    more = f"另有 {blank} 页空白。" if blank else ""
    return _judged(facts, wrong, f"{len(pages) - blank} 页都已归入资料，或由人员剔除。{more}")


def accepted_format(facts: BatchFacts) -> Outcome:
    """3-3: every file is of a format that may be filed."""
    wrong = _refused_as(facts, "accepted-format") + _other_formats(facts, facts.accepted_formats)
    return _judged(facts, wrong, f"{_formats(facts)}，都是可以归档的格式。")


def lasting_format(facts: BatchFacts) -> Outcome:
    """3-5: every file is of a format that lasts."""
    return _judged(facts, _other_formats(facts, facts.lasting_formats), f"{_formats(facts)}，都是可以长期保存的格式。")


def _other_formats(facts: BatchFacts, wanted: frozenset[str]) -> list[str]:
    return [f"{_name(one)}：格式 {one.format or '未识别'}" for one in facts.kept if one.format not in wanted]


def _formats(facts: BatchFacts) -> str:
    return f"{len(facts.kept)} 个文件的格式为 {'、'.join(sorted({one.format for one in facts.kept}))}"


def content_opens(facts: BatchFacts) -> Outcome:
    """3-4: every file opened, and the picture of every page opens and is as large as is on record."""
    wrong, untried, opened = _refused_as(facts, "content-opens"), 0, 0
    for one in facts.kept:
        for page in one.pages:
            kept = facts.of(page.image) if page.image else None
            if kept is None or page.error or kept.opens is False:
                wrong.append(f"{_name(one)} 第 {page.page_no} 页打不开（{page.error or '影像'}）")
            elif kept.opens is None:
                untried += 1
            elif (kept.width_px, kept.height_px) != (page.width_px, page.height_px):
                wrong.append(f"{_name(one)} 第 {page.page_no} 页的尺寸与登记不符")
            else:
                opened += 1
    if untried and not wrong:
        return not_checked(f"{untried} 页没有打开，可读性未核对。")
    return _judged(facts, wrong, f"{opened} 页影像全部打开，尺寸与登记相符。")


def nothing_closed(facts: BatchFacts) -> Outcome:
    """3-8: no file is encrypted, or packed in a package."""
    files = len(_originals(facts))
    return _judged(
        facts, _refused_as(facts, "nothing-closed"), f"{files} 个文件都在隔离环境中打开：没有加密和多层压缩。"
    )


def scanner_present(facts: BatchFacts) -> Outcome:
    """4-1: a virus scanner is there and answers."""
    if facts.scanner is None:
        return not_checked(_NO_SCANNER)
    return passed(f"病毒扫描程序有回答：{facts.scanner}。") if facts.scanner else not_checked("病毒扫描程序没有回答。")


def virus_free(facts: BatchFacts) -> Outcome:
    """4-2: nothing was found when the files came in, nor by the scanner of today."""
    files = _originals(facts)
    wrong = _refused_as(facts, "virus-free")
    wrong += [f"{_name(one)} 查出病毒" for one in files if facts.of(one.digest).virus == "found"]
    unseen = sum(facts.of(one.digest).virus == "unseen" for one in files)
    if not wrong and (not facts.scanner or unseen or not files):
        return not_checked(_NO_SCANNER if facts.scanner is None else f"{unseen} 个原件没有查完。")
    return judged(wrong, f"{facts.scanner} 查过 {len(files)} 个原件，没有发现病毒。")


_NO_SCANNER = "没有配置病毒扫描程序（ARCHIVE_CLAMD_ADDRESS）。"


def nothing_besides(facts: BatchFacts) -> Outcome:
    """4-3: there is no file of whose hand-in the trail knows nothing."""
    wrong = [f"{_name(one)} 没有交件记录" for one in facts.files if one.told is None and not one.refused]
    return _judged(facts, wrong, f"{len(_originals(facts))} 个文件都有交件记录。")


def process_safe(facts: BatchFacts) -> Outcome:
    """4-7: the trail of the batch and its files is untouched."""
    wrong = [f"审计记录第 {one} 条与前一条或内容不符" for one in facts.trail.broken]
    if not facts.trail.entries:
        return failed("审计记录中没有这个批次的任何经历。")
    return judged(wrong, f"核对 {facts.trail.entries} 条审计记录的哈希链，没有改动；交件人 {facts.handed_in_by}。")


BATCH_CHECKS: Mapping[str, BatchCheck] = {
    "digests-match": digests_match,
    "no-duplicates": no_duplicates,
    "sizes-match": sizes_match,
    "electronic-properties": electronic_properties,
    "content-linked": content_linked,
    "counts-match": counts_match,
    "bytes-match": bytes_match,
    "process-recorded": process_recorded,
    "content-complete": content_complete,
    "attachments-complete": attachments_complete,
    "accepted-format": accepted_format,
    "lasting-format": lasting_format,
    "content-opens": content_opens,
    "nothing-closed": nothing_closed,
    "scanner-present": scanner_present,
    "virus-free": virus_free,
    "nothing-besides": nothing_besides,
    "process-safe": process_safe,
}

#: What whoever handed the batch in is to do about an item that failed.
REMEDIES: Mapping[str, str] = {
    "digests-match": "请补交这些原件，并通知系统管理员核对存储。",
    "no-duplicates": "请通知系统管理员。",
    "sizes-match": "请补交这些原件，并通知系统管理员核对存储。",
    "electronic-properties": "请重新导出后补交。",
    "content-linked": "请补交这些原件，并通知系统管理员核对存储。",
    "counts-match": "请按交件清单补交缺少的文件。",
    "bytes-match": "请核对文件是否传完整，补交不完整的文件。",
    "process-recorded": "请通知系统管理员核对审计记录。",
    "content-complete": "请重新扫描或导出后补交。",
    "attachments-complete": "请在校核台把这些页归入资料，或剔除。",
    "accepted-format": "请转换为可以归档的格式后补交。",
    "lasting-format": "请转换为可以长期保存的格式后补交。",
    "content-opens": "请重新扫描，或索取完好的文件后补交。",
    "nothing-closed": "请去掉密码，解开压缩包后补交。",
    "scanner-present": "请通知系统管理员。",
    "virus-free": "请在干净的电脑上重新扫描或另存后补交，并告诉信息安全人员。",
    "nothing-besides": "请通知系统管理员核对审计记录。",
    "process-safe": "请通知系统管理员核对审计记录。",
}
_ROOM = 400


def checked(name: str, facts: BatchFacts) -> Outcome:
    """Return what a check says of a batch; what failed says what to do as well. Raises KeyError for another name."""
    outcome = BATCH_CHECKS[name](facts)
    return failed(outcome.evidence[:_ROOM] + REMEDIES[name]) if outcome.result is Result.FAILED else outcome
