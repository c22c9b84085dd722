"""Whoever edits the catalogue is told the line and the reason of each fault."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_service.catalogue import load

STANDARD = (resources.files("archive_service.catalogue") / "standard" / "2018.yaml").read_text(encoding="utf-8")

SMALL = """\
edition: test
title_zh: 试用目录
title_en: catalogue for a test
effective_from: 2030-01-01
sources: {OWN: the author}
customer_categories:
- {code: LR, name_zh: 居民, name_en: residential}
business_types:
- {code: NEW, name_zh: 新装, name_en: new, valid_for: [LR]}
stages:
- {code: ACCEPT, name_zh: 受理, name_en: acceptance, order: 1}
conditions:
- {code: agent, name_zh: 代办, meaning: an agent acts, source: OWN, is_default: true}
- {code: tenant, name_zh: 租赁, meaning: not the owner, source: OWN, is_default: true}
fields:
- {name: account_no, name_zh: 户号, kind: code}
document_types:
- code: A01
  name_zh: 申请表
  name_en: application form
  stage: ACCEPT
  origin: customer
  medium_rule: original
  signatures: [customer]
  seals: []
  count_min: 1
  count_max: 2
  sensitivity: personal
  applies:
  - {category: LR, business_types: [NEW], requirement: conditional, when_any: [agent]}
  title_keywords: [申请表]
  key_fields: [account_no]
  source: OWN
  is_default: true
"""


def test_the_editions_of_the_package_have_no_finding():
    """What ships passes its own check."""
    assert load.check_text(STANDARD) == []
    assert load.check_text(SMALL) == []


FAULTS = {
    "an unknown key": ("  count_max: 2", "  count_maximum: 2", 27, "不认识的项“count_maximum”"),
    "an unknown key in a rule": ("when_any: [agent]", "when: [agent]", 30, "不认识的项“when”"),
    "a missing entry": ("  name_zh: 申请表\n", "", 18, "缺少“name_zh”"),
    "a word where a number belongs": ("count_min: 1", "count_min: one", 26, "整数"),
    "a number below the range": ("count_min: 1", "count_min: -1", 26, "至少是 0"),
    "fewer at most than at least": ("count_min: 1", "count_min: 3", 27, "小于最少份数"),
    "an unknown stage": ("stage: ACCEPT", "stage: ACCEPTED", 21, "没有环节“ACCEPTED”"),
    "an unknown category": ("category: LR", "category: HV", 30, "没有客户类别“HV”"),
    "an unknown business": ("business_types: [NEW]", "business_types: [NEW, INC]", 30, "没有业务类型“INC”"),
    "an unknown condition": ("when_any: [agent]", "when_any: [agent, moon]", 30, "没有办理条件“moon”"),
    "an unknown field": ("key_fields: [account_no]", "key_fields: [account]", 32, "没有字段“account”"),
    "an unknown source": ("[account_no]\n  source: OWN", "[account_no]\n  source: S9", 33, "来源“S9”没有列在"),
    "a sensitivity that does not exist": ("personal", "secret", 28, "“secret”不是允许的值"),
    "a condition left out": (", when_any: [agent]", "", 30, "必须用 when_any"),
    "a condition too many": ("requirement: conditional", "requirement: required", 30, "只有条件必收"),
    "a code twice": ("{code: tenant,", "{code: agent,", 14, "“agent”在前面已经有了"),
    "a key twice": ("  origin: customer", "  origin: customer\n  origin: third", 23, "“origin”写了两次"),
    "a day that does not exist": ("2030-01-01", "2030-02-30", 4, "日期"),
    "an end before the beginning": (
        "effective_from: 2030-01-01", "effective_from: 2030-01-01\neffective_until: 2029-01-01", 5, "早于生效日期"
    ),
    "dates of another edition": ("2030-01-01", "2018-01-01", 4, "有效期重叠"),
    "a code that YAML reads as a number": ("edition: test", "edition: 2030", 1, "请加引号"),
    "a bracket left open": ("signatures: [customer]", "signatures: [customer", 25, "不是正确的 YAML"),
    "an anchor": ("sources: {OWN", "sources: &all {OWN", 5, "不用锚点"),
    "an expression that cannot be read": (
        "meaning: an agent acts,",
        "meaning: an agent acts, derived_from: voltage >= 35, derived_zh: 高,",
        13,
        "带单位的数",
    ),
    "an expression about nothing known": (
        "meaning: an agent acts,", "meaning: an agent acts, derived_from: moonlight, derived_zh: 月,", 13, "moonlight"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_line_and_reason(old, new, line, reason):
    """The finding points at the line that must be changed."""
    assert old in SMALL
    found = load.check_text(SMALL.replace(old, new, 1))
    assert [(each.line, reason in each.message) for each in found[:1]] == [(line, True)], found


def test_all_faults_of_a_kind_are_told_at_once_in_the_order_of_lines():
    """Nobody should have to run the check once a fault."""
    text = SMALL.replace("stage: ACCEPT", "stage: X9", 1).replace("[account_no]", "[account]")
    assert [each.line for each in load.check_text(text)] == [21, 32]


def test_a_type_asked_for_twice_in_one_business_is_a_fault():
    """Two rules for one paper would leave open which holds."""
    rule = "  - {category: LR, business_types: [NEW], requirement: optional}\n"
    found = load.check_text(SMALL.replace("  title_keywords", rule + "  title_keywords"))
    assert "规定了 2 次" in found[0].message


def test_a_text_that_multiplies_itself_is_refused_unread():
    """A small file with aliases of aliases would fill the memory."""
    bomb = "a: &a [x, x, x]\n" + "\n".join(f"b{n}: &b{n} [*a, *a]" for n in range(50))
    assert "锚点" in load.check_text(bomb)[0].message
    assert "嵌套太深" in load.check_text("a: " + "[" * 5000)[0].message


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200) | st.integers(0, len(SMALL)).map(lambda cut: SMALL[:cut]))
def test_whatever_the_text_the_check_answers_with_lines_of_it(text):
    """Torn and senseless files yield findings with places that exist, never a fault of the program."""
    for found in load.check_text(text):
        assert 1 <= found.line <= text.count("\n") + text.count("\r") + text.count("\x85") + 3
        assert found.message.endswith("。")
