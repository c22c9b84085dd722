"""Papers that say who somebody is: id cards, and the certificate of who stands for a company."""

# The sentences that a paper prints are kept whole, so that they can be read.
# ruff: noqa: E501

from __future__ import annotations

from datetime import date
from random import Random

from archive_service.samples.cases import Case
from archive_service.samples.document import Document, Paper
from archive_service.samples.people import Person
from archive_service.samples.sheet import GREY, RED, Block, Portrait, Seal

_BUREAU = "青屿县公安局"


def a05(case: Case, rng: Random) -> Document:
    """Both sides of the holder's id card, copied onto one sheet."""
    p = Paper(case, rng)
    p.heading = "居民身份证"
    number, name = p.said("id_number", case.holder.id_number), p.said("account_name", case.holder.name)
    p.said("valid_to", _card(p, case.holder, number=number, name=name))
    if rng.random() < 0.6:
        _checked(p, case)
    return p.finish("A05")


def a09(case: Case, rng: Random) -> Document:
    """Both sides of the agent's id card."""
    p = Paper(case, rng)
    p.heading = "居民身份证"
    agent = case.agent or case.holder
    if rng.random() < 0.5:
        p.y += 4
        p.put(p.left, p.y, rng.choice(("经办人身份证复印件", "受托人身份证")), 12)
    number, name = p.said("agent_id_number", agent.id_number), p.said("agent_name", agent.name)
    p.said("valid_to", _card(p, agent, number=number, name=name))
    return p.finish("A09")


def a07(case: Case, rng: Random) -> Document:
    """The certificate who stands for the company, with the id card behind it."""
    p = Paper(case, rng, by_hand=0.3)
    p.head("法定代表人身份证明书", "法定代表人(负责人)身份证明", "法定代表人证明书", office=False)
    head, post = case.holder, rng.choice(("执行董事兼总经理", "董事长", "总经理"))
    p.y += 8
    p.paragraph(
        f"{p.said('legal_rep_name', head.name)}同志,性别{'女' if head.woman else '男'},现任{p.said('account_name', case.account_name)}{post}职务,系我单位法定代表人。"
    )
    p.paragraph(f"身份证号码:{p.said('legal_rep_id_number', head.id_number)}")
    p.paragraph("特此证明。")
    p.signatures(("单位(盖章)", "", p.day("ACCEPT"), p.customer_seal()))
    if rng.random() < 0.3:
        p.turn()
        _card(p, head, number=head.id_number, name=head.name)
    return p.finish("A07")


def _card(p: Paper, who: Person, *, number: str, name: str) -> str:
    """Draw both sides of an id card, in a copier's usual arrangement; return the day until which it is valid."""
    x, y = 62 + p.rng.uniform(-8, 8), 50 + p.rng.uniform(-12, 20)
    back_first = p.rng.random() < 0.4
    places = (y, y + 72 + p.rng.uniform(0, 12))
    front, back = (places[1], places[0]) if back_first else places
    _front(p, who, x, front, number=number, name=name)
    until = _back(p, x, back)
    p.y = max(places) + 62
    return until


def _front(p: Paper, who: Person, x: float, y: float, *, number: str, name: str) -> None:
    marks = p.page.marks
    marks.append(Block(x, y, 85.6, 54, (236, 243, 246), (170, 185, 190), 0.2))
    tint = (70, 110, 150)
    for row, (label, text) in enumerate(
        (
            ("姓  名", name),
            ("性  别", "女" if who.woman else "男"),
            ("出  生", f"{who.born.year} 年 {who.born.month} 月 {who.born.day} 日"),
        )
    ):
        p.put(x + 5, y + 9 + row * 8, label, 7.5, face="hei", ink=tint)
        p.put(x + 18, y + 9 + row * 8, text, 9.5, face="hei")
    p.put(x + 33, y + 17, "民  族", 7.5, face="hei", ink=tint)
    p.put(x + 46, y + 17, "汉", 9.5, face="hei")
    p.put(x + 5, y + 33, "住  址", 7.5, face="hei", ink=tint)
    for row, line in enumerate(p.wrapped(who.home, 36, 8.5, face="hei")):
        p.put(x + 18, y + 33 + row * 4.3, line, 8.5, face="hei")
    p.put(x + 5, y + 49, "公民身份号码", 7.5, face="hei", ink=tint)
    p.put(x + 30, y + 49, number, 11.5, face="hei")
    marks.append(Portrait(x + 60, y + 7, 21, 27))


def _back(p: Paper, x: float, y: float) -> str:
    p.page.marks.append(Block(x, y, 85.6, 54, (238, 240, 234), (170, 185, 190), 0.2))
    p.page.marks.append(Seal(x + 14, y + 15, "", diameter=16, ink=(196, 92, 84)))
    p.put(x + 30, y + 14, "中华人民共和国", 13, face="hei")
    p.put(x + 30, y + 23, "居 民 身 份 证", 15, face="hei")
    start = date(p.rng.randint(2014, 2022), p.rng.randint(1, 12), p.rng.randint(1, 28))
    end = start.replace(year=start.year + 20)
    p.put(x + 16, y + 40, "签发机关", 8, face="hei")
    p.put(x + 34, y + 40, _BUREAU, 9, face="hei")
    p.put(x + 16, y + 47, "有效期限", 8, face="hei")
    p.put(x + 34, y + 47, f"{start:%Y.%m.%d}-{end:%Y.%m.%d}", 9, face="hei")
    return end.isoformat()


def _checked(p: Paper, case: Case) -> None:
    """Put the clerk's stamp on a copy, and often the words that limit its use."""
    x, y = p.left + p.rng.uniform(0, 20), p.size[1] - 52 + p.rng.uniform(-10, 10)
    ink = RED if p.rng.random() < 0.7 else GREY
    p.page.marks.append(Block(x, y, 46, 12, None, ink, 0.5))
    p.put(x + 3, y + 8, "与原件核对无误", 14, face="hei", ink=ink, kind="seal")
    p.sign(x + 54, y + 8, case.staff["clerk"])
    if p.rng.random() < 0.5:
        p.put(x + 20, y + 24, "仅供办理用电业务使用", 12, face="kai", kind="hand")


PAPERS = {"A05": a05, "A07": a07, "A09": a09}
