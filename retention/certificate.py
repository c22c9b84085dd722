"""The papers of a disposal: appraisal report with draft register, plan, certificate. They are written in Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.people.tables import Person, Unit
from archive_service.printing import compose
from archive_service.printing.values import Paper, Section, Signature
from archive_service.storage.tables import RemovedObject
from retention.disposal_tables import DisposalItem, DisposalList, Tombstone

OPINIONS = {"destroy": "销毁", "extend": "延长保管", "permanent": "永久保管", None: "—"}
_ITEM_HEAD = ("档号", "题名", "文件日期", "页数", "到期日", "依据")
_ITEM_WIDTHS = (26, 26, 12, 8, 12, 30)


def report(session: Session, row: DisposalList, *, now: datetime) -> bytes:
    """Return the appraisal report and the draft of the register of a judged list, as PDF."""
    items = _items(session, row)
    counted = {one: sum(item.opinion == one for item in items if item.state == "listed") for one in OPINIONS}
    sections = [
        _section(f"拟{word}", [one for one in items if one.state == "listed" and one.opinion == code], code == "extend")
        for code, word in OPINIONS.items()
        if code is not None
    ]
    dropped = [(one.code, one.title, one.dropped_why) for one in items if one.state == "dropped"]
    return compose.pdf(
        Paper(
            title="档案鉴定报告及销毁登记簿（草案）",
            unit=_unit(session, row),
            facts=(
                ("登记号", row.number),
                ("名称", row.title),
                ("清单日期", str(row.frozen_on)),
                ("件数", "，".join(f"{OPINIONS[one]} {n} 件" for one, n in counted.items() if one)),
            ),
            sections=(*sections, _dropped(dropped)),
            signatures=(Signature("鉴定小组"), Signature("档案员"), Signature("审批人"), Signature("业务部门")),
            across=True,
            made_at=now,
            printed=row.number,
        )
    )


def plan(session: Session, row: DisposalList, *, now: datetime) -> bytes:
    """Return the plan of the execution as PDF: what two witnesses check before they sign, with its digest."""
    items = [one for one in _items(session, row) if one.in_plan]
    return compose.pdf(
        Paper(
            title="销毁执行计划",
            unit=_unit(session, row),
            facts=(*_people(session, row), ("计划摘要", row.plan_hash or ""), ("件数", f"{len(items)} 件")),
            sections=(_digests("计划销毁", items),),
            behind=("执行的就是这份计划：摘要相同，内容相同。执行前仍被冻结或借出的资料会退出，并记入销毁证明。",),
            signatures=(Signature("监销人"), Signature("监销人")),
            across=True,
            made_at=now,
            printed=row.number,
        )
    )


def of(session: Session, row: DisposalList, *, backups_until: date) -> bytes:
    """Return the certificate of a disposal that was executed and looked at, as PDF; drawn again, it is the same."""
    last = session.scalar(select(func.max(Tombstone.destroyed_at)).where(Tombstone.register_no == row.number))
    now = last or row.second_witnessed_at
    items = [one for one in _items(session, row) if one.in_plan]
    gone = [one for one in items if one.state == "destroyed"]
    dropped = [(one.code, one.title, one.dropped_why) for one in items if one.state == "dropped"]
    objects = session.scalar(select(func.count()).where(RemovedObject.register_no == row.number)) or 0
    facts = (
        *_people(session, row),
        ("计划摘要", row.plan_hash or ""),
        ("件数", f"计划 {len(items)} 件，销毁 {len(gone)} 件，退出 {len(dropped)} 件"),
        ("页数", f"{sum(one.pages for one in gone)} 页"),
        ("存储内容", f"{objects} 份；仍为其他资料所用的内容保留"),
        ("完成时间", _moment(now)),
        ("备份", f"{backups_until} 之前制作的备份仍可能含有这些内容，到期必须删除"),
    )
    return compose.pdf(
        Paper(
            title="档案销毁证明",
            unit=_unit(session, row),
            facts=facts,
            before=(
                "户档案、收到的文件、证明复制件、信息包、全文索引、证件号码检索、对象存储均已查过，销毁的内容不能再读出。",
            ),
            sections=(_digests("已销毁", gone), _dropped(dropped)),
            signatures=tuple(
                Signature("监销人", f"{_name(session, person)} {_moment(at)}")
                for person, at in (
                    (row.first_witness, row.first_witnessed_at),
                    (row.second_witness, row.second_witnessed_at),
                )
            ),
            across=True,
            made_at=now,
            printed=row.number,
        )
    )


def _items(session: Session, row: DisposalList) -> Sequence[DisposalItem]:
    return session.scalars(
        select(DisposalItem).where(DisposalItem.list_id == row.id).order_by(DisposalItem.item_id)
    ).all()


def _section(heading: str, items: Iterable[DisposalItem], with_years: bool) -> Section:
    rows = [
        (
            one.code,
            one.title,
            str(one.document_date or "—"),
            str(one.pages),
            str(one.due_on),
            f"{one.rule}{f'；延长 {one.years} 年' if with_years else ''}{f'；{one.reason}' if one.reason else ''}",
        )
        for one in items
    ]
    return Section(f"{heading}（{len(rows)} 件）", _ITEM_HEAD, _ITEM_WIDTHS, rows, "无。")


def _digests(heading: str, items: Sequence[DisposalItem]) -> Section:
    rows = [(one.code, one.title, str(one.document_date or "—"), str(one.pages), one.content_hash) for one in items]
    head, widths = ("档号", "题名", "文件日期", "页数", "内容摘要 sha256"), (26, 24, 12, 8, 46)
    return Section(f"{heading}（{len(rows)} 件）", head, widths, rows, "无。")


def _dropped(rows: Sequence[Sequence[str]]) -> Section:
    return Section(f"退出清单（{len(rows)} 件）", ("档号", "题名", "原因"), (30, 30, 40), rows, "无。")


def _people(session: Session, row: DisposalList) -> tuple[tuple[str, str], ...]:
    return (
        ("登记号", row.number),
        ("名称", row.title),
        ("提交", f"{_name(session, row.proposed_by)} {_moment(row.proposed_at)}"),
        ("审批", f"{_name(session, row.decided_by)} {_moment(row.decided_at)}"),
        ("申请执行", f"{_name(session, row.requested_by)} {_moment(row.requested_at)}"),
        ("地点", row.place),
    )


def _name(session: Session, person_id: int | None) -> str:
    return session.get_one(Person, person_id).name if person_id is not None else "系统"


def _unit(session: Session, row: DisposalList) -> str:
    return session.get_one(Unit, row.unit_id).name


def _moment(at: datetime | None) -> str:
    return f"{zone.local(at):%Y-%m-%d %H:%M}" if at is not None else "—"
