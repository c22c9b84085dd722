"""People and rights: units, accounts and what they may do. Credentials are given to people on pages, never here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel, Field

from archive_service.people import actions, passwords, queries
from archive_service.people.queries import PersonView
from archive_service.people.roles import ADMINISTRATORS, Right, Role, rights_of
from archive_service.web.api.caller import Caller, Day, Words
from archive_service.web.api.route import api_router, changed
from archive_service.web.api.told import Told
from archive_service.web.pages.accounts import check_may_look, term_of
from archive_service.web.pages.why import answer_of
from archive_service.web.visit import LARGEST_ID, Id, Visit

router = api_router("people")

_Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class UnitMade(Told):
    """A unit, and the one that it is below."""

    unit: str = Field(validation_alias="id", examples=["2"])
    code: str = Field(examples=["CG"])
    name: str = Field(examples=["城关供电所"])
    below: str | None = Field(validation_alias="parent_id")


class UnitOut(UnitMade):
    """A unit in the tree, parents before children; `depth` counts from 0."""

    depth: int
    people: int = 0


class UnitList(BaseModel):
    """The units that the caller keeps."""

    units: list[UnitOut]


class NewUnit(BaseModel):
    """A unit to be added below another."""

    code: Words = Field(max_length=60, examples=["CG"])
    name: Words = Field(max_length=200, examples=["城关供电所"])
    below: _Number


class RoleOut(BaseModel):
    """A role and the rights that it carries; nobody holds two roles of administrators."""

    role: str
    administrator: bool
    rights: list[str] = Field(examples=[["record.read"]])


class RoleList(BaseModel):
    """All roles."""

    roles: list[RoleOut]


class GrantOut(Told):
    """A role that a person holds in a unit and below, perhaps for a time and for somebody else."""

    role: Role
    unit: str = Field(validation_alias="unit_id", examples=["2"])
    centre: str = Field(validation_alias="unit_code")
    unit_name: str
    starts_on: date | None
    ends_on: date | None
    deputy_for: str | None


class PersonOut(Told):
    """A person as the administrators see them."""

    person: str = Field(validation_alias="id")
    login: str
    name: str
    unit: str = Field(validation_alias="unit_id", examples=["2"])
    unit_name: str
    active: bool
    must_change_password: bool
    waits_until: datetime | None
    second_factor_since: datetime | None
    grants: list[GrantOut]


class PersonList(BaseModel):
    """A page of people by login; `next` goes into `after`."""

    people: list[PersonOut]
    next: str | None


class NewPerson(BaseModel):
    """An account to be made in a unit."""

    login: Words = Field(max_length=100, examples=["lisi"])
    name: Words = Field(max_length=200, examples=["李四"])
    unit: _Number


class Grant(BaseModel):
    """A role in a unit, from when to when, both days included; a deputy's has an end and names the login."""

    role: Role
    unit: _Number
    starts_on: Day | None = None
    ends_on: Day | None = None
    deputy_for: Words = Field("", max_length=80)


class Revocation(BaseModel):
    """A role in a unit that is taken away."""

    role: Role
    unit: _Number


class Active(BaseModel):
    """Whether an account is in use; closing one needs a reason."""

    active: bool
    reason: Words = Field("", max_length=200)


class WhyStep(BaseModel):
    """A rule, whether it lets the person through, and what it looked at."""

    rule: str = Field(examples=["role"])
    holds: bool
    facts: dict[str, str]


class WhyOut(BaseModel):
    """Whether somebody may see a thing: the rules in the order in which they are applied; the first `no` decides."""

    login: str
    right: str = Field(examples=["record.read"])
    unit_name: str
    allowed: bool
    steps: list[WhyStep]


@router.get("/people")
def list_people(
    visit: Caller,
    q: Annotated[Words, Query(max_length=100)] = "",
    after: Annotated[Words | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PersonList:
    """List the people of the units that the caller keeps, by login."""
    with visit.services.database.reading() as session:
        found = queries.people_list(session, visit.viewer, text=q, after=after or None, limit=limit)
    return PersonList(people=[PersonOut.model_validate(one) for one in found.people], next=found.next)


@router.post("/people", status_code=201)
def add_person(visit: Caller, wanted: NewPerson, response: Response) -> PersonOut:
    """Make an account with no role and a password that nobody knows: the first one is given to the person at a screen.

    Who signs in through a provider needs none.
    """
    with visit.services.database.unit_of_work() as session:
        made = actions.add_person(
            session,
            login=wanted.login,
            name=wanted.name,
            unit_id=wanted.unit,
            password=passwords.one_time(wanted.login),
            by=visit.viewer,
            now=visit.now,
            hasher=visit.services.hasher,
        )
        session.flush()
        told = _person(session, visit, made.id)
    response.headers["Location"] = f"/api/v1/people/{told.person}"
    return told


@router.get("/people/roles")
def list_roles(visit: Caller) -> RoleList:
    """Return what each role may do."""
    check_may_look(visit)
    return RoleList(
        roles=[
            RoleOut(role=role, administrator=role in ADMINISTRATORS, rights=sorted(right for right in rights_of(role)))
            for role in Role
        ]
    )


@router.get("/people/units")
def list_units(visit: Caller) -> UnitList:
    """Return the tree of the units that the caller keeps."""
    check_may_look(visit)
    return _units(visit)


@router.post("/people/units", status_code=201)
def add_unit(visit: Caller, wanted: NewUnit) -> UnitMade:
    """Add a unit below another."""
    with visit.services.database.unit_of_work() as session:
        made = actions.add_unit(
            session, code=wanted.code, name=wanted.name, parent_id=wanted.below, by=visit.viewer, now=visit.now
        )
        return UnitMade.model_validate(made)


@router.get("/people/why")
def explain(
    visit: Caller,
    login: Annotated[Words, Query(min_length=1, max_length=80)],
    object: Annotated[Words, Query(min_length=1, max_length=80)],
    kind: Literal["household", "item", "image"] = "household",
) -> WhyOut:
    """Explain whether a person can see a household (by account number), an item or its picture, rule by rule."""
    visit.viewer.require(Right.ROLES_GRANT)
    answer, right = answer_of(visit, {"login": login.strip(), "kind": kind, "object": object.strip()})
    return WhyOut(
        login=answer.person.login,
        right=right,
        unit_name=answer.unit_name,
        allowed=answer.allowed,
        steps=[WhyStep(rule=one.rule, holds=one.holds, facts=dict(one.facts)) for one in answer.steps],
    )


@router.get("/people/{person_id}")
def get_person(visit: Caller, person_id: Id) -> PersonOut:
    """Return a person with their roles."""
    with visit.services.database.reading() as session:
        return _person(session, visit, person_id)


@router.post("/people/{person_id}/grants")
def grant(visit: Caller, response: Response, person_id: Id, said: Grant) -> PersonOut:
    """Give a person a role in a unit; with If-Match only if they hold what the caller saw."""

    def change(session: Any) -> None:
        actions.grant_role(
            session,
            person_id=person_id,
            role=said.role,
            unit_id=said.unit,
            by=visit.viewer,
            now=visit.now,
            term=term_of(session, visit, said.starts_on, said.ends_on, said.deputy_for.strip()),
        )

    return _changed(visit, response, person_id, change)


@router.post("/people/{person_id}/revoke")
def revoke(visit: Caller, response: Response, person_id: Id, said: Revocation) -> PersonOut:
    """Take a role in a unit from a person."""
    facts = {"role": said.role, "unit_id": said.unit}
    return _changed(
        visit, response, person_id, lambda session: _do(session, visit, actions.revoke_role, person_id, facts)
    )


@router.post("/people/{person_id}/active")
def set_active(visit: Caller, response: Response, person_id: Id, said: Active) -> PersonOut:
    """Close an account for a reason, which ends all its sign-ins and tokens, or open it again."""
    facts: dict[str, Any] = {"active": said.active} | ({} if said.active else {"reason": said.reason})
    return _changed(
        visit, response, person_id, lambda session: _do(session, visit, actions.set_active, person_id, facts)
    )


@router.post("/people/{person_id}/unlock")
def unlock(visit: Caller, response: Response, person_id: Id) -> PersonOut:
    """Let a person try to sign in at once."""
    return _changed(visit, response, person_id, lambda session: _do(session, visit, actions.unlock, person_id, {}))


@router.post("/people/{person_id}/end-sign-ins")
def end_sign_ins(visit: Caller, response: Response, person_id: Id) -> PersonOut:
    """End every sign-in and token of a person."""
    return _changed(
        visit, response, person_id, lambda session: _do(session, visit, actions.end_sign_ins, person_id, {})
    )


def _do(session: Any, visit: Visit, action: Any, person_id: int, facts: dict[str, Any]) -> None:
    action(session, person_id=person_id, by=visit.viewer, now=visit.now, **facts)


def _person(session: Any, visit: Visit, person_id: int) -> PersonOut:
    found: PersonView = queries.person(session, visit.viewer, person_id)
    return PersonOut.model_validate(found)


def _units(visit: Visit) -> UnitList:
    right = Right.PEOPLE_MANAGE if visit.viewer.may(Right.PEOPLE_MANAGE) else Right.ROLES_GRANT
    with visit.services.database.reading() as session:
        units = queries.unit_tree(session, visit.viewer, right)
        in_use = queries.people_by_unit(session)
    return UnitList(
        units=[UnitOut.model_validate(one).model_copy(update={"people": in_use.get(one.id, 0)}) for one in units]
    )


def _changed(visit: Visit, response: Response, person_id: int, change: Any) -> PersonOut:
    return changed(
        visit,
        response,
        lock=lambda session: actions.lock_person(session, person_id),
        read=lambda session: _person(session, visit, person_id),
        change=change,
    )
