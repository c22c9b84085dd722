"""`people …`: what administrators do about accounts, rights and sign-ins, as the pages offer it."""

from __future__ import annotations

from datetime import date, datetime

import click

from archive_service import clock
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.cli.units import unit_id
from archive_service.errors import NotFound
from archive_service.households.queries import whereabouts
from archive_service.people import actions, queries, sessions
from archive_service.people.explain import Step, explain
from archive_service.people.roles import NAMES, Right, Role, rights_of

#: Rules of `people why` in words.
RULES = {
    "account": "账号在用",
    "password": "本人已换掉初始密码",
    "second-factor": "角色要求的动态验证码已设置",
    "administrators": "三员分立，没有兼任",
    "role": "现有角色包含所需权限",
    "unit": "授权单位覆盖对象所在单位",
}


#: An option that commands about a person's way in share.
reason_option = click.option("--reason", default="", help="Why; it stands in the audit trail.")


@click.command()
@click.argument("login")
@reason_option
@click.pass_obj
def close(services: Services, login: str, reason: str) -> None:
    """Close an account; every sign-in and token of it ends at once."""
    _set_active(services, login, active=False, reason=reason)
    output.say(f"已停用 {login}。")


@click.command("open")
@click.argument("login")
@click.pass_obj
def open_(services: Services, login: str) -> None:
    """Open a closed account again."""
    _set_active(services, login, active=True)
    output.say(f"已启用 {login}。")


def _set_active(services: Services, login: str, *, active: bool, reason: str = "") -> None:
    with services.writing() as (session, viewer):
        person_id = queries.person_id_of(session, viewer, login)
        actions.set_active(session, person_id=person_id, active=active, by=viewer, now=clock.now(), reason=reason)


@click.command()
@click.argument("login")
@click.pass_obj
def unlock(services: Services, login: str) -> None:
    """Let a person try to sign in at once, wherever they have to wait."""
    with services.writing() as (session, viewer):
        actions.unlock(session, person_id=queries.person_id_of(session, viewer, login), by=viewer, now=clock.now())
    output.say(f"{login} 现在可以立即再试登录。")


@click.command("reset-second-factor")
@click.argument("login")
@reason_option
@click.pass_obj
def reset_second_factor(services: Services, login: str, reason: str) -> None:
    """Take the second factor from a person who lost the device, and end their sign-ins."""
    with services.writing() as (session, viewer):
        person_id = queries.person_id_of(session, viewer, login)
        actions.reset_second_factor(session, person_id=person_id, by=viewer, now=clock.now(), reason=reason)
    output.say(f"已清除 {login} 的动态验证码。")


@click.command()
@click.argument("login")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--unit", required=True, metavar="CODE", help="Code of the unit in which the role is held.")
@click.pass_obj
def revoke(services: Services, login: str, role: str, unit: str) -> None:
    """Take a role in a unit from a person."""
    with services.writing() as (session, viewer):
        actions.revoke_role(
            session,
            person_id=queries.person_id_of(session, viewer, login),
            role=Role(role),
            unit_id=unit_id(session, unit),
            by=viewer,
            now=clock.now(),
        )
    output.say(f"已撤销 {login} 的角色 {role}（{unit}）。")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one role a line.")
def roles(as_json: bool) -> None:
    """Show what each role may do."""
    if as_json:
        for role in Role:
            output.emit({"role": role.value, "name": NAMES[role], "rights": sorted(rights_of(role))})
        return
    output.table(
        ("事项", *(NAMES[role] for role in Role)),
        [(right.value, *("✓" if right in rights_of(role) else "" for role in Role)) for right in Right],
    )


@click.command("sign-ins")
@click.argument("login")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one sign-in a line.")
@click.pass_obj
def sign_ins(services: Services, login: str, as_json: bool) -> None:
    """List the living sign-ins and tokens of a person."""
    idle = services.settings.session_idle_minutes
    with services.reading() as (session, viewer):
        person_id = queries.person_id_of(session, viewer, login)
        found = queries.sign_ins_of(session, person_id, now=clock.now(), idle_minutes=idle)
    if as_json:
        for one in found:
            output.emit(one)
        return
    output.table(
        ("编号", "种类", "名称或设备", "地址", "最近使用", "到期"),
        [
            (o.id, o.kind, o.label or o.agent[:40], o.address, _moment(o.last_seen_at), _moment(o.expires_at))
            for o in found
        ],
    )


@click.command("end-sign-ins")
@click.argument("login")
@click.pass_obj
def end_sign_ins(services: Services, login: str) -> None:
    """End every sign-in and token of a person."""
    with services.writing() as (session, viewer):
        person_id = queries.person_id_of(session, viewer, login)
        ended = actions.end_sign_ins(session, person_id=person_id, by=viewer, now=clock.now())
    output.say(f"已结束 {login} 的 {ended} 个登录和令牌。")


@click.command("end-token")
@click.argument("number", type=int)
@click.pass_obj
def end_token(services: Services, number: int) -> None:
    """End one sign-in or token by its number, as `people sign-ins` lists it."""
    with services.writing() as (session, viewer):
        sessions.end_sign_in(session, sign_in_id=number, by=viewer, now=clock.now())
    output.say(f"已结束 {number}。")


@click.command()
@click.argument("login")
@click.option("--account", metavar="NO", help="Account number of a household.")
@click.option("--item", "item_id", type=int, help="Number of an item.")
@click.option("--image", is_flag=True, help="Ask about the page images of the item.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def why(services: Services, login: str, account: str | None, item_id: int | None, image: bool, as_json: bool) -> int:
    """Explain rule by rule why a person can or cannot see a household or an item; exit code 3 when they cannot."""
    with services.reading() as (session, viewer):
        person_id = queries.person_id_of(session, viewer, login)
        place = whereabouts.of_item(session, item_id) if item_id else whereabouts.of_household(session, account or "")
        if place is None:
            raise NotFound("explain.not-found", "没有这个对象，或者它不在您管理的单位。请核对编号。")
        guarded = image and place.sensitivity in ("personal", "sensitive")
        answer = explain(
            session,
            by=viewer,
            person_id=person_id,
            right=Right.RECORD_READ_PERSONAL if guarded else Right.RECORD_READ,
            unit_id=place.unit_id,
            now=clock.now(),
            second_factor_roles=sessions.Limits.of(services.settings).second_factor_roles,
        )
    if as_json:
        output.emit({"login": login, "allowed": answer.allowed, "unit": answer.unit_name, "steps": list(answer.steps)})
    else:
        output.say(f"{login} {'能' if answer.allowed else '不能'}看（{answer.unit_name}）")
        for step in answer.steps:
            output.say(f"  {'✓' if step.holds else '✗'} {RULES[step.rule]}{_facts(step)}")
    return 0 if answer.allowed else 3


def _facts(step: Step) -> str:
    told = " ".join(value for value in step.facts.values() if value)
    return f"：{told}" if told else ""


def day(_context: click.Context, _option: click.Parameter, value: str | None) -> date | None:
    """Read a day as 2026-11-23, for the options of `people grant`."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("write a day as 2026-11-23") from None


def _moment(value: datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M")


COMMANDS = (close, open_, unlock, reset_second_factor, revoke, roles, sign_ins, end_sign_ins, end_token, why)
