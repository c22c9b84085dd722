"""`people`: organisation units, persons, roles, passwords and tokens of programs."""

from __future__ import annotations

import secrets
from datetime import date, timedelta

import click
from sqlalchemy.orm import Session

from archive_service import clock, ids, keyring
from archive_service.cli import output
from archive_service.cli.commands import people_access
from archive_service.cli.services import Services
from archive_service.cli.units import unit_id
from archive_service.errors import Invalid, NotFound
from archive_service.people import actions, queries, sign_in, ties
from archive_service.people.actions.grants import Term
from archive_service.people.roles import Right, Role
from archive_service.people.scopes import Scope
from indexing.identities import rules as identities


@click.group()
def people() -> None:
    """Units, persons and what they may do."""


@people.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one unit a line.")
@click.pass_obj
def units(services: Services, as_json: bool) -> None:
    """List the units as a tree."""
    with services.reading() as (session, viewer):
        nodes = queries.unit_tree(session, viewer, Right.PEOPLE_MANAGE)
    if as_json:
        for node in nodes:
            output.emit(node)
    else:
        for node in nodes:
            output.say("  " * node.depth + f"{node.name}（{node.code}）")


@people.command("add-unit")
@click.argument("code")
@click.argument("name")
@click.option("--below", required=True, metavar="CODE", help="Code of the unit above.")
@click.pass_obj
def add_unit(services: Services, code: str, name: str, below: str) -> None:
    """Add a unit below another."""
    with services.writing() as (session, viewer):
        above = unit_id(session, below)
        actions.add_unit(session, code=code, name=name, parent_id=above, by=viewer, now=clock.now())
    output.say(f"已新增单位 {name}（{code}）。")


@people.command("list")
@click.option("--after", help="Continue after this login.")
@click.option("--limit", default=50, show_default=True, help="Most persons to list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one person a line.")
@click.pass_obj
def list_(services: Services, after: str | None, limit: int, as_json: bool) -> None:
    """List persons with their roles."""
    with services.reading() as (session, viewer):
        listing = queries.people_list(session, viewer, after=after, limit=limit)
    if as_json:
        for person in listing.people:
            output.emit(person)
        return
    output.table(
        ("登录名", "姓名", "单位", "角色", "状态"),
        [
            (
                p.login,
                p.name,
                p.unit_name,
                "、".join(f"{grant.role}@{grant.unit_code}" for grant in p.grants),
                "在用" if p.active else "停用",
            )
            for p in listing.people
        ],
    )
    output.say(f"共 {listing.total} 人。")


@people.command()
@click.argument("login")
@click.argument("name")
@click.option("--unit", required=True, metavar="CODE", help="Code of the person's unit.")
@click.option("--role", "roles", multiple=True, type=click.Choice([role.value for role in Role]), help="A role there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def add(services: Services, login: str, name: str, unit: str, roles: tuple[str, ...], as_json: bool) -> None:
    """Add a person and print the one-time password."""
    password = secrets.token_urlsafe(12)
    with services.writing() as (session, viewer):
        place = unit_id(session, unit)
        person = actions.add_person(
            session, login=login, name=name, unit_id=place, password=password, by=viewer, now=clock.now()
        )
        for role in roles:
            actions.grant_role(session, person_id=person.id, role=Role(role), unit_id=place, by=viewer, now=clock.now())
    _say_password(login, password, as_json)


@people.command("reset-password")
@click.argument("login")
@people_access.reason_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def reset_password(services: Services, login: str, reason: str, as_json: bool) -> None:
    """Give a person a new one-time password and end all sign-ins."""
    password = secrets.token_urlsafe(12)
    with services.writing() as (session, viewer):
        actions.set_password(
            session,
            person_id=_person_id(session, login),
            password=password,
            by=viewer,
            now=clock.now(),
            reason=reason,
        )
    _say_password(login, password, as_json)


@people.command()
@click.argument("login")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--unit", required=True, metavar="CODE", help="Code of the unit in which the role is held.")
@click.option("--from", "starts_on", callback=people_access.day, metavar="DAY", help="First day on which it holds.")
@click.option("--to", "ends_on", callback=people_access.day, metavar="DAY", help="Last day on which it holds.")
@click.option("--deputy-for", "stood_in_for", metavar="LOGIN", help="The person who is stood in for; needs --to.")
@click.pass_obj
def grant(
    services: Services,
    login: str,
    role: str,
    unit: str,
    starts_on: date | None,
    ends_on: date | None,
    stood_in_for: str | None,
) -> None:
    """Give a person a role in a unit and everything below it, for a time if need be."""
    with services.writing() as (session, viewer):
        deputy_for = _person_id(session, stood_in_for) if stood_in_for else None
        actions.grant_role(
            session,
            person_id=_person_id(session, login),
            role=Role(role),
            unit_id=unit_id(session, unit),
            by=viewer,
            now=clock.now(),
            term=Term(starts_on, ends_on, deputy_for),
        )
    output.say(f"已授予 {login} 角色 {role}（{unit}）。")


@people.command("issue-token")
@click.argument("login")
@click.option("--label", required=True, help="What the token is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it may be used for, several times if need be; none means everything that the person may do.",
)
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 365), help="Days until it expires.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def issue_token(services: Services, login: str, label: str, scopes: tuple[str, ...], days: int, as_json: bool) -> None:
    """Give a program a bearer token with this person's rights, cut to the scopes, and print it once."""
    now = clock.now()
    with services.writing() as (session, viewer):
        secret, row = sign_in.issue_token(
            session,
            by=viewer,
            label=label,
            expires_at=now + timedelta(days=days),
            now=now,
            person_id=_person_id(session, login),
            scopes=[Scope(one) for one in scopes] or None,
        )
        expires_at = row.expires_at
    if as_json:
        output.emit({"login": login, "label": label, "token": secret, "expires_at": expires_at})
    else:
        output.say(f"{login} 的令牌（{label}）：{secret}（只显示这一次，{days} 天后失效）")


@people.command()
@click.argument("login")
@click.option("--account", help="An account number that is the person's own.")
@click.option("--identity", is_flag=True, help="Ask for the person's identity number; only its keyed hash is kept.")
@click.pass_obj
def tie(services: Services, login: str, account: str | None, identity: bool) -> None:
    """Note what is a person's own, so that the audit administrator sees when they read it."""
    found: list[tuple[str, str]] = []
    if account:
        found.append((ties.ACCOUNT, ids.account_no(account, pattern=services.settings.account_no_pattern)))
    if identity:
        number = identities.normal(click.prompt("证件号码", hide_input=True))
        if number is None:
            raise Invalid("identity.number", "请输入完整的证件号码（至少六位）。")
        found.append((ties.IDENTITY, identities.hash_of(keyring.key(services.settings, keyring.IDENTITY), number)))
    if not found:
        raise Invalid("people.tie", "请用 --account 或 --identity 指明本人的户号或证件。")
    with services.writing() as (session, viewer):
        for kind, value in found:
            ties.tie(session, login=login, kind=kind, value=value, by=viewer, now=clock.now())
    output.say("已登记。")


for _command in people_access.COMMANDS:
    people.add_command(_command)


def _person_id(session: Session, login: str) -> int:
    found = queries.viewer_by_login(session, login)
    if found is None or found.person_id is None:
        raise NotFound("people.not-found", "没有这个登录名，或账号已停用。请核对后再试。")
    return found.person_id


def _say_password(login: str, password: str, as_json: bool) -> None:
    if as_json:
        output.emit({"login": login, "one_time_password": password})
    else:
        output.say(f"{login} 的一次性密码：{password}（首次登录时必须修改，只显示这一次）")
