"""Handing a judged list on for approval: its appraisal report is drawn and stored first, then the list says so."""

from __future__ import annotations

from datetime import datetime

from archive_service.db.session import Database
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.storage.store import ObjectStore
from retention import certificate, review
from retention import disposal_queries as queries


def propose(database: Database, store: ObjectStore, viewer: Viewer, list_id: int, *, now: datetime) -> None:
    """Draw the report of a list, put it into the store, and hand the list on.

    What is stored and named by nothing is cleared away like every such object. Raises as `review.propose` does.
    """
    with database.reading() as session:
        row = queries.row(session, viewer, list_id)
        viewer.require(Right.DISPOSAL_PROPOSE, row.unit_id)
        drawn = certificate.report(session, row, now=now)
    stored = store.put_bytes(drawn)
    with database.unit_of_work() as session:
        review.propose(session, viewer, list_id, stored, now=now)
