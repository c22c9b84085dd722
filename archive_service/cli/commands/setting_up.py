"""`init` and `db`: make the archive, bring its database up to date."""

from __future__ import annotations

import click

from archive_service import clock, keyring, migrations
from archive_service.cli import output
from archive_service.cli.services import Services
from archive_service.db.session import Database
from archive_service.errors import Refused
from archive_service.people import actions as people
from archive_service.people import passwords, queries
from archive_service.people.roles import Role
from archive_service.settings import Settings


@click.command()
@click.option("--unit", default="公司本部", show_default=True, help="Name of the topmost unit.")
@click.option("--unit-code", default="ROOT", show_default=True, help="Code of the topmost unit.")
@click.option("--admin", default="admin", show_default=True, help="Login of the first administrator.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def init(services: Services, unit: str, unit_code: str, admin: str, as_json: bool) -> None:
    """Make the database, the store and the index; print the first administrator's one-time password."""
    password = make_archive(services.settings, unit_name=unit, unit_code=unit_code, admin=admin)
    _ = services.store, services.index
    if as_json:
        output.emit({"home": str(services.settings.home), "admin": admin, "one_time_password": password})
    elif password is None:
        output.say("档案库已经建立，结构已更新到最新版本。")
    else:
        output.say("档案库已建立。")
        output.say(f"首个管理员：{admin}")
        output.say(f"一次性密码：{password}（首次登录时必须修改，只显示这一次）")


def make_archive(settings: Settings, *, unit_name: str, unit_code: str, admin: str) -> str | None:
    """Migrate the database and make the first unit and administrator; return the one-time password, none if not new."""
    settings.home.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(settings.url())
    for name in (keyring.IDENTITY, keyring.WEBHOOK):
        keyring.key(settings, name)
    database = Database(settings.url())
    try:
        with database.unit_of_work() as session:
            if queries.all_unit_ids(session):
                return None
            by = queries.system_viewer(session)
            now = clock.now()
            root = people.add_unit(session, code=unit_code, name=unit_name, parent_id=None, by=by, now=now)
            by = queries.system_viewer(session)
            password = passwords.one_time(admin)
            person = people.add_person(
                session, login=admin, name="系统管理员", unit_id=root.id, password=password, by=by, now=now
            )
            people.grant_role(session, person_id=person.id, role=Role.SYSTEM_ADMIN, unit_id=root.id, by=by, now=now)
            return password
    finally:
        database.close()


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@click.pass_obj
def upgrade(services: Services) -> None:
    """Bring the database up to this version of the program, while others go on working."""
    migrations.upgrade(
        services.settings.url(), told=lambda before, now: output.say(f"结构更新：{before or '空'} → {now}")
    )
    output.say(f"数据库已更新到最新版本（{migrations.newest()}）。")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def version(services: Services, as_json: bool) -> int:
    """Show the version of the database and the one that this program wants; exit code 3 when they differ."""
    stored, wanted = services.schema(), migrations.newest()
    if as_json:
        output.emit({"stored": stored, "wanted": wanted})
    elif stored == wanted:
        output.say(f"数据库结构 {stored}，与本版程序相符。")
    else:
        what = "请先备份，再运行 archive-service db upgrade。" if stored < wanted else "请安装与数据库相符的新版程序。"
        output.say(f"数据库结构 {stored}，本版程序需要 {wanted}。{what}")
    return 0 if stored == wanted else Refused.exit_code
