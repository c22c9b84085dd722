"""The board of indicators: how the cases of a unit, category, business type or month are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from archive_service.households.queries import figures
from archive_service.households.queries.figures import Dimension, FigureFilters, Total
from archive_service.inspection.indicators import INDICATORS, Indicator, Value
from archive_service.people.viewer import Viewer


@dataclass(frozen=True)
class BoardRow:
    """The indicators of one unit, category, business type or month."""

    key: str
    name: str
    cases: int
    values: tuple[Value, ...]

    def value(self, code: str) -> Value:
        """Return the indicator with this code."""
        return next(one for one in self.values if one.indicator.code == code)


@dataclass(frozen=True)
class Board:
    """All indicators by one dimension, and of everything together."""

    by: Dimension
    indicators: tuple[Indicator, ...]
    rows: Sequence[BoardRow]
    whole: BoardRow

    def as_json(self) -> dict[str, Any]:
        """Return the board as programs rely on it."""
        return {
            "by": self.by,
            "indicators": [
                {"code": one.code, "name": one.name, "definition": one.definition} for one in self.indicators
            ],
            "rows": [_as_json(row) for row in self.rows],
            "whole": _as_json(self.whole),
        }


def board(
    session: Session, viewer: Viewer, *, by: Dimension, filters: FigureFilters | None = None, today: date
) -> Board:
    """Return every indicator of the viewer's cases by one dimension."""
    found = figures.totals(session, viewer, by=by, filters=filters, today=today)
    return board_of(found, by=by)


def board_of(found: Sequence[Total], *, by: Dimension) -> Board:
    """Return the board of sums that were read already."""
    whole = Total("", "合计", figures.added(found))
    return Board(by, INDICATORS, [_row(one) for one in found], _row(whole))


def _row(total: Total) -> BoardRow:
    values = tuple(indicator.value(total.sums) for indicator in INDICATORS)
    return BoardRow(total.key, total.name, total.sums["cases"], values)


def _as_json(row: BoardRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "name": row.name,
        "cases": row.cases,
        "values": {
            one.indicator.code: {"part": one.part, "whole": one.whole, "value": one.number, "unit": one.indicator.unit}
            for one in row.values
        },
    }
