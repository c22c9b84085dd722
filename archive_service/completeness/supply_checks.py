"""XC05 to XC08 and XC13: whether the papers speak of the same supply at the same place in the right order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from archive_service.completeness.conditions import volts
from archive_service.completeness.observations import (
    APPLICATION_FORMS,
    CONTRACTS,
    REPLIES,
    Agreement,
    CaseFacts,
    Observation,
    Papers,
    Reading,
    against,
    day,
    listed,
    number,
    observe,
    once,
    plain,
    readings,
    said,
)

_PLACE_PAPERS = (*APPLICATION_FORMS, "A10", "A11", "A12", "S01", "P01", *REPLIES, *CONTRACTS, "T01", "E02", "E04")
_LOAD_PAPERS = (*APPLICATION_FORMS[:3], "S01", "P01", *REPLIES, *CONTRACTS, "C10", "E02")
_GENERATION_PAPERS = ("A02D", "P06", "K08", "G01", "G02")
_VOLTAGE_PAPERS = ("S01", "P01", *REPLIES, "K01H", "K01L")
_CHINESE_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
#: A number in characters only where something is counted: streets such as 五四路 keep their names.
_CHINESE_NUMBER = re.compile(r"[〇零一二两三四五六七八九十百]+(?=(?:号|栋|幢|座|单元|室|楼|层|组|弄|巷|期|门))")

#: Steps in the order in which their dates must follow; papers and stages of one step have no order among themselves.
_STEPS: tuple[tuple[str, tuple[str, ...], str, tuple[str, ...]], ...] = (
    ("受理", APPLICATION_FORMS, "document_date", ("ACCEPT",)),
    ("勘查", ("S01",), "document_date", ("SURVEY",)),
    ("答复", REPLIES, "document_date", ("SCHEME",)),
    ("答复签收", REPLIES, "signed_on", ()),
    ("审查检验", ("D01", "D04", "M01", "M04", "C01", "C10", "C11", "G01", "G02"), "document_date",
     ("DESIGN", "INTERIM", "COMPLETE")),
    ("合同签订", (*CONTRACTS, "K08"), "document_date", ("CONTRACT",)),
    ("装表", ("T01",), "document_date", ("METER",)),
    ("送电", ("E02",), "document_date", ("ENERGISE",)),
    ("归档", (), "", ("FILING",)),
)  # fmt: skip


class _Dated(NamedTuple):
    rank: int
    step: str
    on: date
    reading: Reading


def xc05(case: CaseFacts, held: Papers) -> Observation:
    """The service address is the same place on form, title paper and contract."""
    addresses = readings(held, "service_address", types=_PLACE_PAPERS)
    expected = [case.service_address] if case.service_address else []
    slack = case.tolerances.address_characters
    return against("XC05", "用电地址", addresses, expected, partial(same_place, slack=slack))


def same_place(one: str, other: str, *, slack: int = 1) -> Agreement:
    """Compare two addresses: the same place, another place, or one so vaguely or nearly the other that nobody can tell.

    Either may leave out province, city or district, so only what the shorter says must stand in the longer. The
    numbers at the end (building, unit, room) decide; a paper that leaves them out is vague. Up to `slack` characters
    of the shorter may be lost.
    """
    short, long = sorted((_words(one), _words(other)), key=len)
    # How many characters of the shorter do not stand in the longer in their order; what the longer adds is free.
    lost = Levenshtein.distance(short, long, weights=(0, 1, 1))
    if lost > max(slack, 1, len(short) // 6) or (lost and len(short) < 6):
        return Agreement.DIFFERS
    few, many = sorted((_numbers(one), _numbers(other)), key=len)
    ends = many[len(many) - len(few) :]
    if few != ends and few != many[: len(few)]:
        return Agreement.DIFFERS
    return Agreement.AGREES if few == ends and lost <= slack and bool(few) == bool(many) else Agreement.CANNOT_TELL


@lru_cache(maxsize=4096)
def _numbers(address: str) -> Sequence[str]:
    return [each.lstrip("0") for each in re.findall(r"\d+", _digits(address))]


@lru_cache(maxsize=4096)
def _words(address: str) -> str:
    return re.sub(r"\d+", "", plain(_digits(address)))


def _digits(address: str) -> str:
    return _CHINESE_NUMBER.sub(lambda found: _in_digits(found[0]), unicodedata.normalize("NFKC", address))


def _in_digits(number: str) -> str:
    if not set(number) & set("十百"):
        return "".join(str(_CHINESE_DIGITS[char]) for char in number)
    total, last = 0, 0
    for char in number:
        if char in "十百":
            total, last = total + (last or 1) * (10 if char == "十" else 100), 0
        else:
            last = _CHINESE_DIGITS[char]
    return str(total + last)


def xc06(case: CaseFacts, held: Papers) -> Observation:
    """Applied, approved, supplied and contracted capacity are equal, unless a scheme change explains it."""
    loads = readings(held, "capacity", types=_LOAD_PAPERS)
    if loads and case.business_type != "DG":
        loads += said("capacity", case.capacity_kva)
    families = [loads, readings(held, "capacity", types=_GENERATION_PAPERS)]
    wrong = next((each for each in families if _apart(_amounts(each), case.tolerances.capacity_percent)), None)
    if wrong is None:
        told = [each for family in families if len(family) > 1 for each in family]
        if told:
            return observe("XC06", Agreement.AGREES, told, f"{len(told)} 处容量一致。")
        return observe("XC06", Agreement.CANNOT_TELL, [*families[0], *families[1]], "读到的容量不足两处，无法比对。")
    changes = [item for item in held if item.document_type == "P04"]
    if changes:
        evidence = [*wrong, *(Reading(item, "document_type", "P04") for item in changes)]
        return observe("XC06", Agreement.AGREES, evidence, f"容量不同（{listed(wrong)}），有供电方案变更资料说明。")
    if _increase_explains(case, wrong, held):
        return observe("XC06", Agreement.AGREES, wrong, f"原有容量与申请容量之和等于合同容量：{listed(wrong)}。")
    message = f"容量不一致：{listed(wrong)}；又没有供电方案变更资料（P04）。请核对。"
    return observe("XC06", Agreement.DIFFERS, wrong, message)


def _amounts(found: Sequence[Reading]) -> set[Decimal]:
    return {amount.normalize() for each in found if (amount := number(each.value)) is not None}


def _apart(amounts: set[Decimal], percent: Decimal) -> bool:
    return len(amounts) > 1 and max(amounts) - min(amounts) > max(amounts) * percent / 100


def _increase_explains(case: CaseFacts, found: Sequence[Reading], held: Papers) -> bool:
    """An increase may be applied for as what is added, and contracted as what there is then."""
    existing = _amounts(readings(held, "existing_capacity", types=APPLICATION_FORMS))
    if case.business_type != "INC" or len(existing) != 1:
        return False
    applied = _amounts([each for each in found if each.item and each.item.document_type in APPLICATION_FORMS])
    others = _amounts([each for each in found if not each.item or each.item.document_type not in APPLICATION_FORMS])
    return len(applied) == 1 and others == {(applied.pop() + existing.pop()).normalize()}


def xc07(case: CaseFacts, held: Papers) -> Observation:
    """The supply voltage is the same on survey, scheme, reply and contract."""
    found = [*readings(held, "voltage", types=_VOLTAGE_PAPERS), *said("voltage", case.voltage)]
    told = [each for each in found if _level(each.value) is not None]
    if len(told) < 2 or all(each.item is None for each in told):
        return observe("XC07", Agreement.CANNOT_TELL, told, "读到的供电电压不足两处，无法比对。")
    if len({_level(each.value) for each in told}) > 1:
        return observe("XC07", Agreement.DIFFERS, told, f"供电电压不一致：{listed(told)}。请核对。")
    return observe("XC07", Agreement.AGREES, told, f"{len(told)} 处供电电压一致。")


def _level(text: str) -> Decimal | None:
    """Return the voltage in volts, of one three-phase system however it is named: 0.4 kV is 380 V."""
    measured = volts(text)
    return Decimal(380) if measured == 400 else measured


def xc08(case: CaseFacts, held: Papers) -> Observation:
    """The dates follow the order of the stages."""
    dated = _dates(case, held)
    if len({each.rank for each in dated}) < 2 or all(each.reading.item is None for each in dated):
        evidence = [each.reading for each in dated]
        return observe("XC08", Agreement.CANNOT_TELL, evidence, "读到的环节日期不足，无法比对先后。")
    wrong = [
        (early, late)
        for place, early in enumerate(dated)
        for late in dated[place + 1 :]
        if early.on > late.on and early.rank < late.rank and (early.reading.item or late.reading.item)
    ]
    if not wrong:
        return observe("XC08", Agreement.AGREES, [each.reading for each in dated], f"{len(dated)} 个环节日期先后正确。")
    told = "；".join(
        f"{early.step}（{early.reading.where} {early.on}）晚于{late.step}（{late.reading.where} {late.on}）"
        for early, late in wrong[:3]
    )
    evidence = once(each.reading for pair in wrong for each in pair)
    return observe("XC08", Agreement.DIFFERS, evidence, f"日期先后不对：{told}。请核对。")


def _dates(case: CaseFacts, held: Papers) -> list[_Dated]:
    system = dict(case.stage_dates)
    for stage, on in (("ACCEPT", case.accepted_on), ("ENERGISE", case.energised_on), ("FILING", case.filed_on)):
        if on is not None:
            system.setdefault(stage, on)
    dated = []
    for rank, (step, types, field, stages) in enumerate(_STEPS):
        found = readings(held, field, types=types) if types else []
        dated += [_Dated(rank, step, on, each) for each in found if (on := day(each.value)) is not None]
        for stage in stages:
            if stage in system:
                on = system[stage]
                dated.append(_Dated(rank, step, on, Reading(None, f"stage_{stage}_on", on.isoformat())))
    return dated


def xc13(case: CaseFacts, held: Papers) -> Observation:
    """Meter number and reading agree between the metering sheet and the energising or disconnecting sheet."""
    problems: list[str] = []
    told: list[Reading] = []
    meters = readings(held, "meter_no", types=("T01",))
    others = readings(held, "meter_no", types=("T02", "E02", "E04"))
    if meters and others:
        told += [*meters, *others]
        known = {plain(each.value) for each in meters}
        strange = [each for each in others if plain(each.value) not in known]
        problems += [f"电能表编号不一致：{listed([*strange, *meters])}"] if strange else []
    if case.business_type == "CANCEL":
        first = readings(held, "reading_old", types=("T01",))
        second = readings(held, "reading_final", types=("E04",))
    else:
        first = readings(held, "reading_new", types=("T01",))
        second = readings(held, "reading_initial", types=("E02",))
    if first and second:
        told += [*first, *second]
        if not _within(_amounts(second), _amounts(first), case.tolerances.meter_reading):
            problems.append(f"电能表示数不一致：{listed([*first, *second])}")
    if problems:
        return observe("XC13", Agreement.DIFFERS, told, "；".join(problems) + "。请核对。")
    if told:
        return observe("XC13", Agreement.AGREES, told, "电能表编号和示数一致。")
    return observe("XC13", Agreement.CANNOT_TELL, [], "没有同时读到装接单和送电（拆表）单上的表号或示数，无法比对。")


def _within(some: set[Decimal], others: set[Decimal], slack: Decimal) -> bool:
    return all(any(abs(one - other) <= slack for other in others) for one in some)
