"""A review list from freezing to the signed plan, on the pages, by four people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.households.tables import Item
from archive_service.people.roles import Role
from archive_service.people.tables import Unit
from retention.disposal_tables import DisposalItem, DisposalList
from retention.tables import RetentionDue
from tests.support import records
from tests.web.conftest import Browser, World
from tests.web.test_borders import add_item

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LISTS = "/retention/disposals"


def due(world: World) -> int:
    """Let a paper of centre A be due, and a second witness be there; return the paper."""
    key = also_due(world)
    with world.services.database.unit_of_work() as session:
        at = session.scalars(select(Unit).where(Unit.id == world.near.unit)).one()
        records.person(session, "witness", roles=[Role.ARCHIVIST], at=at)
    return key


def also_due(world: World) -> int:
    """Let a paper of centre A be due; return it."""
    key, day = add_item(world, "K01R", "合同"), clock.today() - timedelta(days=3)
    with world.services.database.unit_of_work() as session:
        household = session.scalars(select(Item.household_id).where(Item.id == key)).one()
        session.add(
            RetentionDue(
                item_id=key, household_id=household, outcome="date", due_on=day, starts_on=day, rule="R-TEST",
                edition="2026", reason="销户后 5 年",
            )
        )  # fmt: skip
    return key


def test_a_list_goes_from_freezing_to_two_signatures(world: World, anonymous: Browser) -> None:
    """The maker judges and proposes, the head sends back and approves, two witnesses sign."""
    item, password = str(due(world)), records.PASSWORD
    maker = anonymous.sign_in("archivist")
    assert maker.submit(LISTS, title="到期").status_code == 422
    address = maker.submit(LISTS, unit=str(world.near.unit), title="到期").headers["location"]
    assert "没有鉴定意见" in maker.submit(f"{address}/propose").text
    assert "请先勾选资料" in maker.submit(f"{address}/opinions", opinion="destroy").text
    assert maker.submit(f"{address}/opinions", opinion="destroy", item=item).status_code == 303
    assert maker.submit(f"{address}/propose").status_code == 303
    assert maker.get(f"{address}/report").content.startswith(b"%PDF")
    assert maker.submit(f"{address}/decide", verdict="approve", password=password).status_code == 403

    head = Browser(world.app, base_url="http://archive.test", follow_redirects=False).sign_in("unit_head")
    assert "写明理由" in head.submit(f"{address}/decide", verdict="back", password=password).text
    assert "密码不对" in head.submit(f"{address}/decide", verdict="approve", password="wrong").text
    assert head.submit(f"{address}/decide", verdict="approve", password=password).status_code == 303

    assert "等待期未满" in maker.submit(f"{address}/plan", place="档案室").text
    with world.services.database.unit_of_work() as session:
        row = session.scalars(select(DisposalList)).one()
        row.execute_from = clock.today()
    assert maker.submit(f"{address}/plan", place="档案室").status_code == 303
    assert maker.get(f"{address}/plan").content.startswith(b"%PDF")
    with world.services.database.reading() as session:
        plan = session.scalars(select(DisposalList.plan_hash)).one()
    said = {"plan": str(plan), "password": password}
    assert "不能监销" in maker.submit(f"{address}/witness", **said).text
    for login, state in (("auditor", "待监销签字"), ("witness", "执行中")):
        who = Browser(world.app, base_url="http://archive.test", follow_redirects=False).sign_in(login)
        assert "密码不对" in who.submit(f"{address}/witness", **{**said, "password": "wrong"}).text
        assert who.submit(f"{address}/witness", **said).status_code == 303
        assert state in who.get(address).text
    assert maker.get(f"{address}/certificate").status_code == 404


def test_what_was_judged_stays_when_the_rest_is_judged(world: World, anonymous: Browser) -> None:
    """The exceptions first, then all others at once; the page counts them and shows those of one kind."""
    kept, other = str(due(world)), str(also_due(world))
    maker = anonymous.sign_in("archivist")
    address = maker.submit(LISTS, unit=str(world.near.unit), title="到期").headers["location"]
    maker.submit(f"{address}/opinions", opinion="permanent", reason="重要用户档案", item=kept)
    done = maker.submit(f"{address}/opinions", opinion="destroy", rest="1", which="unsaid")
    assert done.headers["location"] == f"{address}?which=unsaid"
    with world.services.database.reading() as session:
        said = dict(session.execute(select(DisposalItem.item_id, DisposalItem.opinion)).all())
    assert said == {int(kept): "permanent", int(other): "destroy"}
    page = maker.get(f"{address}?which=permanent").text
    assert f"/items/{kept}" in page
    assert f"/items/{other}" not in page
    assert "这一类没有资料" in maker.get(f"{address}?which=extend").text
