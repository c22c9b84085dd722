"""Packages that come in over the page or the interface: put into the store, on record, and given to the job."""

from __future__ import annotations

from starlette.datastructures import UploadFile

from archive_service.exchange.hand_ins import actions, queries
from archive_service.exchange.hand_ins.queries import HandInView
from archive_service.jobs.nudge import nudge
from archive_service.web.visit import Visit
from ingest.arriving import arrive


def hand_in(visit: Visit, file: UploadFile, *, unit_id: int | None, as_named: bool, channel: str) -> int:
    """Take a package in hand and return its number; what is empty or too large is on record as refused.

    Raises NotPermitted, QuotaReached, and Unavailable when the store or database cannot take it.
    """
    services = visit.services
    hand_in_id = arrive(
        services.settings,
        services.database,
        services.store,
        visit.viewer,
        file.file,
        name=file.filename or "",
        channel=channel,
        unit_id=unit_id or own_unit(visit),
        as_named=as_named,
        now=visit.now,
    )
    nudge(services.settings, ("upkeep",))
    return hand_in_id


def accept(visit: Visit, hand_in_id: int) -> None:
    """Have a package that was checked taken in."""
    with visit.services.database.unit_of_work() as session:
        actions.accept(session, visit.viewer, hand_in_id, now=visit.now)
    nudge(visit.services.settings, ("upkeep",))


def decline(visit: Visit, hand_in_id: int, reason: str) -> None:
    """Send a package that was checked back."""
    with visit.services.database.unit_of_work() as session:
        actions.decline(session, visit.viewer, hand_in_id, reason=reason, now=visit.now)


def one(visit: Visit, hand_in_id: int) -> HandInView:
    """Return a package that was handed in, as it is shown."""
    with visit.services.database.reading() as session:
        return queries.hand_in(session, visit.viewer, hand_in_id)


def units(visit: Visit) -> frozenset[int]:
    """Return the units for which the person may take packages in."""
    return frozenset.intersection(*(visit.viewer.units(right) for right in actions.RIGHTS))


def own_unit(visit: Visit) -> int:
    """Return the person's own unit, or the first for which they may take packages in."""
    may = units(visit)
    return visit.viewer.unit_id if visit.viewer.unit_id in may else min(may, default=visit.viewer.unit_id)
