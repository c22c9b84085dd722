"""Whose scans somebody may see: those of the units in which they review, and those of batches that they handed in.

A digitisation contractor (数字化加工人员) has only the second: what others handed in does not exist for them.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from ingest.tables import Batch, Scan


def of_scans(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that the viewer may see a scan."""
    units = viewer.units(Right.SCAN_REVIEW)
    reviewed = Scan.unit_id.in_(units)
    # Where all scans are seen anyway, asking for one's own as well would only keep the indexes from being used.
    own = viewer.units(Right.BATCH_OWN) - units
    if not own or viewer.person_id is None:
        return reviewed
    handed_in = select(Batch.id).where(Batch.received_by == viewer.person_id)
    return or_(reviewed, and_(Scan.unit_id.in_(own), Scan.batch_id.in_(handed_in)))


def of_batches(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that the viewer may see a batch and hand files in to it."""
    units = viewer.units(Right.SCAN_RECEIVE)
    received = Batch.unit_id.in_(units)
    own = viewer.units(Right.BATCH_OWN) - units
    if not own or viewer.person_id is None:
        return received
    return or_(received, and_(Batch.unit_id.in_(own), Batch.received_by == viewer.person_id))


def sees(session: Session, viewer: Viewer, scan: Scan) -> bool:
    """Say whether the viewer may see a scan."""
    if viewer.may(Right.SCAN_REVIEW, scan.unit_id):
        return True
    if not viewer.may(Right.BATCH_OWN, scan.unit_id):
        return False
    batch = session.get(Batch, scan.batch_id)
    return batch is not None and _own(viewer, batch)


def sees_batch(viewer: Viewer, batch: Batch) -> bool:
    """Say whether the viewer may see a batch and hand files in to it."""
    return viewer.may(Right.SCAN_RECEIVE, batch.unit_id) or _own(viewer, batch)


def sees_quality(viewer: Viewer, batch: Batch) -> bool:
    """Say whether the viewer may see what was found on the pages of a batch."""
    return viewer.may(Right.SCAN_REVIEW, batch.unit_id) or _own(viewer, batch)


def _own(viewer: Viewer, batch: Batch) -> bool:
    return (
        viewer.person_id is not None
        and batch.received_by == viewer.person_id
        and viewer.may(Right.BATCH_OWN, batch.unit_id)
    )


def handing_in(viewer: Viewer) -> frozenset[int]:
    """Return the units in which the viewer may hand files in."""
    return viewer.units(Right.SCAN_RECEIVE) | viewer.units(Right.BATCH_OWN)


def check_may_hand_in(viewer: Viewer, unit_id: int | None = None) -> None:
    """Raise NotPermitted unless the viewer may hand files in in the unit, or anywhere when no unit is given."""
    units = handing_in(viewer)
    if not units or unit_id not in (None, *units):
        viewer.require(Right.SCAN_RECEIVE, unit_id)


def check_may_follow(viewer: Viewer) -> None:
    """Raise NotPermitted for somebody who sees no scans at all."""
    if not (viewer.may(Right.SCAN_REVIEW) or viewer.may(Right.BATCH_OWN)):
        viewer.require(Right.SCAN_REVIEW)
