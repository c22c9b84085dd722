"""The completeness of a case as programs and people read it."""

from __future__ import annotations

import json

from archive_service.catalogue import load
from archive_service.completeness.conditions import facts_of
from archive_service.completeness.consistency import CaseFacts, check
from archive_service.completeness.report import as_json, as_text
from archive_service.completeness.rules import HeldItem, assess

EDITION = load.edition_for(None)
CASE = CaseFacts("0512345678", "王小明", "202600001", "建设路12号", "LR", "NEW")
HELD = [
    HeldItem(1, "A02R", fields={"account_no": "0512345678"}, pages={"account_no": 1}),
    HeldItem(2, "A05", doubts=("身份证号校验位不符",)),
]


def parts():
    facts = facts_of(EDITION, category="LR", business_type="NEW", conditions=[])
    return {"assessment": assess(EDITION.requirements("LR", "NEW"), facts, HELD), "observations": check(CASE, HELD)}


def test_the_json_of_a_case_has_exactly_the_agreed_names():
    """Scripts of the users rely on them."""
    told = as_json(CASE, catalogue=EDITION.code, **parts())
    assert list(told) == [
        "application_no", "account_no", "customer_category", "business_type", "catalogue", "complete",
        "items", "consistency",
    ]  # fmt: skip
    assert (told["catalogue"], told["complete"], told["customer_category"]) == ("2018", False, "LR")
    assert all(
        set(each) == {"document_type", "requirement", "condition", "status", "evidence", "reason"}
        for each in told["items"]
    )
    assert all(set(each) == {"rule", "status", "evidence", "message"} for each in told["consistency"])
    by_type = {each["document_type"]: each for each in told["items"]}
    assert by_type["A02R"]["evidence"] == ["1"]
    assert (by_type["A05"]["status"], by_type["A11"]["condition"]) == ("doubtful", "tenant")
    assert told["consistency"][0]["evidence"][0] == {
        "item": "1", "document_type": "A02R", "field": "account_no", "value": "0512345678", "page": 1,
        "box": None,
    }  # fmt: skip
    assert json.loads(json.dumps(told, ensure_ascii=False)) == told


def test_the_text_of_a_case_tells_the_sum_and_then_each_stage():
    """What is due and what came, grouped as the work goes; what does not concern the case is left out."""
    lines = as_text(CASE, edition=EDITION, **parts())
    assert "资料不齐全。应收 9，已收 1，缺少 7，存疑 1。" in lines[0]
    stages = [line for line in lines if line.startswith("【")]
    assert stages[:2] == ["【业务受理】", "【现场勘查】"]
    assert stages[-1] == "【资料之间是否一致】"
    assert any(line.startswith("  存疑 A05") and "校验位不符" in line for line in lines)
    assert not any("A11" in line for line in lines)
