"""Taking links between accounts whose households are locked: decided in memory, written at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from archive_service.audit.record import Deed, record_all
from archive_service.households.heads.rules import check_link
from archive_service.households.heads.tables import AccountLink
from archive_service.households.tables import HouseholdFile
from archive_service.households.values import LinkData
from archive_service.people.viewer import Viewer


class Links:
    """Links of the accounts of a push."""

    def __init__(self, session: Session, by: Viewer, now: datetime, today: date) -> None:
        self.session, self.by, self.now, self.today = session, by, now, today
        self._known: dict[tuple[str, str, str], date] = {}
        self._fresh: list[LinkData] = []

    def open(self, links: Sequence[LinkData]) -> None:
        """Read the links that there are between the accounts of these."""
        numbers = {number for one in links for number in (one.from_account_no, one.to_account_no)}
        if not numbers:
            return
        giver, taker = aliased(HouseholdFile), aliased(HouseholdFile)
        rows = (
            select(AccountLink.kind, giver.account_no, taker.account_no, AccountLink.happened_on)
            .join(giver, giver.id == AccountLink.from_household_id)
            .join(taker, taker.id == AccountLink.to_household_id)
            .where(or_(giver.account_no.in_(numbers), taker.account_no.in_(numbers)))
        )
        self._known = {(kind, first, second): day for kind, first, second, day in self.session.execute(rows)}

    def take(self, link: LinkData, giver: HouseholdFile, taker: HouseholdFile) -> bool:
        """Take a link between two households; false when it is there already. Raises what `check_link` raises."""
        ends = link.kind, link.from_account_no, link.to_account_no
        if not check_link(*ends, link.happened_on, today=self.today, known=self._known):
            return False
        self._known[ends] = link.happened_on
        self._fresh.append(link)
        giver.revision += 1
        taker.revision += 1
        return True

    def write(self, household: Callable[[str], HouseholdFile | None]) -> None:
        """Write what is new, and note it at both accounts."""
        deeds: list[Deed] = []
        for link in self._fresh:
            giver, taker = household(link.from_account_no), household(link.to_account_no)
            assert giver is not None
            assert taker is not None
            self.session.add(
                AccountLink(
                    from_household_id=giver.id,
                    to_household_id=taker.id,
                    kind=link.kind,
                    happened_on=link.happened_on,
                    recorded_at=self.now,
                    recorded_by=self.by.person_id,
                )
            )
            facts = {
                "kind": link.kind,
                "from_account_no": link.from_account_no,
                "to_account_no": link.to_account_no,
                "happened_on": link.happened_on.isoformat(),
            }
            for one in (giver, taker):
                deeds.append(Deed("household.linked", "household", one.id, one.unit_id, facts))
        record_all(self.session, deeds, by=self.by.actor, now=self.now)
        self.session.flush()
