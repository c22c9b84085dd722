"""XC10, XC14 and XC16: whether papers were valid when they were used, and the last round of each opinion passed."""

from __future__ import annotations

from datetime import date

from archive_service.completeness import rounds
from archive_service.completeness.held import valid_to
from archive_service.completeness.observations import (
    CONTRACTS,
    Agreement,
    CaseFacts,
    Observation,
    Papers,
    Reading,
    day,
    listed,
    observe,
    readings,
)

#: Certificates with the stage on whose day they are used.
_USED_AT = {
    **dict.fromkeys(("A05", "A06", "A08", "A09", "A11", "A26", "A32", "A33", "A36"), "ACCEPT"),
    "D03": "DESIGN",
    "M02": "INTERIM",
    "C07": "COMPLETE",
    "C09": "COMPLETE",
    "T02": "METER",
}
#: Opinions that may come in several rounds, with the field that says how one ended.
_RESULTS = {
    "D04": "review_result",
    "M04": "inspection_result",
    "M05": "recheck_result",
    "C10": "inspection_result",
    "C11": "inspection_result",
    "G02": "inspection_result",
}


def xc10(case: CaseFacts, held: Papers) -> Observation:
    """Identity papers, licences, qualifications, authorities and test reports were valid on the day of use."""
    wrong: list[Reading] = []
    fine: list[Reading] = []
    unknown: list[Reading] = []
    problems: list[str] = []
    for reading in [*readings(held, "valid_to", types=_USED_AT), *readings(held, "valid_from", types=_USED_AT)]:
        used = _used(case, reading)
        if used is None:
            unknown.append(reading)
        elif (problem := _outside(reading, used)) is not None:
            wrong.append(reading)
            problems.append(problem)
        elif reading.field == "valid_to":
            fine.append(reading)
    if wrong:
        return observe(
            "XC10", Agreement.DIFFERS, wrong, f"证件在使用当日无效：{'；'.join(problems)}。请换用有效的证件。"
        )
    if fine:
        return observe("XC10", Agreement.AGREES, fine, f"{len(fine)} 份证件在使用当日均有效。")
    message = "不知道证件的使用日期，无法核对有效期。" if unknown else "没有读到证件的有效期，无法核对。"
    return observe("XC10", Agreement.CANNOT_TELL, unknown, message)


def _used(case: CaseFacts, reading: Reading) -> date | None:
    assert reading.item is not None
    stage = _USED_AT[reading.item.document_type]
    return case.stage_dates.get(stage) or case.accepted_on


def _outside(reading: Reading, used: date) -> str | None:
    assert reading.item is not None
    if reading.field == "valid_to":
        last = valid_to(reading.item)
        return f"{reading}，使用日 {used.isoformat()}" if last is not None and last < used else None
    first = day(reading.value)
    return f"{reading}起有效，使用日 {used.isoformat()}" if first is not None and first > used else None


def xc14(_case: CaseFacts, held: Papers) -> Observation:
    """The last round of every review and inspection passed, and no defect is open."""
    open_: list[Reading] = []
    closed: list[Reading] = []
    unread: list[Reading] = []
    for code, name in _RESULTS.items():
        every = [item for item in held if item.document_type == code]
        if not every:
            continue
        last = rounds.in_order(every)[-1]
        reading = Reading(last, name, last.fields.get(name, "").strip())
        outcome = rounds.passed(reading.value)
        (closed if outcome else open_ if outcome is False else unread).append(reading)
    if open_:
        return observe("XC14", Agreement.DIFFERS, open_, f"最后一轮没有通过：{listed(open_)}。请补最后合格的一轮。")
    if unread:
        names = "、".join(each.where for each in unread)
        return observe("XC14", Agreement.CANNOT_TELL, [*unread, *closed], f"没有读到最后一轮的结论：{names}。请核对。")
    if closed:
        return observe("XC14", Agreement.AGREES, closed, f"{len(closed)} 项审查、检验的最后一轮均通过。")
    return observe("XC14", Agreement.CANNOT_TELL, [], "没有审查、检验意见，无法核对。")


def xc16(case: CaseFacts, held: Papers) -> Observation:
    """The contract is still valid on the day of filing, or today where the case is not filed."""
    on = case.filed_on or case.as_of
    found = readings(held, "valid_to", types=CONTRACTS)
    ends = [(valid_to(each.item), each) for each in found if each.item is not None]
    known = [(last, each) for last, each in ends if last is not None]
    if on is None or not known:
        return observe("XC16", Agreement.CANNOT_TELL, found, "没有读到合同的截止日期，无法核对。")
    expired = [each for last, each in known if last < on]
    if len(expired) == len(known):
        message = f"归档时合同已到期：{listed(expired)}，归档日 {on.isoformat()}。请核对是否已续签。"
        return observe("XC16", Agreement.DIFFERS, expired, message)
    valid = [each for last, each in known if last >= on]
    return observe("XC16", Agreement.AGREES, valid, "归档时合同在有效期内。")
