"""Whether the papers of a case agree: each rule agrees, differs and cannot tell where it should."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from archive_service.catalogue.tolerances import Tolerances
from archive_service.completeness.consistency import Agreement, CaseFacts, check
from archive_service.completeness.numbers import credit_code, identity_number
from archive_service.completeness.observations import Elsewhere, fingerprint
from archive_service.completeness.rules import HeldItem
from archive_service.completeness.supply_checks import same_place

AGREES, DIFFERS, CANNOT_TELL = Agreement.AGREES, Agreement.DIFFERS, Agreement.CANNOT_TELL
NAME = "江城市远大机械制造有限公司"
ADDRESS = "江城市东湖区建设路12号3栋"
PERSON = "110105199003078811"  # check digit wrong
PERSON_TRUE = "11010519491231002X"  # the example of the standard
FIRM_TRUE = "91350100M000100Y43"  # the example of the standard

CASE = CaseFacts(
    account_no="0512345678",
    account_name=NAME,
    application_no="202600001",
    service_address=ADDRESS,
    category="HV",
    business_type="NEW",
    capacity_kva=Decimal(800),
    voltage="10kV",
    accepted_on=date(2026, 1, 5),
    energised_on=date(2026, 6, 1),
    as_of=date(2026, 7, 1),
)


def paper(document_type, /, **fields):
    return document_type, fields


def rounds(*results):
    return [paper("C10", inspection_result=said, round_no=str(n)) for n, said in enumerate(results, 1)]


def found(rule, *papers, case=CASE):
    held = [
        HeldItem(n, code, fields=fields, pages=dict.fromkeys(fields, 1)) for n, (code, fields) in enumerate(papers, 1)
    ]
    return next(each for each in check(case, held) if each.rule == rule)


CASES = [
    ("XC01", AGREES, [paper("A02H", account_no="0512345678"), paper("K01H", application_no="202600001")]),
    ("XC01", AGREES, [paper("A02H", account_no="０５１２３４５６７８ ")]),
    ("XC01", DIFFERS, [paper("A02H", account_no="0512345678"), paper("T01", account_no="0512345679")]),
    ("XC01", DIFFERS, [paper("P03H", application_no="202600002")]),
    ("XC01", CANNOT_TELL, [paper("A02H", phone="13800000000")]),
    ("XC02", AGREES, [paper("A02H", account_name=NAME), paper("K01H", account_name=NAME.replace("远", " 远 "))]),
    ("XC02", DIFFERS, [paper("A02H", account_name=NAME), paper("K01H", account_name="江城市宏图纺织有限公司")]),
    ("XC02", CANNOT_TELL, [paper("K01H", account_name=NAME.replace("械", "戒"))]),
    ("XC02", CANNOT_TELL, [paper("A06", account_name="江城市宏图纺织有限公司")]),
    ("XC03", AGREES, [paper("A06", account_name=NAME)]),
    ("XC03", DIFFERS, [paper("A06", account_name="江城市宏图纺织有限公司")]),
    ("XC03", CANNOT_TELL, [paper("A02H", account_name=NAME)]),
    ("XC03", AGREES, [paper("A05", account_name="李四"), paper("A08", agent_name="李四"), paper("A09")]),
    ("XC03", DIFFERS, [paper("A05", account_name="李四"), paper("A08", agent_name="王五"), paper("A09")]),
    ("XC03", DIFFERS, [paper("A05", account_name="李四"), paper("A08", agent_name="李四")]),
    ("XC04", AGREES, [paper("A02H", credit_code=FIRM_TRUE), paper("A06", credit_code=FIRM_TRUE)]),
    ("XC04", AGREES, [paper("A02H", id_number=PERSON_TRUE.lower()), paper("A05", id_number=PERSON_TRUE)]),
    ("XC04", DIFFERS, [paper("A02H", credit_code=FIRM_TRUE), paper("A06", credit_code="91440300MA5EC4JR2Q")]),
    ("XC04", DIFFERS, [paper("A05", id_number=PERSON)]),
    ("XC04", DIFFERS, [paper("A08", agent_id_number=PERSON_TRUE), paper("A09", agent_id_number="110105194912310038")]),
    ("XC04", CANNOT_TELL, [paper("A02H", id_number=PERSON_TRUE)]),
    ("XC04", AGREES, [paper("A02H", id_number="G12345678"), paper("A05", id_number="G12345678")]),
    ("XC05", AGREES, [paper("A02H", service_address=ADDRESS), paper("A10", service_address="建设路12号3栋")]),
    ("XC05", DIFFERS, [paper("A02H", service_address=ADDRESS), paper("K01H", service_address="建设路12号4栋")]),
    ("XC05", CANNOT_TELL, [paper("A10", service_address="江城市东湖区建设路12号")]),
    ("XC05", CANNOT_TELL, [paper("A10", owner_name="张三")]),
    ("XC06", AGREES, [paper("A02H", capacity="800"), paper("K01H", capacity="800.00kVA")]),
    ("XC06", DIFFERS, [paper("A02H", capacity="800"), paper("K01H", capacity="630")]),
    ("XC06", AGREES, [paper("A02H", capacity="800"), paper("K01H", capacity="630"), paper("P04", reason="减小容量")]),
    ("XC06", DIFFERS, [paper("A02H", capacity="630"), paper("K01H", capacity="630")]),
    ("XC06", CANNOT_TELL, [paper("A18", capacity="630")]),
    ("XC07", AGREES, [paper("S01", voltage="10 千伏"), paper("K01H", voltage="10kV")]),
    ("XC07", DIFFERS, [paper("S01", voltage="10kV"), paper("K01H", voltage="35kV")]),
    ("XC07", CANNOT_TELL, [paper("A02H", voltage="35kV")]),
    ("XC08", AGREES, [paper("S01", document_date="2026-01-09"), paper("E02", document_date="2026-06-01")]),
    ("XC08", AGREES, [paper("P03H", document_date="2026-02-01", signed_on="2026-02-01")]),
    ("XC08", AGREES, [paper("C10", document_date="2026-04-02"), paper("D04", document_date="2026-04-09")]),
    ("XC08", DIFFERS, [paper("K01H", document_date="2026-06-02")]),
    ("XC08", DIFFERS, [paper("P03H", document_date="2026-02-05", signed_on="2026-02-01")]),
    ("XC08", CANNOT_TELL, [paper("K01H", contract_no="1")]),
    ("XC09", AGREES, [paper("P03H", document_date="2026-01-23")]),
    ("XC09", DIFFERS, [paper("P03H", document_date="2026-02-04")]),
    ("XC09", AGREES, [paper("D01", document_date="2026-03-02"), paper("D04", document_date="2026-03-16")]),
    ("XC09", DIFFERS, [paper("D01", document_date="2026-03-02"), paper("D04", document_date="2026-03-17")]),
    ("XC09", DIFFERS, [paper("M01", document_date="2026-03-02"), paper("M04", document_date="2026-03-10")]),
    ("XC09", DIFFERS, [paper("C01", document_date="2026-03-02"), paper("C10", document_date="2026-03-10")]),
    ("XC09", DIFFERS, [paper("C10", document_date="2026-05-20")]),
    ("XC09", CANNOT_TELL, [paper("D04", document_date="2026-03-17")]),
    ("XC10", AGREES, [paper("A05", valid_to="2026-01-05"), paper("A06", valid_to="长期")]),
    ("XC10", DIFFERS, [paper("A05", valid_to="2026-01-04")]),
    ("XC10", DIFFERS, [paper("A11", valid_from="2026-01-06", valid_to="2028-01-01")]),
    ("XC10", DIFFERS, [paper("D03", valid_to="2025-12-31")]),
    ("XC10", CANNOT_TELL, [paper("A05", id_number=PERSON_TRUE)]),
    ("XC12", AGREES, [paper("F01", amount="1200"), paper("F02", amount="700.00"), paper("F02", amount="500元")]),
    ("XC12", DIFFERS, [paper("F01", amount="1200"), paper("F02", amount="700")]),
    ("XC12", CANNOT_TELL, [paper("F01", amount="1200")]),
    ("XC14", AGREES, rounds("不合格", "合格")),
    ("XC14", DIFFERS, rounds("合格", "不合格")),
    ("XC14", DIFFERS, [paper("M05", recheck_result="缺陷未消除，待复验")]),
    ("XC14", CANNOT_TELL, [paper("D04", reviewer="张工")]),
    ("XC16", AGREES, [paper("K01H", valid_to="2028-01-01")]),
    ("XC16", DIFFERS, [paper("K01T", valid_to="2026-06-30")]),
    ("XC16", CANNOT_TELL, [paper("K01H", contract_no="1")]),
    ("XC13", AGREES, [paper("T01", meter_no="A-001"), paper("E02", meter_no="A001")]),
    ("XC13", AGREES, [paper("T01", reading_new="0.00"), paper("E02", reading_initial="0")]),
    ("XC13", DIFFERS, [paper("T01", meter_no="A001"), paper("T02", meter_no="A002")]),
    ("XC13", DIFFERS, [paper("T01", reading_new="0"), paper("E02", reading_initial="12.5")]),
    ("XC13", CANNOT_TELL, [paper("T01", meter_no="A001")]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "expected", "papers"), CASES, ids=lambda each: str(each)[:24])
def test_papers_agree_differ_or_cannot_tell(rule, expected, papers):
    """One rule, papers, and what it must find; always with a sentence."""
    observation = found(rule, *papers)
    assert observation.status is expected, observation.message
    assert observation.message.endswith("。")
    assert expected is CANNOT_TELL or observation.evidence


def test_what_differs_is_shown_with_value_item_and_page():
    """One click leads to the line that is wrong."""
    observation = found("XC01", paper("A02H", account_no="0512345678"), paper("T01", account_no="0599999999"))
    seen = observation.evidence[0]
    assert (seen.item, seen.document_type, seen.field, seen.value, seen.page) == (
        2,
        "T01",
        "account_no",
        "0599999999",
        1,
    )
    assert "T01第 1 页“0599999999”" in observation.message


def test_identity_numbers_are_masked_in_what_is_shown():
    """A report is read by more people than a file."""
    observation = found("XC04", paper("A02H", id_number=PERSON_TRUE), paper("A05", id_number=PERSON))
    assert PERSON not in observation.message
    assert all(PERSON not in seen.value and PERSON_TRUE not in seen.value for seen in observation.evidence)


def test_on_a_transfer_the_old_and_the_new_name_are_both_right():
    """The agreement of transfer says who the two are."""
    case = replace(CASE, business_type="TRANSFER", account_name="张三")
    papers = [paper("A28", old_name="李四", new_name="张三"), paper("A02V", account_name="李四")]
    assert found("XC02", *papers, case=case).status is AGREES
    assert found("XC02", papers[1], case=case).status is DIFFERS


def test_an_increase_applied_for_as_what_is_added_explains_the_contract():
    """630 kVA there were, 170 are added, 800 are contracted."""
    case = replace(CASE, business_type="INC")
    form = paper("A02H", capacity="170", existing_capacity="630")
    assert found("XC06", form, paper("K01H", capacity="800"), case=case).status is AGREES
    assert found("XC06", form, paper("K01H", capacity="830"), case=case).status is DIFFERS


def test_in_a_split_the_papers_bear_more_than_one_account_number():
    """The application number still must be the case's."""
    case = replace(CASE, business_type="SPLIT")
    assert found("XC01", paper("K01H", account_no="0599999999", application_no="202600001"), case=case).status is AGREES


def test_on_cancelling_the_last_reading_is_compared():
    """What the removed meter showed must stand on both sheets."""
    case = replace(CASE, business_type="CANCEL")
    sheets = [paper("T01", reading_old="1520.4"), paper("E04", reading_final="1520.40")]
    assert found("XC13", *sheets, case=case).status is AGREES
    assert found("XC13", sheets[0], paper("E04", reading_final="1502.4"), case=case).status is DIFFERS


def test_a_stage_date_of_the_system_that_contradicts_a_paper_is_told():
    """The form of the survey is dated after the reply the system recorded (article 14)."""
    case = replace(CASE, stage_dates={"SCHEME": date(2026, 1, 20)})
    observation = found("XC08", paper("S01", document_date="2026-01-25"), case=case)
    assert observation.status is DIFFERS
    assert "勘查" in observation.message


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("江城市东湖区建设路十二号", "东湖区建设路12号", AGREES),
        ("建设路12号3栋2单元502室", "江城市建设路12号三栋二单元502室", AGREES),
        ("江城市东湖区建没路12号", "江城市东湖区建设路12号", AGREES),
        ("建设路12号", "建设路12号3栋", CANNOT_TELL),
        ("建设路12号", "建设路13号", DIFFERS),
        ("江城市东湖区建设路12号", "江城市东湖区人民路12号", DIFFERS),
    ],
)
def test_addresses_name_one_place_however_they_are_written(one, other, expected):
    """What is left out is forgiven, another number or street is not."""
    assert same_place(one, other) is expected
    assert same_place(other, one) is expected


@pytest.mark.parametrize(
    ("check_number", "number", "expected"),
    [
        (identity_number, PERSON_TRUE, True),
        (identity_number, PERSON_TRUE[:-1] + "1", False),
        (identity_number, "110105491231002", None),
        (credit_code, FIRM_TRUE, True),
        (credit_code, FIRM_TRUE[:-1] + "4", False),
        (credit_code, "9135O100M000100Y43", False),
        (credit_code, "12345", None),
    ],
)
def test_check_digits_follow_the_standards(check_number, number, expected):
    """GB 11643 and GB 32100; other numbers have no check."""
    assert check_number(number) is expected


def test_all_rules_answer_for_an_empty_case_and_in_order():
    """Nothing held means that nothing can be told."""
    observations = check(CASE, [])
    assert [each.rule for each in observations] == [f"XC{n:02}" for n in range(1, 18)]
    assert {each.status for each in observations} == {CANNOT_TELL}


def test_the_order_of_the_items_does_not_matter():
    """The same papers give the same observations."""
    held = [
        HeldItem(n, code, fields=fields)
        for n, (code, fields) in enumerate((each for _, _, papers in CASES for each in papers), 1)
    ]
    shuffled = list(held)
    random.Random(7).shuffle(shuffled)
    assert check(CASE, held) == check(CASE, shuffled)


def test_a_late_stage_with_a_written_reason_is_no_fault():
    """Without one it is; the number of sources makes the limit longer."""
    late = paper("P03H", document_date="2026-02-04")
    assert found("XC09", late, case=replace(CASE, late_reasons={"SCHEME": "客户更改容量"})).status is AGREES
    assert found("XC09", late, case=replace(CASE, conditions={"multi": True})).status is AGREES
    assert found("XC09", late, case=replace(CASE, limits={"SCHEME": 40})).status is AGREES


def test_a_year_whose_holidays_are_not_known_is_said_and_never_guessed():
    """The table of holidays ends before."""
    case = replace(CASE, accepted_on=date(2040, 1, 3), energised_on=None)
    observation = found("XC09", paper("P03H", document_date="2040-03-30"), case=case)
    assert observation.status is CANNOT_TELL
    assert "节假日表" in observation.message


def test_scans_and_numbers_of_another_household_are_told():
    """With the page; nobody having looked is no answer."""
    twice = (Elsewhere(1, 2, "same_scan", "0599999999"), Elsewhere(1, 1, "other_account", "0588888888"))
    observation = found("XC15", paper("A02H"), case=replace(CASE, elsewhere=twice))
    assert observation.status is DIFFERS
    assert [(one.item, one.page, one.value) for one in observation.evidence] == [
        (1, 2, "0599999999"),
        (1, 1, "0588888888"),
    ]
    assert found("XC15", paper("A02H"), case=replace(CASE, elsewhere=())).status is AGREES
    assert found("XC15", paper("A02H")).status is CANNOT_TELL


@pytest.mark.parametrize(("said", "expected"), [("9", AGREES), ("10", AGREES), ("8", DIFFERS), ("11", DIFFERS)])
def test_the_contents_list_counts_what_was_scanned(said, expected):
    """With its own page or without it."""
    held = [HeldItem(1, "A02H", page_count=9), HeldItem(2, "X01", fields={"page_count": said}, page_count=1)]
    assert next(each for each in check(CASE, held) if each.rule == "XC17").status is expected
    assert found("XC17", paper("X01", page_count="3")).status is CANNOT_TELL


def test_tolerances_of_the_edition_are_kept():
    """Each makes a difference that it allows, and no larger one."""
    lenient = replace(
        CASE, tolerances=Tolerances(capacity_percent=5, amount_yuan=1, meter_reading=2, pages=1, address_characters=2)
    )
    fees = [paper("F01", amount="1200"), paper("F02", amount="1199")]
    assert found("XC12", *fees, case=lenient).status is AGREES
    assert found("XC12", fees[0], paper("F02", amount="1198"), case=lenient).status is DIFFERS
    assert found("XC06", paper("A02H", capacity="800"), paper("K01H", capacity="760"), case=lenient).status is AGREES
    assert found("XC06", paper("A02H", capacity="800"), paper("K01H", capacity="750"), case=lenient).status is DIFFERS
    meters = [paper("T01", reading_new="0"), paper("E02", reading_initial="2")]
    assert found("XC13", *meters, case=lenient).status is AGREES
    assert found("XC13", *meters).status is DIFFERS


def test_what_was_seen_has_a_place_on_its_page_and_a_print_of_its_own():
    """Another value is another finding; the same is the same however often it is asked."""
    held = [
        HeldItem(
            1, "A02H", fields={"account_no": "0599999999"}, pages={"account_no": 2}, boxes={"account_no": (1, 2, 3, 4)}
        )
    ]
    one = check(CASE, held)[0]
    assert (one.evidence[0].page, one.evidence[0].box) == (2, (1, 2, 3, 4))
    assert fingerprint(one) == fingerprint(check(CASE, held)[0])
    other = check(CASE, [replace(held[0], fields={"account_no": "0588888888"})])[0]
    assert fingerprint(one) != fingerprint(other)
