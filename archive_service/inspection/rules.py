"""Decisions about samples and findings: who may take which step, and what each step needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from archive_service.errors import Invalid, Refused

_LONGEST = 500


class Verdict(StrEnum):
    """What an auditor says of a case in a sample."""

    PASSED = "passed"
    FAULTY = "faulty"
    NOT_FOUND = "not_found"


class Severity(StrEnum):
    """How much a finding weighs."""

    MINOR = "minor"
    MAJOR = "major"
    SERIOUS = "serious"


class State(StrEnum):
    """How a finding stands."""

    OPEN = "open"
    MENDED = "mended"
    CLOSED = "closed"
    ESCALATED = "escalated"


class Step(StrEnum):
    """What somebody does with a finding."""

    RAISED = "raised"
    #: The responsible unit says that it is mended, and proves it.
    ANSWERED = "answered"
    #: The auditor looked again and it is not.
    REFUSED = "refused"
    CLOSED = "closed"
    ESCALATED = "escalated"
    EXTENDED = "extended"


@dataclass(frozen=True)
class Move:
    """A step, from which states it may be taken, and where it leads; none stays."""

    frm: frozenset[State]
    to: State | None


_AT_THE_UNIT = frozenset({State.OPEN, State.ESCALATED})
MOVES: Mapping[Step, Move] = {
    Step.ANSWERED: Move(_AT_THE_UNIT, State.MENDED),
    Step.REFUSED: Move(frozenset({State.MENDED}), State.OPEN),
    Step.CLOSED: Move(frozenset({State.MENDED}), State.CLOSED),
    Step.ESCALATED: Move(frozenset({State.OPEN, State.MENDED}), State.ESCALATED),
    Step.EXTENDED: Move(_AT_THE_UNIT, None),
}
#: The points of the inspection sheet, in the order in which somebody with the file in hand looks at them.
SHEET = ("complete", "legible", "signed", "consistent", "dates", "capacity", "qualified", "own-file")
#: What may be said of a point.
SEEN = ("ok", "fault", "na")


def next_state(state: str, step: Step) -> State:
    """Return where a step leads. Raises Refused where it may not be taken."""
    move = MOVES.get(step)
    now = State(state)
    if move is None or now not in move.frm:
        raise Refused("finding.step", "这个问题现在不能这样办理，可能已有人办过。请刷新页面后再试。", state=state)
    return move.to or now


def check_words(words: str) -> str:
    """Return what somebody says, trimmed. Raises Invalid when nothing is said."""
    said = words.replace("\x00", "").strip()
    if len(said) < 2:
        raise Invalid("finding.words", "请写明情况（至少两个字），内容会留在问题的记录中。")
    return said[:_LONGEST]


def check_due(due_on: date, *, today: date, before: date | None = None) -> date:
    """Return a due day. Raises Invalid when it is past, or when an extension does not extend."""
    if due_on < today or (before is not None and due_on <= before):
        raise Invalid("finding.due", "整改期限要在今天或以后；延期要晚于原期限。请改正日期。", given=due_on.isoformat())
    return due_on


def check_sheet(sheet: Mapping[str, str]) -> dict[str, str]:
    """Return what was seen by point, in the order of the sheet. Raises Invalid for points and words of no sheet."""
    if not set(sheet) <= set(SHEET) or not set(sheet.values()) <= set(SEEN):
        raise Invalid("sample.sheet", "检查表里没有这一项或这个结论。请刷新页面后重新填写。")
    return {point: sheet[point] for point in SHEET if point in sheet}


def check_verdict(verdict: str, sheet: Mapping[str, str]) -> Verdict:
    """Return the verdict of a case. Raises Invalid when it contradicts the sheet."""
    if verdict not in set(Verdict):
        raise Invalid("sample.verdict", "请选择检查结论：合格、有问题或没有找到档案。", given=verdict[:20])
    said = Verdict(verdict)
    if said is Verdict.PASSED and "fault" in sheet.values():
        raise Invalid("sample.contradiction", "检查表里有“有问题”的项，结论不能是合格。请改正其中之一。")
    return said


def severity(word: str) -> Severity:
    """Return the severity. Raises Invalid unless it is one."""
    if word not in set(Severity):
        raise Invalid("finding.severity", "请选择问题的严重程度。", given=word[:20])
    return Severity(word)
