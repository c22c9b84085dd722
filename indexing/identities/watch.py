"""What the audit administrator is shown: the rules over the readings of some days, with everybody's own accounts."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy.orm import Session

from archive_service import zone
from archive_service.audit import flags as rules
from archive_service.audit import queries as audit
from archive_service.audit.flags import Flag, Limits
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from indexing.identities import queries


def flags(session: Session, viewer: Viewer, settings: Settings, *, since: datetime, until: datetime) -> list[Flag]:
    """Return the flags of the readings from `since` to `until`, the latest first. Raises NotPermitted."""
    viewer.require(Right.READING_WATCH)
    readings = audit.readings(session, units=viewer.units(Right.READING_WATCH), since=since, until=until)
    people, accounts = {one.person_id for one in readings}, {one.account_no for one in readings}
    own = queries.own_accounts(session, people, accounts)
    return rules.find(readings, own=own, limits=limits(settings), local=zone.local)


def limits(settings: Settings) -> Limits:
    """Return from when on reading is flagged, as configured."""
    begins, _, ends = settings.reading_day.partition("-")
    return Limits(settings.reading_households_hour, (time.fromisoformat(begins), time.fromisoformat(ends)))
