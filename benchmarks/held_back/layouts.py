"""Ways to set labels and values: ten to write rules with, five held back at first, four held back still."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from benchmarks.held_back.pen import Row


def _long(row: Row) -> bool:
    return len(row.value) > 32


def _pairs(rows: Sequence[Row], count: int) -> list[list[Row]]:
    """Return rows of up to `count` cells; a long value has a row of its own."""
    lines: list[list[Row]] = [[]]
    for row in rows:
        if _long(row) or len(lines[-1]) == count or (lines[-1] and _long(lines[-1][0])):
            lines.append([])
        lines[-1].append(row)
    return [line for line in lines if line]


def lines(rows: Sequence[Row], rng: Random) -> str:
    """Label, colon and value, one below the other."""
    colon = rng.choice(("：", ":"))
    return "".join(f"<p class=line>{row.label}{colon}{row.value}</p>" for row in rows)


def pairs(rows: Sequence[Row], rng: Random) -> str:
    """Two columns without rules."""
    colon = rng.choice(("：", "： ", ":"))
    body = ""
    for line in _pairs(rows, 2):
        span = " colspan=2" if len(line) == 1 else ""
        body += "<tr>" + "".join(f"<td{span}>{row.label}{colon}{row.value}</td>" for row in line) + "</tr>"
    return f"<table class=bare>{body}</table>"


def grid(rows: Sequence[Row], _rng: Random) -> str:
    """A ruled table with two pairs in a row."""
    body = ""
    for line in _pairs(rows, 2):
        span = " colspan=3" if len(line) == 1 else ""
        body += "<tr>" + "".join(f"<th>{row.label}</th><td{span}>{row.value}</td>" for row in line) + "</tr>"
    return f"<table class=grid><col width=17%><col width=33%><col width=17%><col width=33%>{body}</table>"


def heads(rows: Sequence[Row], _rng: Random) -> str:
    """Labels as heads of columns, the values below them."""
    body = ""
    for line in _pairs(rows, 3):
        each = 12 // len(line)
        body += "<tr>" + "".join(f"<th colspan={each}>{row.label}</th>" for row in line) + "</tr>"
        body += "<tr class=tall>" + "".join(f"<td colspan={each} class=mid>{row.value}</td>" for row in line) + "</tr>"
    return f"<table class=grid>{body}</table>"


def sections(rows: Sequence[Row], rng: Random) -> str:
    """A ruled table whose parts have grey heads across its width."""
    half = max(2, len(rows) // 2)
    names = rng.sample(("客户基本信息", "用电信息", "申请信息", "业务信息"), 2)
    body = ""
    for name, part in zip(names, (rows[:half], rows[half:]), strict=True):
        body += f"<tr><td colspan=4 class=bar>{name}</td></tr>"
        for line in _pairs(part, 2):
            span = " colspan=3" if len(line) == 1 else ""
            body += (
                "<tr>" + "".join(f"<td class=lab>{row.label}</td><td{span}>{row.value}</td>" for row in line) + "</tr>"
            )
    return f"<table class=grid><col width=18%><col width=32%><col width=18%><col width=32%>{body}</table>"


def inline(rows: Sequence[Row], rng: Random) -> str:
    """Several pairs in a line, as many as fit, parted by blanks."""
    gap = rng.choice(("36px", "60px"))
    parts = "".join(
        f"<span style='margin-right:{gap};white-space:nowrap'>{row.label}：{row.value}</span> " for row in rows
    )
    return f"<p style='line-height:2'>{parts}</p>"


def corner(rows: Sequence[Row], rng: Random) -> str:
    """A ruled table whose cells hold label and value, one above the other."""
    body = ""
    for line in _pairs(rows, rng.choice((2, 3))):
        each = 6 // len(line)
        body += "<tr>" + "".join(f"<td colspan={each}>{row.label}<br>{row.value}</td>" for row in line) + "</tr>"
    return f"<table class=grid>{body}</table>"


def banded(rows: Sequence[Row], _rng: Random) -> str:
    """A ruled table with heads written downwards at its left, for two parts."""
    half, body = (len(rows) + 1) // 2, ""
    for name, part in (("申<br>请<br>人", rows[:half]), ("用<br>电<br>信<br>息", rows[half:])):
        grouped = _pairs(part, 2)
        for number, line in enumerate(grouped):
            side = f"<td rowspan={len(grouped)} class=down>{name}</td>" if number == 0 else ""
            span = " colspan=3" if len(line) == 1 else ""
            body += (
                f"<tr>{side}"
                + "".join(f"<td class=mid>{row.label}</td><td{span}>{row.value}</td>" for row in line)
                + "</tr>"
            )
    return f"<table class='grid small'>{body}</table>"


def edged(rows: Sequence[Row], rng: Random) -> str:
    """Labels set to the right edge of their column with a colon, the values beside them, in one column or two."""
    if rng.random() < 0.5:
        body = "".join(f"<tr><td class=r width=30%>{row.label}：</td><td>{row.value}</td></tr>" for row in rows)
    else:
        body = "".join(
            "<tr>" + "".join(f"<td class=r width=16%>{row.label}</td><td>{row.value}</td>" for row in line) + "</tr>"
            for line in _pairs(rows, 2)
        )
    return f"<table class=bare>{body}</table>"


def stacked(rows: Sequence[Row], rng: Random) -> str:
    """Each label on a line of its own, its value on the next, in one column or two."""
    if rng.random() < 0.5:
        return "".join(
            f"<p style='margin:3px 0'><b>{row.label}</b></p><p style='margin:0 0 8px 20px'>{row.value}</p>"
            for row in rows
        )
    body = "".join(
        "<tr>" + "".join(f"<td width=50%><b>{row.label}</b><br>{row.value}</td>" for row in line) + "</tr>"
        for line in _pairs(rows, 2)
    )
    return f"<table class=bare>{body}</table>"


def ruled(rows: Sequence[Row], _rng: Random) -> str:
    """Values on rules, as in forms to be filled in by hand, several in a line."""
    parts = "".join(f"<span class=fill>{row.label} <u>&nbsp;{row.value}&nbsp;&nbsp;</u></span> " for row in rows)
    return f"<div class=flow>{parts}</div>"


def boxes(rows: Sequence[Row], _rng: Random) -> str:
    """Small labels in the upper corner of boxes, the values below them in the same box."""
    cells = "".join(
        f"<div class='box {'full' if _long(row) else ''}'><small>{row.label}</small><div>{row.value}</div></div>"
        for row in rows
    )
    return f"<div class=boxes>{cells}</div>"


def wide(rows: Sequence[Row], _rng: Random) -> str:
    """Three pairs in a row beside a head that is written downwards."""
    body = ""
    grouped = _pairs(rows, 3)
    for number, line in enumerate(grouped):
        side = f"<th rowspan={len(grouped)} class=down>用<br>电<br>客<br>户</th>" if number == 0 else ""
        spans = [5] if len(line) == 1 else [1, 3] if len(line) == 2 else [1, 1, 1]
        body += f"<tr>{side}" + "".join(
            f"<td class=lab>{row.label}</td><td colspan={span}>{row.value}</td>" for row, span in zip(line, spans, strict=True)
        ) + "</tr>"  # fmt: skip
    return f"<table class='grid small'>{body}</table>"


def leaders(rows: Sequence[Row], _rng: Random) -> str:
    """Labels set to the right of their column, values to the left of theirs, nothing between."""
    body = "".join(f"<tr><td class=right>{row.label}</td><td>{row.value}</td></tr>" for row in rows)
    return f"<table class='bare leaders'>{body}</table>"


def framed(rows: Sequence[Row], rng: Random) -> str:
    """Some pairs above the table, the rest in one of one wide pair a row."""
    head = "".join(f"<span class=apart>{row.label}：{row.value}</span>" for row in rows[:2])
    body = "".join(f"<tr><td class=mid width=28%>{row.label}</td><td>{row.value}</td></tr>" for row in rows[2:])
    thick = rng.choice(("", " thick"))
    return f"<p>{head}</p><table class='grid{thick}'>{body}</table>"


def dotted(rows: Sequence[Row], _rng: Random) -> str:
    """Label and value in one line, dots between them as in a table of contents."""
    return "".join(f"<p class=line>{row.label}……{row.value}</p>" for row in rows)


def numbered(rows: Sequence[Row], rng: Random) -> str:
    """Numbered rows of a table: number, item, content."""
    head = f"<tr><th width=9%>序号</th><th width=31%>{rng.choice(('项目', '内容', '事项'))}</th><th>{rng.choice(('填写', '登记情况', '说明'))}</th></tr>"
    body = "".join(
        f"<tr><td class=mid>{number}</td><td>{row.label}</td><td>{row.value}</td></tr>"
        for number, row in enumerate(rows, 1)
    )
    return f"<table class=grid>{head}{body}</table>"


def joined(rows: Sequence[Row], rng: Random) -> str:
    """A ruled table whose cells hold label, colon and value together, two or three in a row."""
    body = ""
    for line in _pairs(rows, rng.choice((2, 3))):
        each = 6 // len(line)
        body += "<tr>" + "".join(f"<td colspan={each}>{row.label}：{row.value}</td>" for row in line) + "</tr>"
    return f"<table class='grid small'>{body}</table>"


def bracketed(rows: Sequence[Row], _rng: Random) -> str:
    """Labels in lenticular brackets before their values, several in a line."""
    return "".join(f"<p class=line>【{row.label}】{row.value}</p>" for row in rows)


LAYOUTS: dict[str, tuple[Callable[[Sequence[Row], Random], str], ...]] = {
    "dev": (lines, pairs, grid, grid, heads, sections, inline, corner, banded, edged, stacked),
    "held": (ruled, boxes, wide, leaders, framed),
    "second": (dotted, numbered, joined, bracketed),
}
