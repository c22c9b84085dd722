"""Note who reads which file, without a look into the database for every page of it."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from archive_service.households import actions
from archive_service.households.views import HouseholdView, ItemView
from archive_service.web.visit import Visit

#: Readings remembered by a process; one that is forgotten is looked up once more.
_REMEMBERED = 20_000


class Readings:
    """What this process has put on record already, by person, hour and household."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._noted: OrderedDict[tuple[int, str, int], None] = OrderedDict()

    def knows(self, key: tuple[int, str, int]) -> bool:
        """Say whether a reading was noted."""
        with self._lock:
            return key in self._noted

    def keep(self, key: tuple[int, str, int]) -> None:
        """Remember that a reading was noted."""
        with self._lock:
            self._noted[key] = None
            while len(self._noted) > _REMEMBERED:
                self._noted.popitem(last=False)


def note(visit: Visit, file: HouseholdView | ItemView) -> None:
    """Put on record that this person reads the file of a household, once an hour."""
    readings: Readings = visit.request.app.state.readings
    household, now = file.id if isinstance(file, HouseholdView) else file.household_id, visit.now
    key = (visit.viewer.person_id or 0, now.strftime("%Y%m%d%H"), household)
    if readings.knows(key):
        return
    with visit.services.database.unit_of_work() as session:
        actions.note_reading(
            session,
            visit.viewer,
            household_id=household,
            unit_id=file.unit_id,
            account_no=file.account_no,
            now=now,
        )
    readings.keep(key)
