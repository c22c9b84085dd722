"""When a batch may be filed, added to, or handed in again: pure."""

from __future__ import annotations

from collections.abc import Mapping

from archive_service.errors import Invalid, Refused
from ingest import states

LONGEST_MENDED = 300


def check_may_file(state: str, by_state: Mapping[str, int]) -> None:
    """Raise Refused unless every file of an open batch has come to rest and nothing of it waits for a person."""
    if state == states.RETURNED:
        raise _returned()
    if state == states.FILED:
        raise Refused("batch.filed", "这个批次已经检测合格并归档，不用再办。")
    if not by_state:
        raise Refused("batch.empty", "这个批次里没有文件，没有可以归档的内容。请先交入扫描件。")
    moving = sum(by_state.get(one, 0) for one in (*states.MOVING, states.UNPACKED))
    review, aside = by_state.get(states.NEEDS_REVIEW, 0), by_state.get(states.SET_ASIDE, 0)
    told = [
        words
        for count, words in (
            (moving, f"{moving} 个文件还在处理"),
            (review, f"{review} 个待校核"),
            (aside, f"{aside} 个处理失败，要重试"),
        )
        if count
    ]
    if told:
        raise Refused("batch.unfinished", f"批次还不能归档：{'，'.join(told)}。请处理完后再办。")


def check_may_add(state: str) -> None:
    """Raise Refused for files that come into a batch that was decided."""
    if state == states.FILED:
        raise Refused("batch.filed", "这个批次已经归档，不能再加文件。请另开一批。")
    if state == states.RETURNED:
        raise _returned()


def check_again(state: str, mended: str) -> str:
    """Return what was mended, trimmed. Raises Refused for a batch that was not sent back, Invalid without a word."""
    if state != states.RETURNED:
        raise Refused("batch.not-returned", "这个批次没有退回，不用重新交件。请直接加文件，或办理归档。")
    said = mended.replace("\x00", "").strip()
    if not 2 <= len(said) <= LONGEST_MENDED:
        raise Invalid("batch.mended", f"请写明改了什么、补交了什么（2 到 {LONGEST_MENDED} 字）。")
    return said


def _returned() -> Refused:
    return Refused("batch.returned", "这个批次四性检测不合格，已退回。请由交件人写明怎样补正、重新交件后再办。")
