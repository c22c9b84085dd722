"""Results go to standard output, as JSON for programs or as text for people; everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

#: For people: progress, advice, errors.
stderr = Console(stderr=True)


def emit(value: Any) -> None:
    """Print one JSON object on one line, Chinese as it is."""
    # A file name may hold bytes that are no text; JSON has a way to write those down, UTF-8 has none.
    line = json.dumps(value, ensure_ascii=False, default=plain).encode("utf-8", "backslashreplace").decode("utf-8")
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def advise(text: str) -> None:
    """Print a sentence for a person on standard error, in one line whatever the width of the screen."""
    stderr.print(_printable(text).replace(r"\[", "["), markup=False, highlight=False, soft_wrap=True)


def plain(value: Any) -> Any:
    """Return `value` in a form that JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, frozenset | set | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be printed as JSON")


def say(text: str) -> None:
    """Print a line of results for a person."""
    sys.stdout.write(text + "\n")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table of results for a person; control characters in values are shown, not obeyed."""
    shown = Table(*head, box=None, pad_edge=False)
    for row in rows:
        shown.add_row(*(_printable(cell) for cell in row))
    # Into a file or a pipe a table is as wide as it needs to be; cells are only cut to fit a person's screen.
    console = Console() if sys.stdout.isatty() else Console(width=240)
    console.print(shown)


def _printable(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return "".join(c if c.isprintable() else "·" for c in text).replace("[", r"\[")


def progress() -> Progress:
    """Return a progress bar on standard error."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=stderr,
        transient=False,
    )
