"""Builders of units, people, households, cases and items, with defaults; a test writes only what it is about."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from archive_service.audit.record import SYSTEM, Actor
from archive_service.catalogue.load import current, edition_for
from archive_service.households import actions
from archive_service.households.tables import CaseFile, HouseholdFile, Item
from archive_service.households.values import CaseData, FieldValue, NewItem, NewPage
from archive_service.lifecycle import actions as lifecycle
from archive_service.people import actions as people
from archive_service.people import queries
from archive_service.people.roles import Role
from archive_service.people.tables import Person, Unit
from archive_service.people.viewer import Viewer

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
#: As weak as argon2 allows: tests sign in often.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse 电表 staple"
ACCOUNTS = r"\d{10}|\d{13}"
APPLICATIONS = r"[0-9A-Z][0-9A-Z-]{5,23}"

_numbers = itertools.count(1)


def unit(session: Session, code: str = "ROOT", *, below: Unit | None = None, name: str | None = None) -> Unit:
    """Return the unit with the code, made if it is not there."""
    there = queries.unit_by_code(session, code)
    if there is not None:
        return there
    return people.add_unit(
        session,
        code=code,
        name=name or f"{code}供电所",
        parent_id=below.id if below else None,
        by=queries.system_viewer(session),
        now=NOW,
    )


def person(
    session: Session,
    login: str = "zhang.san",
    *,
    roles: Iterable[Role] = (Role.ARCHIVIST,),
    at: Unit | None = None,
    password: str = PASSWORD,
    must_change: bool = False,
) -> Person:
    """Make a person with roles in a unit."""
    at = at or unit(session)
    made = people.add_person(
        session,
        login=login,
        name="张三",
        unit_id=at.id,
        password=password,
        by=queries.system_viewer(session),
        now=NOW,
        must_change=must_change,
        hasher=CHEAP,
    )
    for role in roles:
        people.grant_role(
            session, person_id=made.id, role=role, unit_id=at.id, by=queries.system_viewer(session), now=NOW
        )
    return made


def viewer(session: Session, *roles: Role, at: Unit | None = None, login: str | None = None) -> Viewer:
    """Make a person with the roles (archivist if none) and return them as viewer."""
    made = person(session, login or f"person{next(_numbers)}", roles=roles or (Role.ARCHIVIST,), at=at)
    found = queries.viewer_for(session, made.id)
    assert found is not None
    return found


def system(session: Session) -> Viewer:
    """Return the viewer of the command line."""
    return queries.system_viewer(session)


def case(
    session: Session,
    application_no: str | None = None,
    *,
    account_no: str | None = None,
    account_name: str = "李四",
    service_address: str = "清河路 12 号 3 幢 401 室",
    category: str = "LR",
    business: str = "NEW",
    at: Unit | None = None,
    conditions: Iterable[str] | None = (),
    stages: Mapping[str, date] | None = None,
    capacity_kva: Decimal | None = None,
    voltage: str | None = None,
) -> CaseFile:
    """Register a case, with its household if that is new."""
    serial = next(_numbers)
    made, _ = actions.register_case(
        session,
        CaseData(
            account_no=account_no or f"33{serial:08d}",
            account_name=account_name,
            service_address=service_address,
            customer_category=category,
            business_type=business,
            application_no=application_no or f"2026110{serial:07d}",
            unit_id=(at or unit(session)).id,
            capacity_kva=capacity_kva,
            voltage=voltage,
            conditions=None if conditions is None else frozenset(conditions),
            stages=stages if stages is not None else {"ACCEPT": date(2026, 11, 2)},
        ),
        by=system(session),
        now=NOW,
        today=TODAY,
        filing_due_workdays=3,
    )
    return made


def household(session: Session, account_no: str | None = None, **said: object) -> HouseholdFile:
    """Register a household with one case."""
    made = case(session, account_no=account_no, **said)  # type: ignore[arg-type]
    return session.get_one(HouseholdFile, made.household_id)


def page(number: int = 1, text: str = "用电登记表", digest: str = "a" * 64) -> NewPage:
    """Describe one page of a scan."""
    return NewPage(
        original_digest=digest,
        original_page=number,
        image_digest=f"{number:x}".rjust(64, "b"),
        thumbnail_digest=f"{number:x}".rjust(64, "c"),
        width_px=1654,
        height_px=2339,
        dpi=200,
        rotation=0,
        engine="rapidocr",
        confidence=0.97,
        text=text,
        lines_digest=f"{number:x}".rjust(64, "d"),
    )


def new_item(
    document_type: str = "A02R",
    *,
    fields: Mapping[str, str | FieldValue] | None = None,
    pages: Sequence[NewPage] | None = None,
    scan: tuple[int, int] | None = None,
    title: str | None = None,
) -> NewItem:
    """Describe a document to be filed."""
    known = current(TODAY).document_types.get(document_type)
    return NewItem(
        document_type=document_type,
        title=title or (known.name_zh if known else document_type),
        confidence=0.96,
        reasons=("标题相符",),
        fields={k: v if isinstance(v, FieldValue) else FieldValue(v) for k, v in (fields or {}).items()},
        pages=pages if pages is not None else (page(),),
        scan_id=scan[0] if scan else None,
        scan_document=scan[1] if scan else None,
    )


def item(
    session: Session,
    into: CaseFile,
    document_type: str = "A02R",
    *,
    by: Actor = SYSTEM,
    now: datetime = NOW,
    **said: object,
) -> Item:
    """File a document into a case."""
    return actions.file_item(
        session,
        household_id=into.household_id,
        case_id=into.id,
        new=new_item(document_type, **said),  # type: ignore[arg-type]
        by=by,
        now=now,
        today=TODAY,
    )


def everything_due(session: Session, into: CaseFile, *, but: Iterable[str] = ()) -> list[Item]:
    """File one sound paper for each requirement of a case that still lacks one, except those named."""
    from archive_service.households.queries import case as case_view

    edition = edition_for(into.accepted_on)
    verdicts = case_view(session, system(session), into.application_no).verdicts
    lacking = [one.document_type for one in verdicts if one.due and one.status == "missing"]
    return [
        item(session, into, code)
        for code in lacking
        if code not in set(but)
        for _ in range(max(1, edition.document_types[code].count_min))
    ]


def filed(session: Session, case: CaseFile, *, now: datetime = NOW) -> CaseFile:
    """Hand a complete case over, take it in and file it, all by the program."""
    by = system(session)
    for step in (lifecycle.submit_case, lifecycle.accept_case, lifecycle.file_case):
        step(session, case.application_no, by=by, now=now)
    return case
