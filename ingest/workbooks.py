"""What an import asks of an Excel workbook. It is opened in the sandbox, never in this process."""

from __future__ import annotations

import tempfile
from pathlib import Path

from archive_service.errors import Invalid
from ingest.errors import FileRefused
from ingest.formats.limits import Limits
from ingest.sandbox import Allowance, shared

_MIB = 1024 * 1024
_NAME = "rows.csv"
#: Two hundred thousand rows of twelve cells take half a minute.
_SECONDS, _MEMORY, _CSV_BYTES = 240.0, 1024 * _MIB, 256 * _MIB


def as_csv(path: Path, *, limits: Limits, most_rows: int) -> bytes:
    """Return the first sheet of a workbook as CSV in UTF-8. Raises Invalid, and Unavailable for trouble on our side."""
    allow = Allowance(
        memory_bytes=_MEMORY, wall_s=_SECONDS, cpu_s=int(_SECONDS), file_bytes=_CSV_BYTES, work_bytes=_CSV_BYTES
    )
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = shared().run(
                "tabulate", path, into=Path(folder), allow=allow, limits=limits.as_json(), most_rows=most_rows
            )
            made = (Path(folder) / _NAME).read_bytes()
        except (FileRefused, FileNotFoundError):
            raise Invalid(
                "cases.workbook",
                "打不开这个 Excel 工作簿，没有导入任何行。请在 Excel 中另存为“CSV UTF-8”后再试。",
            ) from None
    if not isinstance(found, dict) or found.get("more"):
        raise Invalid("cases.too-many-rows", f"文件超过 {most_rows} 行，没有导入任何行。请拆成几个文件后再试。")
    return made
