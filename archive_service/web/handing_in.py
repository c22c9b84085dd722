"""Packages that come in over the page or the interface: put into the store, on record, and given to the job."""

from __future__ import annotations

from starlette.datastructures import UploadFile

from archive_service.exchange.findings import Finding, as_facts
from archive_service.exchange.hand_ins import actions, queries
from archive_service.exchange.hand_ins.queries import HandInView
from archive_service.jobs.nudge import nudge
from archive_service.web.visit import Visit
from ingest import quota
from ingest.errors import FileRefused
from ingest.names import display_name
from ingest.receive import limited


def hand_in(visit: Visit, file: UploadFile, *, unit_id: int | None, as_named: bool, channel: str) -> int:
    """Take a package in hand and return its number; what is empty or too large is on record as refused.

    Raises NotPermitted, QuotaReached, and Unavailable when the store or database cannot take it.
    """
    services, refusal, stored = visit.services, None, None
    unit_id = unit_id or own_unit(visit)
    actions.check_may_take(visit.viewer, unit_id)
    with services.database.reading() as session:
        quota.check(session, visit.viewer, limit_bytes=services.settings.upload_bytes_a_day, now=visit.now)
    try:
        stored = services.store.put(limited(file.file, services.settings.max_upload_bytes))
    except FileRefused as e:
        refusal = e
    with services.database.unit_of_work() as session:
        made = actions.hand_in(
            session,
            visit.viewer,
            stored,
            name=display_name(file.filename or ""),
            channel=channel,
            unit_id=unit_id,
            as_named=as_named,
            now=visit.now,
        )
        if refusal is not None:
            findings = as_facts([Finding(refusal.code, "", refusal.message)])
            actions.note_refused(session, visit.viewer, made, findings, now=visit.now)
        hand_in_id = made.id
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
