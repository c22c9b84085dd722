"""What an edition would change, or has changed: checks of all cases that it concerns, with progress and findings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.editions import actions, queries
from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID, Id, Visit

router = api_router("catalogue")


class CheckOut(Told):
    """A check: a preview, or the recheck after release; `percent` of the cases were gone through, `effects` counts."""

    check: str = Field(validation_alias="id")
    draft: str = Field(validation_alias="draft_id")
    purpose: str
    revision: int
    state: str
    made_at: datetime
    finished_at: datetime | None
    percent: int
    done: int
    effects: dict[str, int]


class CheckList(BaseModel):
    """The checks of an edition, newest first."""

    checks: list[CheckOut]


class AffectedOut(Told):
    """A case that an edition changes, with the papers that are asked for in addition and no longer."""

    account_no: str
    account_name: str
    application_no: str
    customer_category: str
    business_type: str
    unit_name: str
    effect: str
    filed: bool
    added: list[str]
    gone: list[str]


class CheckDetail(BaseModel):
    """A check with a page of the cases that it found; `next` goes into `after`."""

    check: CheckOut
    cases: list[AffectedOut]
    next: int | None


@router.get("/catalogue/drafts/{draft_id}/checks")
def list_checks(visit: Caller, draft_id: Id) -> CheckList:
    """List the checks of an edition."""
    with visit.services.database.reading() as session:
        queries.draft(session, visit.viewer, draft_id)
        found = queries.checks(session, draft_id)
    return CheckList(checks=[CheckOut.model_validate(one) for one in found])


@router.post("/catalogue/drafts/{draft_id}/preview", status_code=202)
def preview(visit: Caller, draft_id: Id, response: Response) -> CheckOut:
    """Have all cases that a draft concerns judged by it, changing none; one that is under way is returned."""
    with visit.services.database.unit_of_work() as session:
        begun = actions.preview_draft(session, draft_id=draft_id, by=visit.viewer, now=visit.now).id
        told = _check(session, visit, begun)
    response.headers["Location"] = f"/api/v1/catalogue/checks/{told.check}"
    return told


@router.get("/catalogue/checks/{check_id}")
def get_check(
    visit: Caller,
    check_id: Id,
    effect: Annotated[str, Query(pattern=r"^[a-z_-]{0,30}$")] = "",
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CheckDetail:
    """Return how far a check is, and the cases that it found."""
    with visit.services.database.reading() as session:
        told = _check(session, visit, check_id)
        rows = queries.findings(session, visit.viewer, check_id, effect=effect, after=after, limit=limit + 1)
    following = rows[limit - 1].id if len(rows) > limit else None
    return CheckDetail(check=told, cases=[AffectedOut.model_validate(one) for one in rows[:limit]], next=following)


def _check(session: Any, visit: Visit, check_id: int) -> CheckOut:
    return CheckOut.model_validate(queries.check(session, visit.viewer, check_id)[0])
