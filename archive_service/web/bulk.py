"""Acts on ticked rows of a list: every row is looked at by itself, and what became of each is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.web.forms import Form
from archive_service.web.pages.people import inside

if TYPE_CHECKING:
    from archive_service.web.visit import Visit

#: Rows ticked at once; a page of a list has fewer.
MOST = 200


@dataclass(frozen=True)
class Outcome:
    """What became of the ticked rows: those that were done, and the others with the reason."""

    done: Sequence[int]
    refused: Sequence[tuple[int, ArchiveError]]


def chosen(form: Form) -> list[int]:
    """Return the ids of the ticked rows, each once. Raises Invalid when nothing is ticked, or too much."""
    ids = form.ids("chosen")
    if not ids:
        raise Invalid("list.nothing-chosen", "没有勾选任何一行，没有执行。请先勾选要办理的行。")
    if len(ids) > MOST:
        raise Invalid("list.too-many-chosen", f"一次最多办理 {MOST} 行，没有执行。请分几次勾选。", most=MOST)
    return ids


def each(visit: Visit, ids: Sequence[int], act: Callable[[Any, int], object]) -> Outcome:
    """Do `act` to each of `ids` in a transaction of its own; a row that cannot be done keeps none back.

    Raises NotFound when none of them is known to the person.
    """
    done: list[int] = []
    refused: list[tuple[int, ArchiveError]] = []
    for number in ids:
        try:
            with visit.services.database.unit_of_work() as session:
                act(session, number)
            done.append(number)
        except (NotFound, Refused, Invalid) as error:
            refused.append((number, error))
    if not done and all(isinstance(error, NotFound) for _, error in refused):
        raise refused[0][1]
    return Outcome(done, refused)


def told(visit: Visit, form: Form, outcome: Outcome, usual: str, address: str) -> Response:
    """Return to the list when all is done; otherwise say how many are, and which are not and why.

    `address` leads to one row, with `%d` for its id.
    """
    back = inside(form.text("next") or usual)
    if not outcome.refused:
        count = f"done=chosen&count={len(outcome.done)}"
        return RedirectResponse(f"{back}{'&' if '?' in back else '?'}{count}", status_code=303)
    rows = [(number, address % number, visit.told(error)) for number, error in outcome.refused]
    return visit.page("bulk/outcome.html", done=len(outcome.done), refused=rows, back=back)
