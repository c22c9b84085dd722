"""The items are data: the edition of the program is sound, a contradictory one is refused with all its faults."""

from __future__ import annotations

import pytest
import yaml

from archive_service.properties.checks import CHECKS, COMPARISONS
from archive_service.properties.scheme import Mode, Moment, Property, Weight, read, standard, standard_text


def edited(**items: dict[str, object]) -> str:
    """The edition of the program, with other values in the items whose numbers are named."""
    said = yaml.safe_load(standard_text())
    said["effective_from"] = str(said["effective_from"])
    for number, values in items.items():
        one = next(one for one in said["items"] if one["number"] == number[1:].replace("_", "-"))
        one.update(values)
        for name in [name for name, value in one.items() if value is None]:
            del one[name]
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False)


def test_the_edition_of_the_program_has_every_moment_and_property() -> None:
    made = standard()
    for moment in Moment:
        assert {one.property for one in made.at(moment)} == set(Property)
    assert {one.codes[Moment.FILING][:3] for one in made.at(Moment.FILING)} == {"GD-"}
    assert {one.codes[Moment.TRANSFER][:3] for one in made.at(Moment.TRANSFER)} == {"YJ-"}
    assert {one.check for one in made.items if one.mode is Mode.AUTOMATIC} == set(CHECKS)


def test_no_manual_item_keeps_anything_from_going_on_unless_an_edition_says_so() -> None:
    """Archives that are in use go on as before."""
    assert not any(one.demanded for one in standard().items)


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ({"n1_1": {"check": "no-such"}}, "没有名为“no-such”的检查"),
        ({"n1_1": {"check": None}}, "自动项目要写 check"),
        ({"n1_12": {"codes": {"filing": "GD-1-12"}}}, "要有移交环节"),
        ({"n1_2": {"number": "1-1"}}, "项目编号“1-1”用了不止一次"),
        ({"n1_2": {"codes": {"filing": "GD-1-1"}}}, "代码“GD-1-1”用了不止一次"),
        ({"n3_6": {"guide_zh": None}}, "人工项目要写 guide_zh"),
        ({"n3_6": {"check": "digests-match"}}, "只有自动项目才写 check"),
        ({"n5_2": {"demanded": ["filing"]}}, "归档环节没有这个项目的代码"),
        ({"n1_1": {"demanded": ["filing"]}}, "只有人工项目才写 demanded"),
        ({"n4_4": {"reason_zh": None}}, "不适用的项目要写 reason_zh"),
        ({"n1_1": {"mode": "perhaps"}}, ""),
    ],
)
def test_a_contradictory_edition_is_refused(items: dict[str, dict[str, object]], said: str) -> None:
    made, found = read(edited(**items))
    assert made is None
    assert any(said in one.message for one in found)


@pytest.mark.parametrize(
    ("rules", "said"),
    [(["XC99"], "没有名为“XC99”的比对规则"), (["XC01", "XC01"], "比对规则“XC01”写了不止一次")],
)
def test_a_comparison_that_nobody_knows_or_that_is_weighed_twice_is_refused(rules: list[str], said: str) -> None:
    text = yaml.safe_load(edited())
    text["comparisons"] = [{"rule": one, "title_zh": "不一致", "weights": {"filing": "failed"}} for one in rules]
    made, found = read(yaml.safe_dump(text, allow_unicode=True))
    assert made is None
    assert any(said in one.message for one in found)


def test_the_edition_of_the_program_weighs_every_comparison_and_every_contradiction_at_filing() -> None:
    """A paper that contradicts another sends the case back; a package carries what is kept, and says so."""
    assert {one.rule for one in standard().comparisons} == set(COMPARISONS)
    crossed = [one for one in standard().comparisons if one.rule.startswith("XC")]
    assert {one.weights[Moment.FILING] for one in crossed} == {Weight.FAILED}
    assert {one.weights[Moment.TRANSFER] for one in crossed} == {Weight.WARNED}
    assert standard().compared_at(Moment.LONGTERM) == ()


def test_an_edition_that_was_written_before_there_were_comparisons_compares_nothing() -> None:
    said = yaml.safe_load(edited())
    del said["comparisons"]
    made, _ = read(yaml.safe_dump(said, allow_unicode=True))
    assert made is not None
    assert made.compared_at(Moment.FILING) == ()


def test_everything_that_is_wrong_is_told_by_line() -> None:
    made, found = read(edited(n1_1={"check": "no-such"}, n3_6={"guide_zh": None}, n4_4={"reason_zh": None}))
    assert made is None
    assert len({one.line for one in found}) == 3
    assert [one.line for one in found] == sorted(one.line for one in found)


def test_a_moment_without_one_of_the_properties_is_refused() -> None:
    said = yaml.safe_load(standard_text())
    said["effective_from"] = str(said["effective_from"])
    for one in said["items"]:
        if one["property"] == "security":
            one["codes"].pop("filing", None)
    said["items"] = [one for one in said["items"] if one["codes"]]
    _, found = read(yaml.safe_dump(said, allow_unicode=True))
    assert [one.message for one in found] == ["归档环节没有安全性的项目：四性都要检测。"]


@pytest.mark.parametrize("text", ["", "[]", "edition: [", "a: &x 1\nb: *x\n"])
def test_what_is_no_edition_is_told(text: str) -> None:
    made, found = read(text)
    assert made is None
    assert found
