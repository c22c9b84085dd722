"""People for those who keep them: accounts by the system administrator, rights by the security administrator."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archive_service.errors import ArchiveError, Invalid, NotFound, Refused
from archive_service.people import actions, passwords, queries
from archive_service.people.actions.grants import Term
from archive_service.people.oidc import links
from archive_service.people.roles import ADMINISTRATORS, Right, Role, rights_of
from archive_service.web import words
from archive_service.web.forms import Form, SentForm
from archive_service.web.i18n import N_
from archive_service.web.questions import QUESTIONS, reason_of
from archive_service.web.visit import Id, SignedIn, Visit

router = APIRouter()

_SHOWN = 50


def check_may_look(visit: Visit) -> None:
    """Raise NotPermitted for somebody who keeps neither accounts nor rights."""
    if not visit.viewer.may(Right.ROLES_GRANT):
        visit.viewer.require(Right.PEOPLE_MANAGE)


@router.get("/people")
def list_people(visit: SignedIn) -> Response:
    """List the people of the units that one keeps, by login."""
    text = visit.request.query_params.get("q", "").strip()[:100]
    after = visit.request.query_params.get("after", "")[:80] or None
    with visit.services.database.reading() as session:
        found = queries.people_list(session, visit.viewer, text=text, after=after, limit=_SHOWN)
    return visit.page("people/list.html", found=found, text=text, after=after, day=visit.today, now=visit.now)


@router.get("/people/roles")
def show_roles(visit: SignedIn) -> Response:
    """Show what each role may do."""
    check_may_look(visit)
    table = {right: [right in rights_of(role) for role in Role] for right in Right}
    return visit.page("people/roles.html", roles=list(Role), table=table, administrators=ADMINISTRATORS)


@router.get("/people/units")
def show_units(visit: SignedIn) -> Response:
    """Show the tree of units, and the form for a new one."""
    return _units(visit)


@router.post("/people/units")
def add_unit(visit: SignedIn, form: SentForm) -> Response:
    """Add a unit below another."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.add_unit(
                session,
                code=form.text("code", limit=60),
                name=form.text("name", limit=200),
                parent_id=form.id("unit") or 0,
                by=visit.viewer,
                now=visit.now,
            )
    except (Refused, Invalid) as error:
        return _units(visit, typed=form, error=error)
    return RedirectResponse("/people/units?done=added", status_code=303)


@router.get("/people/new")
def ask_person(visit: SignedIn) -> Response:
    """Show the form for a new person."""
    return _new(visit)


@router.post("/people")
def add_person(visit: SignedIn, form: SentForm) -> Response:
    """Add a person, and show the one-time password this once."""
    password = passwords.one_time(form.text("login", limit=100))
    try:
        with visit.services.database.unit_of_work() as session:
            person = actions.add_person(
                session,
                login=form.text("login", limit=100),
                name=form.text("name", limit=200),
                unit_id=form.id("unit") or 0,
                password=password,
                by=visit.viewer,
                now=visit.now,
                hasher=visit.services.hasher,
            )
    except (Refused, Invalid) as error:
        return _new(visit, typed=form, error=error)
    return show(visit, person.id, password=password)


@router.get("/people/{person_id}")
def show_person(visit: SignedIn, person_id: Id) -> Response:
    """Show a person with their roles, and what can be done about the account."""
    return show(visit, person_id)


@router.get("/people/{person_id}/{act}/ask")
def ask_reason(visit: SignedIn, person_id: Id, act: str) -> Response:
    """Ask for the reason before something is done to a person that cannot simply be undone."""
    if act not in QUESTIONS:
        raise NotFound("page.not-found", N_("没有找到这一页，或您无权知道它。请核对编号，或从检索重新进入。"))
    return _ask(visit, person_id, act)


@router.post("/people/{person_id}/active")
def set_active(visit: SignedIn, form: SentForm, person_id: Id) -> Response:
    """Close or reopen an account."""
    active = form.flag("active")
    if active:
        return do(visit, person_id, "active", actions.set_active, active=True)
    return do(visit, person_id, "active", actions.set_active, active=False, reason=reason_of(form), act="active")


@router.post("/people/{person_id}/unlock")
def unlock(visit: SignedIn, _form: SentForm, person_id: Id) -> Response:
    """Let a person try to sign in at once."""
    return do(visit, person_id, "unlocked", actions.unlock)


@router.post("/people/{person_id}/end-sign-ins")
def end_sign_ins(visit: SignedIn, _form: SentForm, person_id: Id) -> Response:
    """End every sign-in and token of a person."""
    return do(visit, person_id, "ended", actions.end_sign_ins)


@router.post("/people/{person_id}/second-factor")
def reset_second_factor(visit: SignedIn, form: SentForm, person_id: Id) -> Response:
    """Take the second factor from a person who lost the device."""
    act = "second-factor"
    return do(visit, person_id, "factor", actions.reset_second_factor, reason=reason_of(form), act=act)


@router.post("/people/{person_id}/password")
def reset_password(visit: SignedIn, form: SentForm, person_id: Id) -> Response:
    """Give a person a one-time password, shown this once."""
    if person_id == visit.viewer.person_id:
        return RedirectResponse("/password", status_code=303)
    try:
        with visit.services.database.unit_of_work() as session:
            password = passwords.one_time(queries.person(session, visit.viewer, person_id).login)
            actions.set_password(
                session,
                person_id=person_id,
                password=password,
                by=visit.viewer,
                now=visit.now,
                reason=reason_of(form),
                hasher=visit.services.hasher,
            )
    except Invalid as error:
        return _ask(visit, person_id, "password", error=error)
    except Refused as error:
        return show(visit, person_id, error=error)
    return show(visit, person_id, password=password)


@router.post("/people/{person_id}/grants")
def grant(visit: SignedIn, form: SentForm, person_id: Id) -> Response:
    """Give a person a role in a unit, for a time and as a deputy if need be."""
    try:
        with visit.services.database.unit_of_work() as session:
            actions.grant_role(
                session,
                person_id=person_id,
                role=_role(form),
                unit_id=form.id("unit") or 0,
                by=visit.viewer,
                now=visit.now,
                term=_term(session, visit, form),
            )
    except (Refused, Invalid, NotFound) as error:
        return show(visit, person_id, typed=form, error=error)
    return RedirectResponse(f"/people/{person_id}?done=granted", status_code=303)


@router.post("/people/{person_id}/revoke")
def revoke(visit: SignedIn, form: SentForm, person_id: Id) -> Response:
    """Take a role in a unit from a person."""
    unit_id = form.id("unit") or 0
    return do(visit, person_id, "revoked", actions.revoke_role, role=_role(form), unit_id=unit_id)


def do(visit: Visit, person_id: int, done: str, action: Any, *, act: str = "", **facts: Any) -> Response:
    """Do something about a person and show them again; `act` names the question that a missing reason leads back to."""
    try:
        with visit.services.database.unit_of_work() as session:
            action(session, person_id=person_id, by=visit.viewer, now=visit.now, **facts)
    except (Refused, Invalid) as error:
        # Without a reason it is asked for once more.
        asks = act and isinstance(error, Invalid)
        return _ask(visit, person_id, act, error=error) if asks else show(visit, person_id, error=error)
    return RedirectResponse(f"/people/{person_id}?done={done}", status_code=303)


def show(
    visit: Visit,
    person_id: int,
    *,
    password: str = "",
    typed: Form | None = None,
    error: ArchiveError | None = None,
) -> Response:
    """Answer with the page of a person. Raises NotFound for one out of reach."""
    viewer, issuer = visit.viewer, visit.services.settings.oidc_issuer.strip()
    with visit.services.database.reading() as session:
        person = queries.person(session, viewer, person_id)
        units = queries.unit_tree(session, viewer, Right.ROLES_GRANT)
        identity = links.of_person(session, person_id, issuer=issuer) if issuer else None
    own = person.id == viewer.person_id
    return visit.page(
        "people/person.html",
        refusal=error,
        person=person,
        password=password,
        units=units,
        roles=list(Role),
        sign_on=visit.services.settings.oidc_name if issuer else "",
        identity=identity,
        typed=typed,
        day=visit.today,
        now=visit.now,
        keeps=not own and viewer.may(Right.PEOPLE_MANAGE, person.unit_id),
        grants=not own and viewer.may(Right.ROLES_GRANT, person.unit_id),
        own=own,
    )


def _ask(visit: Visit, person_id: int, act: str, *, error: ArchiveError | None = None) -> Response:
    """Answer with the question before an act. Raises NotFound for a person out of reach, NotPermitted."""
    question = QUESTIONS[act]
    with visit.services.database.reading() as session:
        person = queries.person(session, visit.viewer, person_id)
    visit.viewer.require(question.right, person.unit_id)
    return visit.page(
        "people/ask.html",
        refusal=error,
        person=person,
        question=question,
        address=f"/people/{person_id}/{question.address}",
    )


def _units(visit: Visit, *, typed: Form | None = None, error: ArchiveError | None = None) -> Response:
    check_may_look(visit)
    right = Right.PEOPLE_MANAGE if visit.viewer.may(Right.PEOPLE_MANAGE) else Right.ROLES_GRANT
    with visit.services.database.reading() as session:
        units = queries.unit_tree(session, visit.viewer, right)
        in_use = queries.people_by_unit(session)
    return visit.page(
        "people/units.html",
        refusal=error,
        units=units,
        in_use=in_use,
        typed=typed,
        may_add=visit.viewer.may(Right.PEOPLE_MANAGE),
    )


def _new(visit: Visit, *, typed: Form | None = None, error: ArchiveError | None = None) -> Response:
    visit.viewer.require(Right.PEOPLE_MANAGE)
    with visit.services.database.reading() as session:
        units = queries.unit_tree(session, visit.viewer, Right.PEOPLE_MANAGE)
    status = error.http_status if error else 200
    told = visit.told(error) if error else ""
    return visit.page("people/new.html", status=status, units=units, typed=typed, error=told)


def _role(form: Form) -> Role:
    name = form.text("role", limit=40)
    if name not in words.ROLE:
        raise Invalid("people.role", N_("没有这个角色。请从列表中选择。"))
    return Role(name)


def _term(session: Any, visit: Visit, form: Form) -> Term:
    return term_of(session, visit, _day(form, "starts_on"), _day(form, "ends_on"), form.text("deputy_for", limit=80))


def term_of(session: Any, visit: Visit, starts_on: date | None, ends_on: date | None, login: str) -> Term:
    """Return from when to when a role is held, and for whom, by login, "" for nobody. Raises Invalid."""
    stood_in_for = queries.viewer_by_login(session, login, now=visit.now) if login else None
    if login and stood_in_for is None:
        raise Invalid("people.deputy", N_("被代理人在该单位没有这个角色，不能代理。请核对被代理人、角色和单位。"))
    return Term(starts_on, ends_on, stood_in_for.person_id if stood_in_for is not None else None)


def _day(form: Form, name: str) -> date | None:
    text = form.text(name, limit=20)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("people.grant-days", N_("日期写成 2026-11-23 的样子。请改正日期。")) from None
