"""What the demo's people did before you came: they filed what is whole, asked to borrow, held a file, drew a sample.

Everybody acts under their own name and rights, through the code that pages and commands call. A second run repeats
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.orm import Session

from archive_service import clock
from archive_service.borrowing import actions as borrowing
from archive_service.borrowing import queries as loans
from archive_service.borrowing.actions import Wish
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.errors import Refused
from archive_service.holds import actions as holding
from archive_service.holds import queries as holds
from archive_service.holds.rules import Terms
from archive_service.households import queries as households
from archive_service.households import states
from archive_service.households.queries.figures import FigureFilters
from archive_service.households.views import CaseRow
from archive_service.inspection import actions as inspection
from archive_service.inspection import queries as samples
from archive_service.lifecycle import actions as lifecycle
from archive_service.people import queries as people
from archive_service.people.viewer import Viewer
from archive_service.properties import work
from archive_service.worker.properties import desk

#: Who hands papers over and asks for records, who keeps them, who inspects.
STAFF, ARCHIVIST, AUDITOR = "yewu", "dangan", "jicha"
_REVIEW_IN = timedelta(days=90)


def live(services: Services) -> None:
    """Let the demo's people work on what came in; what a rule refuses is said in its sentence and left."""
    whole = [case for case in _cases(services) if case.complete]
    for case in whole:
        if case.state == states.COLLECTING:
            _file(services, case)
    if whole:
        _ask(services, whole[-1])
        _hold(services, whole[0])
    _draw(services)


def _cases(services: Services) -> list[CaseRow]:
    with services.reading() as (session, viewer):
        return list(households.cases(session, viewer, limit=1000).rows)


@contextmanager
def _writing(services: Services, login: str) -> Iterator[tuple[Session, Viewer]]:
    with services.database.unit_of_work() as session:
        viewer = people.viewer_by_login(session, login, now=clock.now())
        assert viewer is not None, f"the demo has no {login}"
        yield session, viewer


def _file(services: Services, case: CaseRow) -> None:
    """Hand a case over, take it in, and file it through the four-property check."""
    number = case.application_no
    with _writing(services, STAFF) as (session, viewer):
        lifecycle.submit_case(session, number, by=viewer, now=clock.now())
    with _writing(services, ARCHIVIST) as (session, viewer):
        lifecycle.accept_case(session, number, by=viewer, now=clock.now())
    checking = desk(services.settings, services.database, services.store, clock.now)
    try:
        work.file_case(checking, viewer, number)
    except Refused as e:
        output.stderr.print(f"{number}：{e.message}", markup=False, highlight=False, soft_wrap=True)


def _ask(services: Services, case: CaseRow) -> None:
    """Ask to read a file on screen; the archivist finds the request waiting."""
    wish = Wish(account_no=case.account_no, way="screen", days=3)
    with _writing(services, STAFF) as (session, viewer):
        if not loans.own_wishes(session, viewer, limit=1):
            borrowing.ask(
                session, viewer, [wish], purpose="customer-service", words="客户来电核对供电容量", now=clock.now()
            )


def _hold(services: Services, case: CaseRow) -> None:
    terms = Terms("dispute", "客户对计量装置有异议，处理完毕前保全", "客服工单（演示）", clock.today() + _REVIEW_IN)
    with _writing(services, ARCHIVIST) as (session, viewer):
        if not holds.holds(session, viewer, today=clock.today(), limit=1).rows:
            on = holding.On(accounts=[case.account_no])
            holding.place(session, viewer, on, terms, now=clock.now(), today=clock.today())


def _draw(services: Services) -> None:
    with _writing(services, AUDITOR) as (session, viewer):
        if not samples.samples(session, viewer, limit=1):
            top = min(people.units_by_code(session).items(), key=lambda unit: unit[1])[0]
            inspection.draw_sample(
                session,
                viewer,
                name="月度抽查（演示）",
                filters=FigureFilters(centre=top),
                method="random",
                size=3,
                seed="demo",
                now=clock.now(),
            )
