"""The report of a run, as a paper in Chinese and as data: both say the same, and the same run makes the same bytes."""

from __future__ import annotations

import json

from archive_service import zone
from archive_service.printing import compose
from archive_service.printing.values import Paper, Section, Signature
from archive_service.properties.queries import ResultView, RunView

FORMAT = "archive-service four-property check 1"
PROPERTIES = {"authenticity": "真实性", "integrity": "完整性", "usability": "可用性", "security": "安全性"}
MOMENTS = {"filing": "归档", "transfer": "移交与接收", "longterm": "长期保存"}
STATES = {"open": "待人工填写", "passed": "合格", "failed": "不合格"}
RESULTS = {
    "passed": "合格",
    "failed": "不合格",
    "open": "待填写",
    "not_checked": "未检测",
    "not_applicable": "不适用",
}
MODES = {"automatic": "自动", "manual": "人工", "not_applicable": "—"}
_HEAD = ("编号", "项目", "方式", "结论", "依据")
_WIDTHS = (12, 26, 7, 9, 58)


def pdf(run: RunView) -> bytes:
    """Return the report as PDF."""
    return compose.pdf(
        Paper(
            title="电子档案四性检测报告",
            unit=run.unit_name,
            facts=_facts(run),
            before=(_sums(run),),
            sections=[_section(run, code, name) for code, name in PROPERTIES.items()],
            behind=(
                "“未检测”表示没有条件检测，依据栏写明原因，不等于合格。签名只列出、不验证。",
                f"检测内容的指纹（sha256）：{run.fingerprint}",
            ),
            signatures=(Signature("检测人"), Signature("复核人")),
            across=True,
            made_at=run.finished_at or run.begun_at,
            printed=f"四性检测 {run.id}",
        )
    )


def data(run: RunView) -> bytes:
    """Return the report as JSON, keys in order."""
    said = {
        "format": FORMAT,
        "check": run.id,
        "moment": run.moment,
        "edition": run.edition,
        "state": run.state,
        "unit": run.unit_name,
        "account_no": run.account_no,
        "application_no": run.application_no,
        "package": run.package_id,
        "batch": run.batch_id,
        "papers": run.papers,
        "pages": run.pages,
        "fingerprint": run.fingerprint,
        "begun_at": run.begun_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "asked_by": run.asked_by,
        "items": [_item(one) for one in run.results],
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1).encode()


def _facts(run: RunView) -> tuple[tuple[str, str], ...]:
    ended = run.finished_at or run.begun_at
    return (
        ("检测环节", MOMENTS[run.moment]),
        *_about(run),
        ("数量", f"{run.papers} 件 {run.pages} 页"),
        ("项目表版本", run.edition),
        ("检测人", run.asked_by or "系统"),
        ("完成时间", f"{zone.local(ended):%Y-%m-%d %H:%M}"),
        ("结论", STATES[run.state]),
    )


def _about(run: RunView) -> tuple[tuple[str, str], ...]:
    if run.batch_id is not None:
        return (("批次", str(run.batch_id)),)
    account = ("户号", run.account_no or "—")
    if run.application_no:
        return (account, ("申请编号", run.application_no))
    return (account, ("信息包", str(run.package_id or "—")))


def _sums(run: RunView) -> str:
    told = "，".join(f"{word} {run.counts[code]} 项" for code, word in RESULTS.items() if run.counts.get(code))
    return f"共 {len(run.results)} 项：{told}。"


def _section(run: RunView, code: str, name: str) -> Section:
    rows = [
        (one.code, one.title_zh, MODES[one.mode], RESULTS[one.result], _evidence(one))
        for one in run.results
        if one.property == code
    ]
    return Section(f"{name}（{len(rows)} 项）", _HEAD, _WIDTHS, rows, "无。")


def _evidence(one: ResultView) -> str:
    if one.answered_at is None:
        return one.evidence
    return f"{one.evidence}（{one.answered_by or '系统'} {zone.local(one.answered_at):%Y-%m-%d %H:%M}）"


def _item(one: ResultView) -> dict[str, object]:
    return {
        "code": one.code,
        "property": one.property,
        "title": one.title_zh,
        "mode": one.mode,
        "result": one.result,
        "evidence": one.evidence,
        "answered_by": one.answered_by,
        "answered_at": one.answered_at.isoformat() if one.answered_at else None,
    }
