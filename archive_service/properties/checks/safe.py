"""Security (安全性): nothing harmful, nothing besides, and a process that can be trusted. Items 4-1 to 4-7, 5-1."""

from __future__ import annotations

from archive_service.properties.checks.outcome import Outcome, failed, judged, not_checked, paper, passed
from archive_service.properties.facts import Facts

_NO_SCANNER = "没有配置病毒扫描程序（ARCHIVE_CLAMD_ADDRESS）。"


def scanner_present(facts: Facts) -> Outcome:
    """4-1: a virus scanner is there and answers."""
    if facts.scanner is None:
        return not_checked(_NO_SCANNER)
    return passed(f"病毒扫描程序有回答：{facts.scanner}。") if facts.scanner else not_checked("病毒扫描程序没有回答。")


def virus_free(facts: Facts) -> Outcome:
    """4-2: the scanner looked at every original and found nothing."""
    if not facts.scanner:
        return not_checked(_NO_SCANNER if facts.scanner is None else "病毒扫描程序没有回答。")
    originals = facts.originals()
    wrong = [f"内容 {one.digest[:12]}… 查出病毒" for one in originals if one.virus == "found"]
    unseen = sum(one.virus == "unseen" for one in originals)
    if not wrong and (unseen or not originals):
        return not_checked(f"{unseen} 个原件没有查完。")
    return judged(wrong, f"{facts.scanner} 查过 {len(originals)} 个原件，没有发现病毒。")


def nothing_besides(facts: Facts) -> Outcome:
    """4-3: nothing is there that no list names."""
    if facts.package is not None:
        return judged(
            [f"清单之外的文件 {one}" for one in facts.package.besides], "信息包中没有清单之外的文件。"
        )  # fmt: skip
    wrong, listed = [], 0
    for case in facts.cases:
        if case.hand_over is None:
            continue
        listed += len(case.hand_over.papers)
        wrong += [
            f"{paper(one.item_no)}不在移交清单上"
            for one in facts.papers
            if one.application_no == case.application_no
            and one.place is None
            and one.item_no not in case.hand_over.papers
            # Papers that came later are filed as supplements.
            and (case.filed_at is None or one.filed_at <= case.filed_at)
        ]
    if not listed:
        return not_checked("没有移交清单可以核对。")
    return judged(wrong, f"案件中没有移交清单（{listed} 件）之外的资料。")


def process_safe(facts: Facts) -> Outcome:
    """4-7: giver and receiver are two people, no paper is of a batch sent back, and the audit trail is untouched."""
    wrong = [f"审计记录第 {one} 条与前一条或内容不符" for one in facts.trail.broken]
    wrong += [
        f"{paper(one.item_no)}来自已退回的批次 {one.scan.returned_batch}，该批次还没有重新检测合格"
        for one in facts.papers
        if one.scan is not None and one.scan.returned_batch is not None
    ]
    for case in facts.cases:
        over = case.hand_over
        if over is not None and over.giver_id is not None and over.giver_id == over.receiver_id:
            wrong.append(f"案件 {case.application_no}：移交人和签收人是同一人")
    if not wrong and not facts.trail.entries:
        return failed("审计记录中没有这些资料的任何经历。")
    handed = sum(one.hand_over is not None for one in facts.cases)
    told = f"{handed} 次移交的移交人和签收人不是同一人。" if handed else "没有移交记录。"
    return judged(wrong, f"核对 {facts.trail.entries} 条审计记录的哈希链，没有改动；{told}")


def kept_by_rule(facts: Facts) -> Outcome:
    """5-1: every paper is kept by a rule; what is held is counted."""
    if not facts.papers:
        return not_checked("没有资料。")
    waiting = [one.item_no for one in facts.papers if one.due is None]
    if waiting:
        return not_checked(f"{len(waiting)} 件资料的保管期限还没有推算，例如{paper(waiting[0])}。")
    held = sum(one.held for one in facts.papers)
    return passed(f"{len(facts.papers)} 件资料都有保管期限，其中 {held} 件冻结中。")
