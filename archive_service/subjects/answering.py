"""Answering a request: the letter is drawn and stored first, then the answer is entered with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from archive_service import zone
from archive_service.db.session import Database
from archive_service.people.viewer import Viewer
from archive_service.printing import compose
from archive_service.printing.values import Paper, Section, Signature
from archive_service.storage.store import ObjectStore
from archive_service.subjects import actions, queries, rules
from archive_service.subjects.queries import PaperNamed, RequestView
from archive_service.subjects.rules import Verdict

KINDS = {"copy": "复制", "annotate": "更正说明", "restrict": "限制处理", "erase": "删除"}
_DONE = {
    "copy": "已按要求提供证明复制件，编号 {copy}。",
    "annotate": "已在所列资料旁附上您的更正说明；已归档的原件保持原样。更正说明：{annotation}",
    "restrict": "所列资料自即日起只作存储：不再查阅、检索、借阅和导出，保管人确有需要打开时须写明原因并留下记录。",
    "erase": (
        "所列资料的法定或规定保管期限尚未届满，自即日起停止除存储和采取必要的安全保护措施之外的处理；"
        "期限届满后按鉴定销毁程序处理。"
    ),
}


def answer(
    database: Database, store: ObjectStore, viewer: Viewer, request_id: int, verdict: Verdict, *, now: datetime
) -> None:
    """Draw the letter, store it, and enter the answer. Raises NotFound, Invalid, Refused; then nothing is entered."""
    with database.reading() as session:
        found = queries.request(session, viewer, request_id)
        papers = queries.papers(session, viewer, request_id)
    rules.check_waits(found.state)
    said = rules.check_verdict(verdict, found.kind)
    stored = store.put_bytes(letter(found, papers, said, now=now))
    with database.unit_of_work() as session:
        actions.decide(session, viewer, request_id, said, stored, now=now)


def letter(found: RequestView, papers: Sequence[PaperNamed], said: Verdict, *, now: datetime) -> bytes:
    """Return the letter that answers a request, as PDF. It is written in Chinese."""
    what = KINDS[found.kind]
    if said.granted:
        outcome = _DONE[found.kind].format(copy=said.copy_number, annotation=said.annotation)
    else:
        outcome = f"经研究，不能同意您的要求。理由：{said.reason}"
    sentences = [f"{found.asker}：", f"您于 {found.received_on} 提出的个人信息{what}要求已收悉，现答复如下。", outcome]
    if said.granted:
        sentences.append(f"办理情况：{said.reason}")
    sentences.append("如对答复有异议，可以向本单位申诉，也可以向履行个人信息保护职责的部门投诉、举报。")
    return compose.pdf(
        Paper(
            title="个人信息要求答复书",
            unit=found.unit_name,
            facts=(("编号", found.number), ("户号", found.account_no), ("答复日期", str(zone.local(now).date()))),
            before=tuple(sentences),
            sections=(
                Section(
                    "所涉资料",
                    ("件号", "题名"),
                    (12, 88),
                    [(str(one.item_no), one.title) for one in papers],
                    "没有列明资料。",
                ),
            ),
            signatures=(Signature("答复单位"),),
            made_at=now,
            printed=found.number,
        )
    )
