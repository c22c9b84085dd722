"""What a person chooses for a list: which columns it shows."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import NotFound
from archive_service.notebook import actions
from archive_service.notebook.rules import Kind
from archive_service.web.forms import SentForm
from archive_service.web.pages import cases, household_items, scans
from archive_service.web.pages.people import inside
from archive_service.web.visit import SignedIn

router = APIRouter()

#: Every list whose columns can be chosen, by its name.
TABLES = {table.name: table for table in (cases.TABLE, scans.TABLE, household_items.TABLE)}


@router.post("/lists/{list_name}/columns")
def choose_columns(visit: SignedIn, form: SentForm, list_name: str) -> Response:
    """Keep the columns of a list; without any, the list shows the usual ones again."""
    table = TABLES.get(list_name)
    if table is None:
        raise NotFound("list.not-found", "没有这个清单。请从菜单重新进入。")
    chosen = [column.key for column in table.columns if column.fixed or form.flag(f"column-{column.key}")]
    with visit.services.database.unit_of_work() as session:
        if form.flag("usual"):
            actions.forget(session, visit.viewer, Kind.COLUMNS, list_name)
        else:
            actions.remember(session, visit.viewer, Kind.COLUMNS, list_name, ",".join(chosen), now=visit.now)
    return RedirectResponse(inside(form.text("next")), status_code=303)
