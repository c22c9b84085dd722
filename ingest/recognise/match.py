"""To which household and case a document belongs.

The account number leads, but alone it is one wrong digit away from a neighbour: it is believed when something else on
the paper, or the rest of the batch, agrees with it. Near numbers are only ever proposed with a doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from ingest.recognise.papers import Paper, Register, agreement, name_may_change, speaks
from ingest.recognise.values import KnownCase, KnownHousehold, Match, Said

#: The paper's number agrees with the register and something else on the paper agrees too.
_SURE = 0.985
_NUMBER_ALONE = 0.93
_NAME_AND_ADDRESS = 0.93
_NAME_ALONE = 0.8
_NEIGHBOURS = 0.91
_SOME_NEIGHBOURS = 0.75
_NEAR_NUMBER = 0.6


def match_all(papers: Sequence[Paper], register: Register, said: Said) -> list[Match]:
    """Return for each document of a scan the household it belongs to; cases are chosen later, when types are known."""
    spoken, unknown = _by_said(register, said)
    if unknown:
        return [Match(doubts=[unknown]) for _ in papers]
    if spoken is not None:
        return [_held_to(spoken, paper, register, said) for paper in papers]
    matches = [_by_numbers(paper, register) for paper in papers]
    _by_company(papers, matches)
    return matches


def _by_said(register: Register, said: Said) -> tuple[KnownHousehold | None, str]:
    """Return the household that the person named, and what is wrong with what was said."""
    if said.account_no:
        household = register.account(said.account_no)
        return household, "" if household else f"{said.who}指定的户号 {said.account_no} 未登记，请先导入该户或核对户号"
    if said.application_no:
        case = register.case(said.application_no)
        wrong = "" if case else f"{said.who}指定的申请编号 {said.application_no} 未登记，请先导入该业务或核对编号"
        return register.household_of(case) if case else None, wrong
    return None, ""


def _held_to(household: KnownHousehold, paper: Paper, register: Register, said: Said) -> Match:
    """Believe what the person said and show what the paper says otherwise."""
    match = Match(household, None, 0.99, [f"{said.who}指定户号 {household.account_no}"])
    number = paper.value("account_no")
    if number and number != household.account_no:
        known = register.account(number)
        whose = f"，该号登记为“{known.account_name}”" if known else ""
        match.doubts.append(f"{said.who}指定户号 {household.account_no}，但纸面户号是 {number}{whose}")
    case = register.case(paper.value("application_no") or "")
    if case and case.household_id != household.id:
        match.doubts.append(
            f"纸面申请编号 {case.application_no} 属于另一户，与{said.who}指定的户号 {household.account_no} 不符"
        )
    return match


def _by_numbers(paper: Paper, register: Register) -> Match:
    number, application = paper.value("account_no"), paper.value("application_no")
    by_account = register.account(number) if number else None
    case = register.case(application) if application else None
    by_case = register.household_of(case) if case else None
    if by_account and by_case and by_account.id != by_case.id:
        return _numbers_differ(paper, by_account, by_case, case)
    if by_account:
        return _with_account(paper, by_account, agrees=by_case is not None)
    if by_case and case:
        return _with_application(paper, by_case, case, number)
    if number:
        return _unregistered(paper, number, register)
    wrong = paper.fields.get("account_no")
    match = _by_loose_number(paper, register) or _by_name(paper, register)
    if wrong and wrong.checked is False:
        match.doubts.append(f"户号“{wrong.value}”的位数不对，可能识别有误")
        match.confidence = min(match.confidence, _NAME_ALONE)
    return match


def _numbers_differ(paper: Paper, by_account: KnownHousehold, by_case: KnownHousehold, case: KnownCase | None) -> Match:
    text = f"户号 {by_account.account_no} 与申请编号 {case.application_no if case else ''} 不属于同一户"
    better = by_case if agreement(paper, by_case) > agreement(paper, by_account) else by_account
    return Match(better, None, 0.5, ["户号与申请编号矛盾"], [text])


def _with_account(paper: Paper, household: KnownHousehold, *, agrees: bool) -> Match:
    read = paper.fields["account_no"].confidence
    reason = f"户号 {household.account_no} 已登记"
    name, address = speaks(paper, household)
    if agrees:
        match = Match(household, None, _SURE, [reason, "申请编号属于同一户"])
    elif name == "agrees" or (name == "silent" and address == "agrees"):
        match = Match(household, None, _SURE, [reason, "户名相符" if name == "agrees" else "用电地址相符"])
    elif name == "silent" and address == "silent":
        return Match(household, None, min(_NUMBER_ALONE, read), [reason])
    else:
        match = Match(household, None, min(_NUMBER_ALONE, read), [reason])
    if name == "differs" and not name_may_change(household):
        shown = paper.value("account_name")
        match.confidence = 0.9 if agrees or address == "agrees" else 0.6
        match.doubts.append(f"户号 {household.account_no} 登记的户名是“{household.account_name}”，纸面是“{shown}”")
    return match


def _with_application(paper: Paper, household: KnownHousehold, case: KnownCase, number: str | None) -> Match:
    match = Match(household, case, 0.97, [f"申请编号 {case.application_no} 已登记"])
    if number:
        match.confidence = 0.8
        match.doubts.append(_unknown_number(number, household))
    elif speaks(paper, household)[0] == "differs" and not name_may_change(household):
        match.confidence = 0.75
        match.doubts.append(
            f"申请编号 {case.application_no} 的户名是“{household.account_name}”，纸面是“{paper.value('account_name')}”"
        )
    return match


def _unknown_number(number: str, household: KnownHousehold) -> str:
    if Levenshtein.distance(number, household.account_no) == 1:
        return f"户号 {number} 未登记，与 {household.account_no}（{household.account_name}）只差一位，可能识别有误"
    return f"户号 {number} 未登记"


def _unregistered(paper: Paper, number: str, register: Register) -> Match:
    """Propose a household for an unknown number by the name, never surely."""
    for name in paper.names:
        for household in register.named(name):
            doubt = _unknown_number(number, household)
            near = "只差一位" in doubt
            return Match(household, None, _NEAR_NUMBER if near else 0.4, [f"户名“{name}”相符"], [doubt])
    return Match(None, None, 0.0, [], [f"户号 {number} 未登记"])


def _by_loose_number(paper: Paper, register: Register) -> Match | None:
    known = {one.id: one for text in paper.loose_numbers if (one := register.account(text))}
    if len(known) != 1:
        return None
    household = next(iter(known.values()))
    agrees = "agrees" in speaks(paper, household)
    return Match(household, None, 0.95 if agrees else 0.82, [f"正文出现已登记的户号 {household.account_no}"])


def _by_name(paper: Paper, register: Register) -> Match:
    found: dict[int, tuple[KnownHousehold, str]] = {}
    for name in paper.names:
        for household in register.named(name):
            found.setdefault(household.id, (household, name))
    here = [(one, name) for one, name in found.values() if speaks(paper, one)[1] == "agrees"]
    if len(here) == 1:
        household, name = here[0]
        return Match(household, None, _NAME_AND_ADDRESS, [f"姓名“{name}”和地址与户号 {household.account_no} 相符"])
    if len(found) == 1:
        household, name = next(iter(found.values()))
        return Match(household, None, _NAME_ALONE, [f"姓名“{name}”与户号 {household.account_no} 的户名相符"])
    if found:
        return Match(None, None, 0.3, [], [f"同名的户有 {len(found)} 个，不能确定是哪一户"])
    return Match()


def _by_company(papers: Sequence[Paper], matches: list[Match]) -> None:
    """Let documents without numbers follow their neighbours, and bare numbers lean on the rest of the batch."""
    sure = [match.household if match.confidence >= 0.9 and not match.doubts else None for match in matches]
    counted = Counter(one.id for one in sure if one)
    for index, (paper, match) in enumerate(zip(papers, matches, strict=True)):
        if match.household and counted[match.household.id] > (sure[index] is not None):
            _lean(match)
        elif match.household and sure[index] and match.confidence < _SURE and len(counted) > 1:
            others = [one for i, one in enumerate(sure) if i != index and one]
            if others and all(one.id != match.household.id for one in others):
                match.confidence = min(match.confidence, 0.88)
                match.reasons.append("同批其他资料属于另一户")
        if match.household is None and not paper.value("account_no"):
            _follow(index, paper, match, sure, len(counted))


def _lean(match: Match) -> None:
    if match.doubts:
        return
    if match.confidence < 0.95:
        match.reasons.append("同批其他资料属于同一户")
    match.confidence = max(match.confidence, min(0.97, match.confidence + 0.14))


def _follow(index: int, paper: Paper, match: Match, sure: Sequence[KnownHousehold | None], households: int) -> None:
    before = next((sure[i] for i in range(index - 1, -1, -1) if sure[i]), None)
    after = next((sure[i] for i in range(index + 1, len(sure)) if sure[i]), None)
    neighbour = before or after
    if neighbour is None:
        return
    same = before is None or after is None or before.id == after.id
    match.household = neighbour
    match.doubts = []
    match.confidence = _NEIGHBOURS if households == 1 and same else _SOME_NEIGHBOURS if same else 0.5
    match.reasons.append(f"没有户号，随相邻资料归户号 {neighbour.account_no}")
    if "agrees" in speaks(paper, neighbour):
        match.confidence = max(match.confidence, 0.95)
        match.reasons.append("姓名或地址相符")
