"""XC01 to XC04: whether the papers speak of the same account and the same people."""

from __future__ import annotations

from collections.abc import Sequence

from archive_service.completeness import numbers
from archive_service.completeness.observations import (
    APPLICATION_FORMS,
    IDENTITY_PAPERS,
    Agreement,
    CaseFacts,
    Observation,
    Papers,
    Reading,
    against,
    listed,
    nearness,
    observe,
    once,
    plain,
    readings,
)

#: Papers that bear the name of their own subject.
_OWN_NAMES = (*IDENTITY_PAPERS, "A35")
#: In these the papers of a case name more than one account.
_SEVERAL_ACCOUNTS = ("SPLIT", "MERGE")
#: In these the holder has an old and a new name.
_TWO_NAMES = ("RENAME", "TRANSFER")
#: The same number on a form and on the paper that proves it: field, where it is stated, where it is proved.
_NUMBER_PAIRS = (
    ("id_number", (*APPLICATION_FORMS, "K01R"), ("A05",), "用电人身份证号"),
    ("credit_code", (*APPLICATION_FORMS, "A22"), ("A06",), "统一社会信用代码"),
    ("agent_id_number", (*APPLICATION_FORMS, "A08", "K06"), ("A09",), "经办人身份证号"),
    ("legal_rep_id_number", APPLICATION_FORMS, ("A07",), "法定代表人身份证号"),
)


def xc01(case: CaseFacts, held: Papers) -> Observation:
    """Account and application number are the case's on every paper that bears them."""
    wrong: list[Reading] = []
    right: list[Reading] = []
    for name, expected in (("account_no", case.account_no), ("application_no", case.application_no)):
        if name == "account_no" and case.business_type in _SEVERAL_ACCOUNTS:
            continue
        ours = plain(expected)
        for reading in readings(held, name):
            (right if plain(reading.value) == ours else wrong).append(reading)
    if wrong:
        message = (
            f"户号或申请编号与本案（{case.account_no}、{case.application_no}）不符：{listed(wrong)}。请核对是否归错户。"
        )
        return observe("XC01", Agreement.DIFFERS, wrong, message)
    if right:
        return observe("XC01", Agreement.AGREES, right, f"{len(right)} 处户号、申请编号均与本案一致。")
    return observe("XC01", Agreement.CANNOT_TELL, [], "没有读到户号或申请编号，无法比对。")


def xc02(case: CaseFacts, held: Papers) -> Observation:
    """The account name is the same on form, reply, contract and work sheets."""
    names = [each for each in readings(held, "account_name") if not _is_own_name(each)]
    return against("XC02", "户名", names, _allowed_names(case, held), nearness)


def xc03(case: CaseFacts, held: Papers) -> Observation:
    """The name on identity paper or licence is the account name, or that of an agent with authority and identity."""
    names = readings(held, "account_name", types=IDENTITY_PAPERS)
    answer = against("XC03", "证件或营业执照上的名称", names, _allowed_names(case, held), nearness)
    if answer.status is Agreement.AGREES or not {"A08", "A09"} <= {item.document_type for item in held}:
        return answer
    agents = readings(held, "agent_name", types=("A08", "A09"))
    known = {plain(name) for name in _allowed_names(case, held)}
    others = [each for each in names if plain(each.value) not in known]
    if others and {plain(each.value) for each in others} <= {plain(each.value) for each in agents}:
        message = f"证件上的姓名是经办人的：{listed(others)}；授权委托书和经办人证件齐全，代办关系成立。"
        return observe("XC03", Agreement.AGREES, [*others, *agents], message)
    return answer


def xc04(case: CaseFacts, held: Papers) -> Observation:
    """Identity numbers and credit codes agree between form and proof, and their check digits are right."""
    wrong: list[Reading] = []
    compared: list[Reading] = []
    problems: list[str] = []
    for name, stating, proving, what in _NUMBER_PAIRS:
        every = readings(held, name)
        false = [each for each in every if _check(name, each.value) is False]
        if false:
            problems.append(f"{what}的校验位不符：{listed(false)}")
            wrong += false
        stated, proved = readings(held, name, types=stating), readings(held, name, types=proving)
        if stated and proved:
            compared += [*stated, *proved]
            known = {plain(each.value) for each in proved}
            astray = [each for each in stated if plain(each.value) not in known]
            if astray:
                problems.append(f"{what}与证件不一致：{listed([*astray, *proved])}")
                wrong += [*astray, *proved]
    if wrong:
        return observe("XC04", Agreement.DIFFERS, once(wrong), "；".join(problems) + "。请核对原件。")
    if compared:
        return observe("XC04", Agreement.AGREES, compared, "登记的证件号码与证件一致，校验位正确。")
    return observe("XC04", Agreement.CANNOT_TELL, [], "没有同时读到登记表和证件上的证件号码，无法比对。")


def _check(name: str, value: str) -> bool | None:
    number = plain(value)
    return numbers.credit_code(number) if name == "credit_code" else numbers.identity_number(number)


def _is_own_name(reading: Reading) -> bool:
    return reading.item is not None and reading.item.document_type in _OWN_NAMES


def _allowed_names(case: CaseFacts, held: Papers) -> list[str]:
    names = [case.account_name] if case.account_name else []
    if case.business_type in _TWO_NAMES:
        for field in ("old_name", "new_name"):
            names += _values(readings(held, field))
    return names


def _values(found: Sequence[Reading]) -> list[str]:
    return [each.value for each in found]
