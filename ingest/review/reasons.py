"""Why a document is sent back: codes that can be counted, a sentence beside them, and which ask for a better scan."""

from __future__ import annotations

from dataclasses import dataclass

from archive_service.errors import Invalid

_LONGEST = 200


@dataclass(frozen=True)
class Reason:
    """A reason: its code, what it is called, and what has to happen before the document can be filed."""

    code: str
    name: str
    #: Its pages are scanned anew; otherwise whoever handed it over brings what lacks.
    rescan: bool = False
    #: The code alone says too little.
    needs_note: bool = False


REASONS = (
    Reason("blurred", "影像不清", rescan=True),
    Reason("cut-off", "歪斜或缺边", rescan=True),
    Reason("dark", "有黑边或过暗", rescan=True),
    Reason("page-missing", "缺页"),
    Reason("unsigned", "未签字或未盖章"),
    Reason("expired", "已过期"),
    Reason("no-record", "不属于归档资料"),
    Reason("misplaced", "归属错误"),
    Reason("other", "其他原因", needs_note=True),
)
BY_CODE = {reason.code: reason for reason in REASONS}


def said(code: str, note: str) -> str:
    """Return the reason as a sentence; raises Invalid for a code that is none, and where nothing is said."""
    note = note.strip()[:_LONGEST]
    reason = BY_CODE.get(code)
    if (code and reason is None) or (not note and (reason is None or reason.needs_note)):
        raise Invalid("review.reason", "请选择退回原因；选“其他原因”时请写明。移交人要据此补正。")
    return "：".join(part for part in (reason.name if reason else "", note) if part)
