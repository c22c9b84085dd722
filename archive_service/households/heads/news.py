"""Taking news of the heads of households that are locked: decided in memory, written at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from archive_service.households.heads import rules
from archive_service.households.heads.rules import CASE, OF_HOUSEHOLD, History
from archive_service.households.heads.tables import HeadValue
from archive_service.households.tables import HouseholdFile

_VALUES = cast(Table, HeadValue.__table__)
Key = tuple[str, str]


@dataclass
class News:
    """Histories of the heads of households, by account number and name of the value."""

    _known: dict[Key, History] = field(default_factory=dict)
    _read: dict[Key, History] = field(default_factory=dict)

    def open(self, session: Session, households: Iterable[HouseholdFile]) -> None:
        """Read what is kept of these households."""
        accounts = {one.id: one.account_no for one in households}
        rows = select(HeadValue).where(HeadValue.household_id.in_(accounts)).order_by(HeadValue.as_of)
        found: dict[Key, list[rules.Held]] = {}
        for row in session.execute(rows.with_only_columns(*_VALUES.columns)):
            held = rules.Held(row.value, row.as_of, row.heard_until, row.source, row.id)
            found.setdefault((accounts[row.household_id], row.name), []).append(held)
        self._known = {key: tuple(some) for key, some in found.items()}
        self._read = dict(self._known)

    def hear(self, household: HouseholdFile, said: Mapping[str, str], as_of: datetime) -> tuple[dict[str, Any], bool]:
        """Put values in their places; return what holds now instead of what held, and whether any history changed.

        Raises Refused for a value that contradicts another of the same moment; then nothing was put anywhere.
        """
        account, after = household.account_no, {}
        for name, value in said.items():
            history = self._begun(household, name, value, as_of)
            after[name] = rules.placed(history, value, as_of)
        changes: dict[str, Any] = {}
        told = False
        for name, history in after.items():
            was, known = self._current(household, name), self._known.get((account, name), ())
            told |= [one.value for one in history] != [one.value for one in known]
            self._known[account, name] = history
            if history[-1].value != was:
                changes[name] = [was, history[-1].value]
                if name in OF_HOUSEHOLD:
                    setattr(household, name, history[-1].value)
        return changes, told

    def hear_from_case(self, household: HouseholdFile, name: str, value: str, as_of: datetime) -> bool:
        """Put what came with a case in its place; false when the business system said otherwise of a later moment."""
        history = self._begun(household, name, value, as_of)
        if history and history[-1].source != CASE and as_of <= history[-1].heard_until:
            return False
        self._known[household.account_no, name] = rules.placed(history, value, rules.after(history, as_of), source=CASE)
        return True

    def write(
        self, session: Session, households: Mapping[str, HouseholdFile], *, by: int | None, now: datetime
    ) -> None:
        """Write what is new."""
        fresh: list[dict[str, Any]] = []
        moved: list[dict[str, Any]] = []
        for (account, name), history in self._known.items():
            before = {one.id: one for one in self._read.get((account, name), ())}
            for one in history:
                if one.id is None:
                    fresh.append(
                        {
                            "household_id": households[account].id,
                            "name": name,
                            "value": one.value,
                            "as_of": one.as_of,
                            "heard_until": one.heard_until,
                            "source": one.source,
                            "recorded_at": now,
                            "recorded_by": by,
                        }
                    )
                elif before[one.id] != one:
                    moved.append({"row_id": one.id, "new_as_of": one.as_of, "new_until": one.heard_until})
        if moved:
            moment = _VALUES.c.as_of.type
            columns = {
                "as_of": bindparam("new_as_of", type_=moment),
                "heard_until": bindparam("new_until", type_=moment),
            }
            session.execute(update(_VALUES).where(_VALUES.c.id == bindparam("row_id")).values(columns), moved)
        if fresh:
            session.execute(insert(_VALUES), fresh)

    def _begun(self, household: HouseholdFile, name: str, value: str, as_of: datetime) -> History:
        """Return the history of a value; what a household was called before anybody kept histories begins it."""
        known = self._known.get((household.account_no, name), ())
        was = self._current(household, name)
        if known or was is None or was in ("", value) or household.revision == 0:
            return known
        since = min(household.created_at, rules.just_before(as_of))
        return (rules.Held(was, since, since, CASE),)

    def _current(self, household: HouseholdFile, name: str) -> str | None:
        if name in OF_HOUSEHOLD:
            return cast(str, getattr(household, name))
        known = self._known.get((household.account_no, name), ())
        return known[-1].value if known else None
