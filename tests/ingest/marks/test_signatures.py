"""Handwriting is told from print, rules, drawings and seals at the places where people sign."""

from __future__ import annotations

import pytest

from ingest.marks import find
from ingest.marks.values import Kind, Place, State
from tests.support.paper import BLUE, MM, RED, Paper


def places(paper: Paper) -> dict[str, Place]:
    """The places to sign, by their labels."""
    return {place.label: place for place in find.find(paper.pixels, paper.lines).places}


@pytest.fixture
def paper() -> Paper:
    """A page with running text and room below."""
    paper = Paper()
    paper.prose()
    return paper


@pytest.mark.parametrize("ink", [BLUE, (30, 30, 34)], ids=["blue", "black"])
@pytest.mark.parametrize("seed", range(6))
def test_a_scribble_beside_its_label_is_a_signature(paper: Paper, ink: tuple[int, int, int], seed: int) -> None:
    """Nobody can read it, and it need not be read."""
    paper.write(30, 200, "客户签字：")
    paper.sign(56, 200, ink=ink, seed=seed)
    place = places(paper)["客户签字"]
    assert place.state is State.SIGNED
    assert place.confidence >= 0.8


def test_a_name_in_a_running_hand_is_a_signature_though_it_was_read(paper: Paper) -> None:
    """The reader makes something of careful handwriting, but is not sure of it."""
    paper.write(30, 200, "客户签字：")
    paper.write(54, 199.5, "汪雪梅", size=6.5, ink=BLUE, face="kai", confidence=0.78)
    assert places(paper)["客户签字"].state is State.SIGNED


def test_an_empty_place_is_empty_even_on_a_line(paper: Paper) -> None:
    """Forms draw a line to sign on."""
    paper.write(30, 200, "客户签名：")
    paper.rule(55, 203, 95, 203)
    place = places(paper)["客户签名"]
    assert place.state is State.EMPTY
    assert place.confidence >= 0.8


def test_a_printed_name_is_no_signature(paper: Paper) -> None:
    """Programs print the name of the clerk."""
    paper.write(30, 200, "经办人：")
    paper.write(52, 200, "李建军")
    paper.write(30, 220, "客户签字：王建国")
    assert places(paper)["经办人"].state in (State.PRINTED, State.UNCLEAR)
    assert places(paper)["客户签字"].state in (State.PRINTED, State.UNCLEAR)


def test_the_cell_beside_a_label_is_where_people_sign(paper: Paper) -> None:
    """Lines of the table are no strokes."""
    for y in (194, 206, 218):
        paper.rule(25, y, 185, y)
    for x in (25, 60, 185):
        paper.rule(x, 194, x, 218)
    paper.write(28, 200, "经办人签字")
    paper.write(28, 212, "负责人签字")
    paper.sign(75, 212)
    found = places(paper)
    assert found["经办人签字"].state is State.EMPTY
    assert found["负责人签字"].state is State.SIGNED


def test_a_signature_may_stand_below_its_label(paper: Paper) -> None:
    """Where there is no room beside it."""
    paper.write(30, 200, "客户签名（盖章）")
    paper.sign(36, 211)
    assert places(paper)["客户签名(盖章)"].state is State.SIGNED


def test_a_red_seal_over_the_place_is_no_signature(paper: Paper) -> None:
    """Looked at in red light, the seal is gone."""
    paper.write(30, 200, "客户签字（盖章）：")
    paper.seal(75, 202)
    assert places(paper)["客户签字(盖章)"].state is State.EMPTY


def test_a_signature_below_a_red_seal_is_seen(paper: Paper) -> None:
    """People sign first and press the seal over it."""
    paper.write(30, 200, "客户签字（盖章）：")
    paper.sign(70, 200, ink=BLUE)
    paper.seal(80, 202)
    assert places(paper)["客户签字(盖章)"].state is State.SIGNED


def test_a_red_scribble_is_no_signature(paper: Paper) -> None:
    """Corrections are made in red."""
    paper.write(30, 200, "客户签字：")
    paper.sign(56, 200, ink=RED)
    assert places(paper)["客户签字"].state is not State.SIGNED


def test_a_date_behind_the_label_is_no_signature(paper: Paper) -> None:
    """It stands in the same line more often than not."""
    paper.write(30, 200, "审批人签字：")
    paper.write(110, 200, "2026年 3月 9日", face="kai", ink=BLUE)
    place = places(paper)["审批人签字"]
    assert place.state is State.EMPTY
    assert place.area[2] <= 110 * MM


def test_running_text_about_signing_is_no_place_to_sign(paper: Paper) -> None:
    """The contract says that it counts once both have signed."""
    paper.write(25, 200, "本合同自双方签字盖章之日起生效，一式四份，双方各执两份。")
    assert places(paper) == {}


def test_handwriting_at_the_foot_without_a_label_is_found_but_not_sure(paper: Paper) -> None:
    """A copy is signed somewhere on it."""
    paper.sign(110, 230, ink=BLUE, wide=26)
    (found,) = find.find(paper.pixels, paper.lines).of(Kind.SIGNATURE)
    assert found.confidence < 0.8


def test_a_drawing_has_no_signatures(paper: Paper) -> None:
    """Its lines are long and level, its symbols many."""
    for n in range(8):
        paper.rule(30 + 18 * n, 180, 30 + 18 * n, 260)
        paper.pen.ellipse(((26 + 18 * n) * MM, 196 * MM, (34 + 18 * n) * MM, 204 * MM), outline=(30, 30, 34), width=3)
    paper.rule(30, 180, 156, 180)
    assert find.find(paper.pixels, paper.lines).of(Kind.SIGNATURE) == []


def test_a_page_without_words_bears_no_signature() -> None:
    """A drawing alone, a photograph: nobody says where to sign."""
    paper = Paper()
    paper.sign(60, 200)
    assert find.find(paper.pixels, ()).of(Kind.SIGNATURE) == []
