"""What another edition of the items would change is told item by item before somebody releases it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archive_service.properties.difference import Change, differences
from archive_service.properties.scheme import Scheme, read, standard
from tests.properties.test_scheme import edited


def with_items(text: str) -> Scheme:
    made, found = read(text)
    assert made is not None, found
    return made


def test_an_edition_does_not_differ_from_itself() -> None:
    assert differences(standard(), standard()) == ([], [])


def test_items_that_change_come_or_go_are_told_with_how_they_were() -> None:
    other = with_items(edited(n3_4={"mode": "manual", "check": None, "guide_zh": "逐页看。"}, n1_2={"number": "1-2A"}))
    whole, changes = differences(standard(), other.model_copy(update={"longterm_every_days": 180}))
    assert whole == [("longterm_every_days", "365", "180")]
    by_number = {one.number: one for one in changes}
    assert {number: one.kind for number, one in by_number.items()} == {
        "3-4": "changed", "1-2A": "added", "1-2": "removed",
    }  # fmt: skip
    assert ("mode", "automatic", "manual") in by_number["3-4"].differs
    assert ("guide_zh", "", "逐页看。") in by_number["3-4"].differs


@pytest.mark.parametrize("number", ["1-1", "5-3"])
def test_both_ways_tell_the_same_items(number: str) -> None:
    """What one edition adds, the other takes away."""
    fewer = standard().model_copy(update={"items": tuple(one for one in standard().items if one.number != number)})
    (gone,), (come,) = differences(standard(), fewer)[1], differences(fewer, standard())[1]
    assert (gone.kind, come.kind) == ("removed", "added")
    assert replace(come, kind="removed", differs=()) == gone == Change("removed", number, gone.title_zh, gone.title_en)
