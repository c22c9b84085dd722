"""Papers of many cases in words: the ledger, the index by account and by place, sheets of labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from archive_service.errors import NotFound, Refused
from archive_service.households.views import CaseRow
from archive_service.printing import Label, Paper, Section, Shape, label_sheets, pdf
from archive_service.web import labels, papers, words
from archive_service.web.asking import Asking
from archive_service.web.i18n import N_
from archive_service.web.render import day
from archive_service.zone import local

LEDGER, BY_ACCOUNT, BY_PLACE = "ledger", "index-account", "index-place"
TITLES = {
    LEDGER: N_("客户档案台账"),
    BY_ACCOUNT: N_("客户档案索引（按户号）"),
    BY_PLACE: N_("客户档案索引（按用电地址）"),
    papers.BOX: N_("档案盒标签"),
    papers.SPINE: N_("脊背标签"),
}
#: Most cases of one print; a longer one is parted by unit or month.
MOST = 2000
Told = Sequence[tuple[str, str]]


def made(visit: Asking, which: str, rows: Sequence[CaseRow], *, narrowed: Told, unit: str) -> bytes:
    """Return a list of cases as PDF; `narrowed` says by which filters, as names and values.

    Raises NotFound for a list that there is not, Refused for labels of cases without codes.
    """
    check(which)
    title = visit.say(TITLES[which])
    if which in (papers.BOX, papers.SPINE):
        return label_sheets(_labels(visit, rows), Shape(which), title=title, made_at=visit.now)
    head, widths, line, order = _LISTS[which]
    lines = [line(visit, row) for row in sorted(rows, key=order)]
    section = Section(
        "",
        [visit.say(word) for word in (N_("序号"), *head)],
        (2, *widths),
        [(str(at), *one) for at, one in enumerate(lines, start=1)],
        visit.say(N_("没有符合条件的案件。")),
    )
    return pdf(
        Paper(
            title=title,
            unit=unit,
            facts=narrowed,
            sections=[section],
            behind=[visit.say(N_("共 %(n)s 个案件。"), n=len(rows))],
            printed=papers.printed_by(visit),
            numbering=papers.numbering(visit.language),
            across=True,
            made_at=visit.now,
        )
    )


def check(which: str) -> None:
    """Refuse a list that there is not, before anything is looked up. Raises NotFound."""
    if which not in TITLES:
        raise NotFound("paper.not-found", "没有这种单据。请从案件清单的打印菜单选择。")


def _labels(visit: Asking, rows: Sequence[CaseRow]) -> list[Label]:
    say = labels.Labels(visit.language)
    found = [
        Label(
            row.archive_code,
            row.account_name,
            [
                visit.say(N_("户号 %(no)s"), no=row.account_no),
                say.case_kind(row.customer_category, row.business_type),
                row.unit_name,
            ],
        )
        for row in sorted(rows, key=lambda row: row.archive_code or "")
        if row.archive_code
    ]
    if not found:
        raise Refused("paper.no-code", "这些案件还没有归档，没有档号，不能打印标签。请先归档。")
    return found


def _kind(visit: Asking, row: CaseRow) -> str:
    return labels.Labels(visit.language).case_kind(row.customer_category, row.business_type)


def _filed(row: CaseRow) -> str:
    return day(local(row.filed_at)) if row.filed_at else "—"


def _ledger(visit: Asking, row: CaseRow) -> tuple[str, ...]:
    state = visit.say(words.CASE.get(row.state, words.UNKNOWN).word)
    return (
        row.archive_code or "—", row.account_no, row.account_name, _kind(visit, row), row.application_no,
        day(row.accepted_on) or "—", day(row.energised_on) or "—", _filed(row), state,
        f"{row.satisfied_count} / {row.due_count}",
    )  # fmt: skip


def _by_account(visit: Asking, row: CaseRow) -> tuple[str, ...]:
    return (
        row.account_no, row.account_name, row.service_address, row.archive_code or "—", _kind(visit, row), _filed(row)
    )  # fmt: skip


def _by_place(visit: Asking, row: CaseRow) -> tuple[str, ...]:
    return (
        row.service_address, row.account_name, row.account_no, row.archive_code or "—", _kind(visit, row), _filed(row)
    )  # fmt: skip


_Line = Callable[[Asking, CaseRow], tuple[str, ...]]
_LISTS: Mapping[str, tuple[Sequence[str], Sequence[int], _Line, Callable[[CaseRow], tuple[object, ...]]]] = {
    LEDGER: (
        (N_("档号"), N_("户号"), N_("户名"), N_("业务"), N_("申请编号"), N_("受理日期"), N_("送电日期"), N_("归档日期"),
         N_("状态"), N_("已归 / 应归")),
        (9, 6, 8, 6, 7, 5, 5, 5, 4, 4),
        _ledger,
        lambda row: (row.archive_code is None, row.archive_code or "", row.accepted_on or date.max, row.id),
    ),
    BY_ACCOUNT: (
        (N_("户号"), N_("户名"), N_("用电地址"), N_("档号"), N_("业务"), N_("归档日期")),
        (6, 10, 14, 9, 6, 5),
        _by_account,
        lambda row: (row.account_no, row.id),
    ),
    BY_PLACE: (
        (N_("用电地址"), N_("户名"), N_("户号"), N_("档号"), N_("业务"), N_("归档日期")),
        (14, 10, 6, 9, 6, 5),
        _by_place,
        lambda row: (row.service_address, row.account_no, row.id),
    ),
}  # fmt: skip
