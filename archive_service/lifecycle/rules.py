"""Which steps a case may take, as a table, and what a refused one says to do instead: pure.

Source: docs/decisions/0031; articles 14, 15 and 18(5) of the rules of 2010.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from archive_service.errors import Invalid, NotPermitted, Refused
from archive_service.households.states import ACCEPTED, CLOSED, COLLECTING, FILED, REOPENED, RETURNED, SUBMITTED
from archive_service.people.roles import Right

SUBMIT, ACCEPT, RETURN, FILE, REOPEN, CLOSE = "submit", "accept", "return", "file", "reopen", "close"
RESTORE = "restore"
#: Steps that a case takes with its account only.
WITH_ACCOUNT = (CLOSE, RESTORE)
#: Working days within which a hand-over is to be received (article 18(5)).
RECEIPT_WORKDAYS = 1
LONGEST_NOTE = 500
#: Pages that one return may mark.
MOST_MARKS = 200


@dataclass(frozen=True)
class Transition:
    """A step that there is: from one of these states to another, by who holds the right."""

    verb: str
    from_states: tuple[str, ...]
    to_state: str
    right: Right


TRANSITIONS = (
    Transition(SUBMIT, (COLLECTING, RETURNED, REOPENED), SUBMITTED, Right.CASE_HAND_OVER),
    Transition(ACCEPT, (SUBMITTED,), ACCEPTED, Right.CASE_RECEIVE),
    Transition(RETURN, (SUBMITTED, ACCEPTED), RETURNED, Right.CASE_RECEIVE),
    Transition(FILE, (ACCEPTED,), FILED, Right.CASE_RECEIVE),
    Transition(REOPEN, (FILED,), REOPENED, Right.CASE_RECEIVE),
    Transition(CLOSE, (FILED,), CLOSED, Right.CASE_RECEIVE),
    Transition(RESTORE, (CLOSED,), FILED, Right.CASE_RECEIVE),
)
BY_VERB = {one.verb: one for one in TRANSITIONS}
#: What to do next in a state, for whoever asked for a step that it does not have.
NEXT = {
    COLLECTING: "资料还在收集。请先由经办人移交。",
    SUBMITTED: "资料已移交，等待接收。请由接收人签收或退回。",
    RETURNED: "资料已退回补正。请补正后重新移交。",
    ACCEPTED: "资料已签收。请归档，或写明原因退回。",
    FILED: "案件已归档。如要补充或更正，请先启封。",
    REOPENED: "案件已启封。请归入补充件后重新移交。",
    CLOSED: "户号已销户，档案已封存，不再变动。如销户有误，请先恢复户号。",
}
_DONE = {
    SUBMIT: "不能移交",
    ACCEPT: "不能签收",
    RETURN: "不能退回",
    FILE: "不能归档",
    REOPEN: "不能启封",
    CLOSE: "不能封存",
    RESTORE: "不能恢复",
}
#: What a reopening is for.
PURPOSES = ("supplement", "change")
#: The reason of a case that the four-property check sent back.
FOUR_PROPERTY = "four-property"
#: Why a case is sent back.
REASONS = (
    "missing",
    "unsigned",
    "unsealed",
    "illegible",
    "wrong-account",
    "inconsistent",
    "expired",
    "copy-unchecked",
    "page-missing",
    FOUR_PROPERTY,
    "other",
)


#: Why a clock was missed.
LATENESS = ("customer", "design", "construction", "weather", "holiday", "staff", "system", "other")


def check_pause(first: date, *, today: date, begun: date | None) -> None:
    """Refuse a pause before the clock, or in days to come. Raises Invalid."""
    if first > today or (begun is not None and first < begun):
        raise Invalid("pause.day", "暂停的起始日不对：不能早于受理日，也不能晚于今天。请核对后再试。")


def check_lateness(code: str, note: str) -> str:
    """Return the note to a reason for lateness, trimmed. Raises Invalid for a code that is none."""
    if code not in LATENESS:
        raise Invalid("lateness.code", "请从列表中选择超期原因。", given=code[:20])
    return check_note(note, needed=code == "other")


def next_state(verb: str, state: str) -> Transition:
    """Return the step `verb` from a state. Raises Refused, saying what to do next, where there is none."""
    step = BY_VERB[verb]
    if state not in step.from_states:
        raise Refused("case.step", f"{_DONE[verb]}：{NEXT[state]}", verb=verb, state=state)
    return step


def open_to(state: str) -> tuple[Transition, ...]:
    """Return the steps that a case in this state may take."""
    return tuple(one for one in TRANSITIONS if state in one.from_states)


def check_not_passed(seen: int | None, newest: int, *, who: str, verb: str, state: str) -> None:
    """Refuse a step that somebody asks for on seeing step `seen`, when others have taken one since."""
    if seen is not None and seen != newest:
        raise Refused(
            "case.passed",
            f"{_DONE[verb]}：{who}刚刚办理了这个案件，您看到的已不是最新情况，这次没有执行。{NEXT[state]}",
            verb=verb,
            state=state,
        )


def check_receiver(giver_id: int | None, receiver_id: int | None) -> None:
    """Refuse a hand-over that one person gives and takes; the program stands in for nobody. Raises NotPermitted."""
    if giver_id is not None and giver_id == receiver_id:
        raise NotPermitted(
            "case.own-hand-over",
            "移交人不能签收自己移交的资料。请由另一位档案员签收；本单位只有一人时，请上级单位签收。",
        )


def check_papers(count: int) -> None:
    """Refuse to hand over nothing."""
    if not count:
        raise Refused("case.nothing-to-hand-over", "这个案件还没有资料，不能移交。请先把资料扫描入库。")


def check_complete(complete: bool, missing: int, doubtful: int, error: str | None, *, deferred: int = 0) -> None:
    """Refuse to file a case whose papers are not complete, those that may come later among them."""
    if complete:
        return
    if deferred and not missing and not doubtful and not error:
        raise Refused(
            "case.deferred",
            f"不能归档，还有 {deferred} 件容缺资料没有补交。请补交后再归档；确实不需要的，请撤回容缺并申请免收。",
            deferred=deferred,
        )
    lacking = [f"缺 {missing} 件"] * bool(missing) + [f"存疑 {doubtful} 件"] * bool(doubtful)
    lacking += [f"容缺 {deferred} 件"] * bool(deferred)
    told = error or ("资料不齐：" + "，".join(lacking) if lacking else "资料不齐。")
    raise Refused(
        "case.incomplete", f"不能归档，{told.rstrip('。')}。请补齐后再归档，或写明原因退回。", missing=missing
    )


def check_return(stage: str, reasons: Collection[str], due_on: date, *, today: date, stages: Collection[str]) -> None:
    """Refuse a return that does not say to whom, why and until when. Raises Invalid."""
    if stage not in stages:
        raise Invalid("return.stage", "请选择退回到哪个环节。", given=stage[:12])
    if not reasons or any(one not in REASONS for one in reasons):
        raise Invalid("return.reasons", "请至少选择一个退回原因。")
    if due_on < today:
        raise Invalid("return.due", f"补正期限 {due_on.isoformat()} 已经过去。请选择今天或以后的日期。")


def check_note(note: str, *, needed: bool) -> str:
    """Return what a person wrote, trimmed. Raises Invalid when it is too long, or missing where it is needed."""
    said = note.strip().replace("\x00", "")
    if len(said) > LONGEST_NOTE or (needed and len(said) < 2):
        raise Invalid("case.note", f"请写明原因（2 到 {LONGEST_NOTE} 字），原因会留在记录中。")
    return said


def check_purpose(purpose: str) -> str:
    """Return what a case is opened again for. Raises Invalid unless it is one of PURPOSES."""
    if purpose not in PURPOSES:
        raise Invalid("case.purpose", "请选择启封是为了补充资料还是更正资料。", given=purpose[:20])
    return purpose


def check_all_filed(open_numbers: Sequence[str]) -> None:
    """Refuse to close an account while cases of it are not filed."""
    if open_numbers:
        named = "、".join(open_numbers[:5])
        raise Refused(
            "household.cases-open",
            f"还有 {len(open_numbers)} 个案件没有归档（{named}），不能封存。请先归档。",
            cases=len(open_numbers),
        )
