"""An import file on the command line: its rows, what would become of them, and reports that people open again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.errors import Invalid
from archive_service.households.actions.previews import Fate
from archive_service.households.csv_rows import MOST_BYTES, MOST_ROWS, decoded
from archive_service.households.values import RowError
from ingest import workbooks
from ingest.formats.limits import Limits

WORDS = {"created": "新登记", "updated": "更新", "unchanged": "未变", "refused": "不接收"}
#: Refused rows that are printed; all of them stand in the report.
_SHOWN = 100


def text_of(services: Services, file: Path) -> str:
    """Return the text of a CSV file, or of the first sheet of a workbook. Raises Invalid."""
    if file.stat().st_size > MOST_BYTES:
        decoded(b"\0" * (MOST_BYTES + 1))
    with file.open("rb") as opened:
        is_workbook = opened.read(4) == b"PK\x03\x04"
    if not is_workbook:
        return decoded(file.read_bytes())
    return decoded(workbooks.as_csv(file, limits=Limits.of(services.settings), most_rows=MOST_ROWS))


def write_fates(path: Path, fates: Iterable[Fate]) -> None:
    """Write what would become of each row, in the order of the file."""
    head = ("行", "结果", "户号", "申请编号", "变化", "列", "代码", "说明")
    rows = (
        (one.line, WORDS[one.outcome], one.account_no, one.application_no, changed(one), *_why(one.error))
        for one in sorted(fates, key=lambda one: one.line)
    )
    _write(path, head, rows)


def write_refused(path: Path, errors: Iterable[RowError]) -> None:
    """Write the rows that were not taken, with the column and the reason."""
    _write(path, ("行", "列", "代码", "说明"), ((one.line, *_why(one)) for one in errors))


def say_fates(fates: Iterable[Fate]) -> int:
    """Print how many rows would become what, and the refused ones; return how many are refused."""
    every = sorted(fates, key=lambda one: one.line)
    counts = Counter(one.outcome for one in every)
    output.say("预览，没有写入：" + "，".join(f"{word} {counts[key]} 行" for key, word in WORDS.items()) + "。")
    refused = [one.error for one in every if one.error is not None]
    output.table(("行", "列", "说明"), [(e.line, e.column, e.message) for e in refused[:_SHOWN]])
    if len(refused) > _SHOWN:
        output.say(f"只列出前 {_SHOWN} 行；全部见 --report。")
    return len(refused)


def changed(fate: Fate) -> str:
    """Return what would change, as old and new by column."""
    return "；".join(f"{name} {_plain(old)} → {_plain(new)}" for name, (old, new) in fate.changes.items())


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value)) or "（无）"
    return "（无）" if value is None else str(value)


def _why(error: RowError | None) -> tuple[str, str, str]:
    return (error.column or "", error.code, error.message) if error else ("", "", "")


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    # Loading the pages takes a while, and most commands write no report.
    from archive_service.web.export import text_of

    try:
        path.write_text(text_of(head, rows), encoding="utf-8-sig", newline="")
    except OSError as e:
        raise Invalid("cases.report", "报告文件写不进去。请检查 --report 的位置后再试。") from e
