"""How long a paper is kept: the longest holds, and nothing comes due by an error."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention import disposal_rules, rules, schedule
from retention.rules import Household, Paper

TODAY = date(2026, 11, 20)
OPEN = Household("LR", frozenset(), closed=False, closed_on=None)
CLOSED = replace(OPEN, closed=True, closed_on=date(2020, 6, 1))
PHOTO = Paper(1, 7, "S02", latest_on=date(2019, 1, 1))
CONTRACT = Paper(2, 7, "K01R", latest_on=date(2019, 1, 1))
HEAD = "edition: T1\ntitle_zh: 试\nsource: 试\neffective_from: 2026-01-01\nrules:\n"
ALL = "  - {code: ALL, title_zh: 全部, source: 试, trigger: account_closed, years: 5}\n"
days = st.dates(date(1990, 1, 1), date(2060, 1, 1))
papers = st.builds(
    Paper,
    id=st.integers(1, 9),
    case_id=st.sampled_from([None, 1, 2]),
    document_type=st.sampled_from(["A05", "S02", "K01H", "C02", "F01", "OTHER"]),
    latest_on=days,
    superseded_on=st.none() | days,
    contract_ended_on=st.none() | days,
    replaced_on=st.none() | days,
)
households = st.builds(
    Household,
    category=st.sampled_from(["HV", "LR"]),
    statuses=st.frozensets(st.sampled_from(["critical", "dg", "dispute"])),
    closed=st.booleans(),
    closed_on=st.none() | days,
)
many = st.lists(papers, min_size=1, max_size=5, unique_by=lambda one: one.id)
quick = settings(derandomize=True, database=None, max_examples=80, deadline=None)


def dues(*given_: Paper, of: Household = CLOSED, today: date = TODAY) -> dict[int, rules.Due]:
    return rules.reckon(schedule.standard(), of, given_, today=today)


def test_the_longest_rule_wins_within_a_case() -> None:
    """Photographs of a case with a contract are kept as long as the contract, and say so."""
    found = dues(PHOTO, CONTRACT)
    assert (found[1].due_on, found[1].rule) == (date(2030, 6, 1), "CONTRACTS")
    assert "期限最长" in found[1].reason
    alone = dues(replace(PHOTO, case_id=None), CONTRACT)[1]
    assert (alone.due_on, alone.rule) == (date(2025, 6, 1), "OTHER_PAPERS")


def test_an_open_account_starts_no_clock() -> None:
    """It waits, and says for what."""
    found = dues(PHOTO, of=OPEN)[1]
    assert (found.outcome, found.due_on) == ("waiting", None)
    assert "销户" in found.reason


def test_what_waits_names_the_rule_that_will_keep_it_longest() -> None:
    """Not the first of the text: a contract of an open account is kept as a contract, and its case with it."""
    found = dues(PHOTO, CONTRACT, of=OPEN)
    assert [(one.outcome, one.rule) for one in found.values()] == [("waiting", "CONTRACTS")] * 2
    assert dues(PHOTO, of=OPEN)[1].rule == "OTHER_PAPERS"


@pytest.mark.parametrize(("closed_on", "said"), [(None, "缺少起算日"), (date(2027, 1, 1), "在将来")])
def test_a_day_that_is_missing_or_to_come_is_said_and_never_due(closed_on: date | None, said: str) -> None:
    """Not even where another rule of the case gives a day."""
    found = dues(PHOTO, of=replace(CLOSED, closed_on=closed_on))[1]
    assert (found.outcome, found.due_on) == ("unknown", None)
    assert said in found.reason


def test_a_paper_younger_than_its_trigger_counts_from_its_own_day() -> None:
    """What was filed after the closing is not due before its years have run."""
    late = replace(PHOTO, case_id=None, latest_on=date(2024, 2, 29))
    assert dues(late)[1].due_on == date(2029, 3, 1)


@pytest.mark.parametrize("day", [date.min, date(1912, 2, 29), date(1969, 12, 31), date(1970, 1, 1), date(2024, 2, 29)])
def test_the_oldest_days_count_like_any_other(day: date) -> None:
    """Before 1970, a leap day and the first day there is: the years run from the later of closing and paper."""
    loose = replace(PHOTO, case_id=None, latest_on=day)
    assert dues(loose)[1].due_on == max(date(2025, 6, 1), rules.plus_years(day, 5))
    old = dues(loose, of=replace(CLOSED, closed_on=day))[1]
    assert (old.outcome, old.due_on) == ("date", rules.plus_years(day, 5))


@pytest.mark.parametrize("day", [date.max, date(9996, 2, 29)])
def test_a_day_so_far_ahead_that_no_year_follows_it_is_never_due(day: date) -> None:
    """As a misread date may be: it is said, and the other papers are reckoned all the same."""
    found = dues(replace(PHOTO, case_id=None, latest_on=day), replace(CONTRACT, case_id=None))
    assert (found[1].outcome, found[1].due_on, found[2].outcome) == ("unknown", None, "date")
    assert "不合理" in found[1].reason
    assert disposal_rules.kept_until(day, 50) == date.max


def test_critical_customers_are_kept_for_ever() -> None:
    """Whatever else holds."""
    assert dues(PHOTO, of=replace(CLOSED, statuses=frozenset({"critical"})))[1].outcome == "permanent"


@quick
@given(households, many, papers)
def test_adding_a_paper_never_shortens_a_period(of: Household, there: list[Paper], new: Paper) -> None:
    """Of no other paper."""
    before = dues(*there, of=of)
    after = dues(*there, replace(new, id=99), of=of)
    assert all(not rules.longer(before[key], after[key]) for key in before)


@quick
@given(households, many)
def test_a_dispute_never_brings_disposal_nearer(of: Household, there: list[Paper]) -> None:
    """Being held for one makes a household's papers be kept as long or longer."""
    plain = dues(*there, of=replace(of, statuses=of.statuses - {"dispute"}))
    held = dues(*there, of=replace(of, statuses=of.statuses | {"dispute"}))
    assert all(not rules.longer(plain[key], held[key]) for key in plain)


@quick
@given(households, many, st.sampled_from([-30, 30]))
def test_a_clock_set_back_or_forward_moves_no_day(of: Household, there: list[Paper], years: int) -> None:
    """A day that was reckoned by a right clock stays; by a wrong one it is the same or none."""
    right, wrong = dues(*there, of=of), dues(*there, of=of, today=rules.plus_years(TODAY, years))
    for key, due in right.items():
        if due.due_on and wrong[key].due_on:
            assert due.due_on == wrong[key].due_on
        # What lies in the future by a clock that was set back is no day: it keeps longer, never shorter.
        assert years > 0 or not rules.longer(due, wrong[key])


def test_the_standard_schedule_knows_every_type_of_the_catalogue() -> None:
    """It names none that there is not."""
    from archive_service.catalogue import load

    known = load.editions()
    types = {code for edition in known for code in edition.document_types}
    categories = {code for edition in known for code in edition.customer_categories}
    businesses = {code for edition in known for code in edition.business_types}
    found = schedule.read(
        schedule.standard_text(), known_types=types, known_categories=categories, known_businesses=businesses
    )
    assert found[1] == []
    strange = schedule.read(HEAD.replace("rules:", "replaced_by: [NOPE]\nrules:") + ALL, known_businesses=businesses)
    assert [(one.line, "没有“NOPE”这种业务类型" in one.message) for one in strange[1]] == [(5, True)]


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        (ALL + ALL, 7, "用了两次"),
        (ALL + ALL.replace("ALL", "TWO"), 7, "重复"),
        (ALL + ALL.replace("ALL", "TWO").replace("5", "9"), 7, "矛盾"),
        ("  - {code: AA, title_zh: 甲, source: 试, same_as: BB}\n"
         "  - {code: BB, title_zh: 乙, source: 试, same_as: AA}\n", 6, "绕成了圈"),
        ("  - {code: AA, title_zh: 甲, source: 试, same_as: NONE}\n", 6, "没有代码"),
        (ALL.replace("trigger: account_closed, ", ""), 6, "缺少 trigger"),
        (ALL.replace("years: 5", "years: 5, permanent: true"), 6, "只写一种"),
        (ALL.replace("account_closed", "fixed_date"), 6, "starts_on"),
        (ALL.replace("years: 5", "years: 0"), 6, "太小"),
        (ALL.replace("years", "yeras"), 6, "不认识"),
        (ALL.replace("code: ALL", "code: ALL, document_types: [Z99]"), 6, "没有“Z99”"),
        (ALL.replace("code: ALL", "code: ALL, document_types: [A05]"), 6, "兜底"),
        (ALL + ALL.replace("code: ALL", "code: HIGH, categories: [GY]"), 7, "没有“GY”这种客户类别"),
    ],
)  # fmt: skip
def test_a_bad_schedule_is_refused_by_line_and_reason(lines: str, line: int, said: str) -> None:
    """Overlaps, contradictions, loops, what is missing or unknown."""
    made, found = schedule.read(HEAD + lines, known_types={"A05"}, known_categories={"HV"})
    assert made is None
    assert any(one.line == line and said in one.message for one in found), found
