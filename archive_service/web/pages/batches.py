"""A batch on its page: filed through the four-property check, and handed in again after it was sent back."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import Invalid, Refused
from archive_service.web import property_desk
from archive_service.web.forms import SentForm
from archive_service.web.pages import intake
from archive_service.web.visit import Id, SignedIn
from ingest.filing import actions, work
from ingest.filing.rules import LONGEST_MENDED

router = APIRouter()


@router.post("/intake/batches/{batch_id}/file")
def file_batch(visit: SignedIn, form: SentForm, batch_id: Id) -> Response:
    """File a batch through the check; one that fails is sent back, and the page says why."""
    try:
        work.file_batch(property_desk.desk(visit.services), visit.viewer, batch_id)
    except Refused as error:
        return intake.show(visit, batch_id, error)
    return RedirectResponse(f"/intake?batch={batch_id}&done=batch-filed", status_code=303)


@router.post("/intake/batches/{batch_id}/again")
def hand_in_again(visit: SignedIn, form: SentForm, batch_id: Id) -> Response:
    """Open a batch that was sent back for the files that mend it."""
    mended, replaced = form.text("mended", limit=LONGEST_MENDED), form.ids("replaced")
    try:
        with visit.services.database.unit_of_work() as session:
            actions.hand_in_again(session, visit.viewer, batch_id, mended=mended, replaced=replaced, now=visit.now)
    except (Invalid, Refused) as error:
        return intake.show(visit, batch_id, error)
    return RedirectResponse(f"/intake?batch={batch_id}&done=batch-again", status_code=303)
