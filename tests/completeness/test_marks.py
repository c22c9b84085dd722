"""A paper whose signature or seal surely lacks is doubtful; a person's word is believed over what was seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archive_service.completeness.consistency import check
from archive_service.completeness.marks import MarkVerdict, Sight, Word, doubts, from_json, to_json, with_words
from archive_service.completeness.observations import Agreement, CaseFacts
from archive_service.completeness.rules import HeldItem

CASE = CaseFacts("3300000077", "汪雪梅", "202611020077", "清河路 12 号", "LR", "NEW")
BARE = MarkVerdict("seal", "utility", "供电企业", Sight.NOT_SEEN, 0.9, None, None, "各页都没有红色印迹")


def said(sight: Sight) -> Word:
    return Word(sight, 7, "张三", "2026-11-20T02:00:00+00:00")


@pytest.mark.parametrize(
    ("sight", "confidence", "word", "lacks"),
    [
        (Sight.SEEN, 0.95, None, False),
        (Sight.DOUBTFUL, 0.5, None, False),
        (Sight.NOT_SEEN, 0.9, None, True),
        (Sight.NOT_SEEN, 0.7, None, False),
        (Sight.NOT_SEEN, 0.9, Sight.SEEN, False),
        (Sight.SEEN, 0.95, Sight.NOT_SEEN, True),
        (Sight.SEEN, 0.95, Sight.DOUBTFUL, True),
    ],
)
def test_a_mark_lacks_when_it_is_surely_not_there_or_a_person_says_so(
    sight: Sight, confidence: float, word: Sight | None, lacks: bool
) -> None:
    """What is only doubtful on the picture makes no work."""
    mark = replace(BARE, sight=sight, confidence=confidence, said=said(word) if word else None)
    assert mark.lacks is lacks
    assert bool(doubts([mark], "供电方案答复单")) is lacks


def test_the_doubt_names_the_paper_and_the_mark() -> None:
    """It becomes the reason of a requirement."""
    assert doubts([BARE], "答复单") == ("“答复单”未见供电企业盖章",)
    assert doubts([replace(BARE, said=said(Sight.NOT_SEEN))], "答复单") == ("“答复单”经人工核对没有供电企业盖章",)


def test_marks_are_written_and_read_back_the_same() -> None:
    """With the person's word, its day and its place."""
    marks = (replace(BARE, page=2, box=(1, 2, 3, 4), said=said(Sight.SEEN)), BARE)
    assert from_json(to_json(marks)) == marks
    assert from_json(None) == ()


def test_words_about_other_marks_are_let_be() -> None:
    """A form may speak of marks that the paper no longer needs."""
    (mark,) = with_words([BARE], {"seal:customer": said(Sight.SEEN)})
    assert mark.said is None


@pytest.mark.parametrize(
    ("marks", "status"),
    [
        ((), Agreement.CANNOT_TELL),
        ((replace(BARE, sight=Sight.SEEN),), Agreement.AGREES),
        ((replace(BARE, sight=Sight.DOUBTFUL),), Agreement.CANNOT_TELL),
        ((replace(BARE, sight=Sight.SEEN), BARE), Agreement.DIFFERS),
    ],
)
def test_xc11_says_whether_marks_lack(marks: tuple[MarkVerdict, ...], status: Agreement) -> None:
    """The rule of the catalogue about signatures and seals."""
    found = {one.rule: one for one in check(CASE, [HeldItem(3, "P03L", title="答复单", marks=marks)])}["XC11"]
    assert found.status is status
    if status is Agreement.DIFFERS:
        assert "答复单的供电企业盖章" in found.message
        assert [(one.item, one.field) for one in found.evidence] == [(3, "seal:utility")]
