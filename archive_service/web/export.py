"""Lists taken away as CSV: opened by spreadsheets as text, never as formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fastapi.responses import Response

from archive_service.audit.record import record
from archive_service.errors import Refused
from archive_service.households.actions import accounts_in
from archive_service.web.pictures import attachment

if TYPE_CHECKING:
    from archive_service.web.visit import Visit

#: More rows are a copy of the archive and not a list that somebody works with.
MOST = 20_000
#: What a spreadsheet takes for the beginning of a formula, in both widths, and what it drops before looking.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe(value: object) -> str:
    """Return `value` as a cell that no spreadsheet works out; none is empty.

    A quote before it makes it text: that is what the makers of spreadsheets tell people to type.
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" \u3000").startswith(_BEGINS_FORMULA) else text


def text_of(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a list as CSV: every cell quoted, lines as RFC 4180 ends them."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([safe(cell) for cell in head])
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return written.getvalue()


def handed_over(
    visit: Visit,
    name: str,
    head: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    what: str,
    facts: Mapping[str, Any],
) -> Response:
    """Answer with a list as a file, on record; `what` names the list for the trail and `facts` how it was narrowed."""
    # The mark at the beginning tells spreadsheets here that this is UTF-8.
    text = "\ufeff" + text_of(head, rows)
    with visit.services.database.unit_of_work() as session:
        shown = accounts_in(session, text)
        record(
            session,
            by=visit.viewer.actor,
            did="list.exported",
            object_kind="list",
            object_id=what,
            unit_id=visit.viewer.unit_id,
            facts={"rows": len(rows), **facts} | ({"accounts": shown} if shown else {}),
            now=visit.now,
        )
    return Response(
        text.encode(), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": attachment(f"{name}.csv")}
    )


def too_many() -> Refused:
    """Return the refusal of a list that is too long to be taken away."""
    return Refused("list.too-long", f"这个清单超过 {MOST} 行，没有导出。请先用筛选缩小范围。", most=MOST)
