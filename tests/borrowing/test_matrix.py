"""The matrix of approval, row by row: which level decides, who stands there, and what a matrix may not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from archive_service.borrowing import matrix
from archive_service.borrowing.matrix import Because, Facts, Holder, Reason, Relation, Way
from archive_service.people.roles import Role

EDITION = matrix.edition_on(date(2026, 11, 20))
#: A staff member reads an internal paper of their own unit, masked.
PLAIN = Facts(
    relation=Relation.OWN,
    roles={Role.STAFF},
    units=("ROOT", "A"),
    sensitivity="internal",
    purpose="customer-service",
    way=Way.SCREEN,
    pages=3,
    files_lately=1,
    pages_lately=3,
    unmasked=False,
)


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("archivist", {}),
        ("archivist", {"sensitivity": "sensitive"}),
        ("archivist", {"sensitivity": "personal", "unmasked": True}),
        ("unit_head", {"sensitivity": "sensitive", "unmasked": True}),
        ("unit_head", {"relation": Relation.OTHER}),
        ("manager", {"relation": Relation.OUTSIDE}),
        ("leader", {"relation": Relation.OUTSIDE, "files_lately": 21}),
        ("archivist", {"files_lately": 20}),
        ("leader", {"files_lately": 21}),
        ("archivist", {"pages_lately": 1000}),
        ("leader", {"pages_lately": 1001}),
        ("unit_head", {"purpose": "judicial"}),
        ("none", {"sensitivity": "public", "pages": 1}),
        ("none", {"sensitivity": "public", "pages": 1, "relation": Relation.OTHER}),
        ("manager", {"sensitivity": "public", "pages": 1, "relation": Relation.OUTSIDE}),
        ("leader", {"sensitivity": "public", "pages": 1, "files_lately": 21}),
        ("archivist", {"sensitivity": "public", "pages": 2}),
        ("archivist", {"sensitivity": "public", "pages": 1, "unmasked": True}),
        ("archivist", {"sensitivity": "public", "pages": 1, "way": Way.PAPER}),
        ("archivist", {"sensitivity": "public", "pages": 1, "way": Way.PRINT}),
        ("archivist", {"sensitivity": "internal", "pages": 1}),
    ],
)
def test_the_level_that_decides(level: str, said: dict[str, object]) -> None:
    """Own files the archivist, other units' their head, outside bodies the unit above, much of it the top."""
    found = matrix.verdict(EDITION, replace(PLAIN, **said))  # type: ignore[arg-type]
    assert found.level.code == level
    because = Because.NO_APPROVAL if level == matrix.NOBODY else Because.DECIDES
    assert found.why == Reason(because, found.level, found.rule)


def test_outside_bodies_and_courts_bring_a_letter_and_are_no_emergency() -> None:
    outside = matrix.verdict(EDITION, replace(PLAIN, relation=Relation.OUTSIDE)).rule
    court = matrix.verdict(EDITION, replace(PLAIN, purpose="judicial")).rule
    plain = matrix.verdict(EDITION, PLAIN).rule
    assert [(one.letter, one.emergency) for one in (outside, court, plain)] == [
        (True, False),
        (True, True),
        (False, True),
    ]


ONE, TWO, DEPUTY, HEAD = Holder(1, "一"), Holder(2, "二"), Holder(3, "三", deputy_for=1), Holder(4, "四")


@pytest.mark.parametrize(
    ("asker", "holders", "level", "people"),
    [
        (9, {"archivist": [ONE, TWO]}, "archivist", {1, 2}),
        (1, {"archivist": [ONE, TWO]}, "archivist", {2}),
        # Who only stands in for the asker would decide in the asker's name.
        (1, {"archivist": [ONE, DEPUTY], "unit_head": [HEAD]}, "unit_head", {4}),
        (9, {"archivist": [DEPUTY]}, "archivist", {3}),
        (1, {"archivist": [ONE], "unit_head": [HEAD]}, "unit_head", {4}),
        (9, {"archivist": [], "unit_head": [], "manager": [TWO]}, "manager", {2}),
        (4, {"archivist": [], "unit_head": [HEAD], "leader": [HEAD, TWO]}, "leader", {2}),
        (1, {"archivist": [ONE]}, "leader", set()),
        (9, {}, "leader", set()),
    ],
)
def test_who_may_decide(asker: int, holders: dict[str, list[Holder]], level: str, people: set[int]) -> None:
    """Never who asks; where nobody else stands the next higher level; where nobody stands at all nobody is made up."""
    found = matrix.deciders(EDITION, matrix.verdict(EDITION, PLAIN), holders, asker_id=asker)
    assert found.level.code == level
    assert {one.person_id for one in found.people} == people
    assert all(found.holder(one) is not None for one in people)
    assert found.holder(asker) is None
    assert bool(people) == (found.why[-1].code is not Because.NOBODY)


def test_each_step_up_says_of_which_level_and_why() -> None:
    """The rule first; then each level that is passed over, for want of anybody or because only who asks is there."""
    verdict = matrix.verdict(EDITION, PLAIN)
    held = {"archivist": [ONE], "unit_head": [], "manager": [TWO]}
    found = matrix.deciders(EDITION, verdict, held, asker_id=1)
    assert [(one.code, one.level and one.level.code) for one in found.why] == [
        (Because.DECIDES, "archivist"),
        (Because.ONLY_ASKER, "archivist"),
        (Because.VACANT, "unit_head"),
    ]


def test_a_level_below_the_one_that_decides_is_never_asked() -> None:
    """Archivists do not decide what the head decides, even when there is no head."""
    head = matrix.verdict(EDITION, replace(PLAIN, relation=Relation.OTHER))
    found = matrix.deciders(EDITION, head, {"archivist": [ONE, TWO]}, asker_id=9)
    assert found.people == ()


@pytest.mark.parametrize(
    ("asker", "file", "body", "relation"),
    [
        ("1/2/", "1/2/", "", Relation.OWN),
        ("1/", "1/2/", "", Relation.OWN),
        ("1/2/", "1/", "", Relation.OTHER),
        ("1/2/", "1/3/", "", Relation.OTHER),
        ("1/2/", "1/21/", "", Relation.OTHER),
        ("1/2/", "1/2/", "市中级人民法院", Relation.OUTSIDE),
    ],
)
def test_how_who_asks_stands_to_the_file(asker: str, file: str, body: str, relation: Relation) -> None:
    assert matrix.relation(asker_path=asker, file_path=file, on_behalf_of=body) is relation


def test_the_most_guarded_paper_counts_and_an_unknown_one_is_the_most_guarded() -> None:
    assert matrix.most_guarded({"public", "personal", "internal"}) == "personal"
    assert matrix.most_guarded({"public", "商密"}) == "商密"


TEXT = """
editions:
  - code: OLD
    effective_from: 2020-01-01
    purposes: {audit: 稽查}
    levels: [{code: none, title: 无, days: 0}, {code: archivist, title: 档案员, role: archivist, days: 1}]
    rules: [{id: R1, level: archivist, says: 都}]
    limits: {paper_days: 5, most_paper_days: 10, renewals: 1, files_at_once: 5, screen_days: 1, most_screen_days: 7,
             most_prints: 9, most_wishes: 9, most_pages: 9, recall_days: 2, emergency_hours: 24}
"""


def test_an_edition_holds_from_its_day_on() -> None:
    """The order in the file does not matter."""
    edition = TEXT.split("editions:\n")[1]
    two = matrix.read("editions:\n" + edition.replace("OLD", "NEW").replace("2020-01-01", "2026-03-01") + edition)
    days = {date(2019, 1, 1): "OLD", date(2026, 2, 28): "OLD", date(2026, 3, 1): "NEW", date(2030, 1, 1): "NEW"}
    assert {day: matrix.edition_on(day, two).code for day in days} == days


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("says: 都}", "says: 都, ways: [screen]}", "every request"),
        ("level: archivist, says", "level: pope, says", "no such level"),
        ("says: 都}", "says: 都, purposes: [gossip]}", "no such purpose"),
        ("role: archivist, days: 1", "days: 1", "without a role"),
        ("rules: [", "rules: [{id: R1, level: none, says: 一, ways: [paper]}, ", "twice"),
        ("says: 都}", "says: 都, sensitivities: [secret]}", "sensitivities"),
        ("recall_days: 2, ", "", "recall_days"),
    ],
)
def test_a_matrix_that_cannot_be_is_not_read(was: str, becomes: str, told: str) -> None:
    assert was in TEXT
    matrix.read(TEXT)
    with pytest.raises(ValueError, match=told):
        matrix.read(TEXT.replace(was, becomes))
