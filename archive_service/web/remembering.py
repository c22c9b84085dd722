"""Remember for a person what they opened and looked for, after the answer has left."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi.responses import Response
from starlette.background import BackgroundTask

from archive_service import masking
from archive_service.db.session import Database
from archive_service.notebook import actions, queries
from archive_service.notebook.rules import LONGEST_CONTENT, LONGEST_NAME, Kind
from archive_service.people.viewer import Viewer
from archive_service.web.visit import Visit

#: What was remembered so lately is not written again: most pages are opened several times in a row.
_AGAIN_AFTER = timedelta(minutes=5)


def after(response: Response, visit: Visit, kind: Kind, name: str, content: str = "") -> Response:
    """Return `response`, behind which `name` is remembered; it does not wait for that.

    What holds a personal number is not remembered: it would lie here longer than the person needs it.
    """
    short = 1 <= len(name) <= LONGEST_NAME and len(content) <= LONGEST_CONTENT
    if short and visit.viewer.person_id is not None and not (kind == Kind.SEARCH and masking.is_personal(name)):
        response.background = BackgroundTask(
            _remember, visit.services.database, visit.viewer, kind, name, content, visit.now
        )
    return response


def _remember(database: Database, viewer: Viewer, kind: Kind, name: str, content: str, now: datetime) -> None:
    with database.reading() as session:
        used = queries.used_at(session, viewer, kind, name)
    if used is not None and used > now - _AGAIN_AFTER:
        return
    with database.unit_of_work() as session:
        actions.remember(session, viewer, kind, name, content, now=now)
