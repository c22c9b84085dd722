"""Units are added, never moved: rights and the trail rest on where a unit stands."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.people.actions.parts import printable
from archive_service.people.roles import Right
from archive_service.people.tables import Unit
from archive_service.people.viewer import Viewer

_UNIT_CODE = re.compile(r"[^\s/\\\"',;<>]{1,40}")
_PATH_LENGTH = 400


def add_unit(session: Session, *, code: str, name: str, parent_id: int | None, by: Viewer, now: datetime) -> Unit:
    """Add a unit below another; only the command line adds one at the top.

    Units are not moved: rights and the trail rest on where a unit stands.
    """
    parent = session.get(Unit, parent_id) if parent_id is not None else None
    if parent_id is None and not by.is_system:
        raise NotPermitted("unit.top", "最上级单位只能由系统管理员在服务器上建立。请选择一个上级单位。")
    if parent_id is not None and (parent is None or not (by.is_system or by.may(Right.PEOPLE_MANAGE, parent_id))):
        raise NotFound("unit.not-found", "没有这个上级单位，或者您无权在其下建立单位。请核对后再试。")
    code, name = printable(code), printable(name)
    if not _UNIT_CODE.fullmatch(code) or not 1 <= len(name) <= 120:
        raise Invalid("unit.name", "单位代码须为 1 至 40 个不含空格和标点的字符，名称须为 1 至 120 字。请修改后再试。")
    if session.scalar(select(Unit.id).where(Unit.code == code)) is not None:
        raise Refused("unit.code-taken", f"单位代码“{code}”已被使用。请换一个代码。", unit_code=code)
    unit = Unit(code=code, name=name, parent_id=parent_id, path="")
    session.add(unit)
    session.flush()
    unit.path = f"{parent.path if parent else ''}{unit.id}/"
    if len(unit.path) > _PATH_LENGTH:
        raise Refused("unit.too-deep", "单位层级太深。请把它建在较高一级的单位之下。")
    facts = {"code": code, "name": name, "parent": parent.code if parent else None}
    record(
        session,
        by=by.actor,
        did="unit.added",
        object_kind="unit",
        object_id=unit.id,
        unit_id=unit.id,
        facts=facts,
        now=now,
    )
    return unit
