"""The pages of the administrators: accounts, rights, and why somebody sees what they see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.people import queries as people
from archive_service.people.roles import Role
from archive_service.people.tables import Person
from tests.support import records
from tests.web.conftest import FAR_NAME, Browser, World, flat


@pytest.fixture
def keeper(world: World) -> Iterator[Browser]:
    """The system administrator of everything."""
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser.sign_in("sysadmin")


@pytest.fixture
def guard(world: World) -> Iterator[Browser]:
    """The security administrator of everything."""
    with world.services.database.unit_of_work() as session:
        records.person(session, "secadmin", roles=[Role.SECURITY_ADMIN])
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser.sign_in("secadmin")


def person_of(world: World, login: str) -> int:
    """The number of a person."""
    with world.services.database.reading() as session:
        return people.person_id_of(session, people.system_viewer(session), login)


def one_time_password(html: str) -> str:
    """The password that a page shows once."""
    found = re.search(r'class="form-control num mt-1"\s+readonly\s+value="([^"]+)"', html)
    assert found is not None
    return found.group(1)


def test_an_account_is_made_by_one_hand_and_its_role_given_by_another(
    world: World, keeper: Browser, guard: Browser
) -> None:
    with world.services.database.reading() as session:
        unit = people.unit_by_code(session, "A")
        assert unit is not None
    made = keeper.submit("/people", login="li.si", name="李四", unit=str(unit.id))
    password = one_time_password(made.text)
    number = person_of(world, "li.si")
    assert password not in keeper.get(f"/people/{number}").text
    grant = {"role": "staff", "unit": str(unit.id)}
    assert keeper.submit(f"/people/{number}/grants", **grant).status_code == 404
    assert guard.submit("/people", login="x.y", name="某", unit=str(unit.id)).status_code == 403
    assert guard.submit(f"/people/{number}/grants", **grant).status_code == 303
    assert "业务人员" in guard.get(f"/people/{number}").text
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as fresh:
        fresh.sign_in("li.si", password)
        assert fresh.get("/cases").headers["location"] == "/password"


def test_the_list_is_found_by_name_and_kept_to_ones_units(world: World, keeper: Browser) -> None:
    assert "colleague2" in keeper.get("/people").text
    page = keeper.get("/people?q=colleague1").text
    assert "colleague1" in page
    assert "colleague2" not in page
    with world.services.database.unit_of_work() as session:
        records.person(session, "local", roles=[Role.SYSTEM_ADMIN], at=records.unit(session, "A"))
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as local:
        local.sign_in("local")
        assert "colleague2" not in local.get("/people").text
        assert local.get(f"/people/{world.far.person}").status_code == 404
        assert local.submit(f"/people/{world.far.person}/password").status_code == 404


def test_closing_an_account_takes_effect_with_the_next_click(world: World, keeper: Browser, staff: Browser) -> None:
    number = person_of(world, "staff")
    assert staff.get("/cases").status_code == 200
    assert keeper.submit(f"/people/{number}/active", active="0", reason="离职").status_code == 303
    assert staff.get("/cases").headers["location"].startswith("/sign-in")
    assert keeper.submit(f"/people/{number}/active", active="1").status_code == 303


#: What asks for a reason: the act, where it is done, with what, by whom, and what stands in the trail then.
ASKED = [
    ("active", "active", {"active": "0"}, "keeper", "person.closed"),
    ("password", "password", {}, "keeper", "person.password-set"),
    ("second-factor", "second-factor", {}, "guard", "second-factor.removed"),
]


@pytest.mark.parametrize(("act", "address", "fields", "who", "did"), ASKED)
def test_what_cannot_simply_be_undone_asks_for_a_reason_that_stands_in_the_trail(
    world: World, request: pytest.FixtureRequest, act: str, address: str, fields: dict[str, str], who: str, did: str
) -> None:
    browser, number = request.getfixturevalue(who), person_of(world, "staff")
    with world.services.database.unit_of_work() as session:
        staff = session.get_one(Person, number)
        staff.totp_secret, staff.totp_since = "GEZDGNBVGY3TQOJQ", clock.now()

    def entries() -> list[dict[str, object]]:
        with world.services.database.reading() as session:
            return [dict(one) for one in session.scalars(select(AuditEntry.facts).where(AuditEntry.did == did))]

    before = len(entries())
    assert f'href="/people/{number}/{act}/ask"' in browser.get(f"/people/{number}").text
    assert browser.get(f"/people/{number}/{act}/ask").status_code == 200
    for nothing in ({}, {"reason": " \u200b"}, {"reason": "长" * 201}):
        again = browser.submit(f"/people/{number}/{address}", **fields, **nothing)
        assert again.status_code == 422
    assert len(entries()) == before
    done = browser.submit(f"/people/{number}/{address}", **fields, reason_code="账号异常", reason="核对 <b>")
    assert done.status_code in (200, 303)
    assert entries()[-1]["reason"] == "账号异常：核对 <b>"
    assert browser.get(f"/people/{number}/nothing/ask").status_code == 404


def test_revoking_a_role_takes_effect_with_the_next_click(world: World, guard: Browser, staff: Browser) -> None:
    number = person_of(world, "staff")
    with world.services.database.reading() as session:
        unit = people.unit_by_code(session, "A")
        assert unit is not None
    assert staff.get("/cases").status_code == 200
    assert guard.submit(f"/people/{number}/revoke", role="staff", unit=str(unit.id)).status_code == 303
    assert staff.get("/cases").status_code == 403


def test_who_had_to_wait_is_let_in_again(world: World, keeper: Browser) -> None:
    number = person_of(world, "staff")
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as own:
        for _ in range(5):
            own.post("/sign-in", data={"login": "staff", "password": "wrong"})
        refused = own.post("/sign-in", data={"login": "staff", "password": records.PASSWORD})
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert "解除等待" in keeper.get(f"/people/{number}").text
        assert keeper.submit(f"/people/{number}/unlock").status_code == 303
        own.sign_in("staff")


def test_nobody_changes_their_own_account_and_two_administrators_are_two_people(
    world: World, keeper: Browser, guard: Browser
) -> None:
    own, root = person_of(world, "secadmin"), world.services
    with root.database.reading() as session:
        unit = people.unit_by_code(session, "ROOT")
        assert unit is not None
    assert guard.submit(f"/people/{own}/grants", role="archivist", unit=str(unit.id)).status_code == 403
    refused = guard.submit(f"/people/{person_of(world, 'sysadmin')}/grants", role="audit_admin", unit=str(unit.id))
    assert refused.status_code == 409
    assert "三员分立" in refused.text
    assert keeper.submit(f"/people/{person_of(world, 'sysadmin')}/active", active="0").status_code == 403


def test_a_deputy_is_appointed_until_a_day(world: World, guard: Browser) -> None:
    number = person_of(world, "staff")
    with world.services.database.reading() as session:
        unit = people.unit_by_code(session, "A")
        assert unit is not None
    said = {"role": "archivist", "unit": str(unit.id), "deputy_for": "archivist"}
    assert guard.submit(f"/people/{number}/grants", **said).status_code == 422
    last = (clock.today() + timedelta(days=3)).isoformat()
    assert guard.submit(f"/people/{number}/grants", **said, ends_on=last).status_code == 303
    page = flat(guard.get(f"/people/{number}").text)
    assert "代理 张三" in page
    assert last in page
    for wrong in ({"ends_on": "soon"}, {"role": "king"}, {"deputy_for": "nobody"}):
        assert guard.submit(f"/people/{number}/grants", **{**said, "ends_on": last, **wrong}).status_code == 422


def test_units_are_added_in_their_tree(keeper: Browser, guard: Browser, world: World) -> None:
    with world.services.database.reading() as session:
        unit = people.unit_by_code(session, "A")
        assert unit is not None
    said = {"code": "A-1", "name": "城关班", "unit": str(unit.id)}
    assert keeper.submit("/people/units", **said).status_code == 303
    assert "城关班" in keeper.get("/people/units").text
    assert keeper.submit("/people/units", **said).status_code == 409
    assert guard.submit("/people/units", **{**said, "code": "A-2"}).status_code == 404


def test_the_table_of_roles_is_the_programs_own(keeper: Browser) -> None:
    page = flat(keeper.get("/people/roles").text)
    row = re.search(r"授予和撤销角色</th>(.*?)</tr>", page)
    assert row is not None
    cells = [("可以</span>" in cell.replace("不可以", "")) for cell in row.group(1).split("<td")[1:]]
    assert cells == [role is Role.SECURITY_ADMIN for role in Role]


def test_why_somebody_cannot_see_a_household_is_said_rule_by_rule(world: World, guard: Browser) -> None:
    far = flat(guard.get(f"/people/why?login=staff&kind=household&object={world.far.account_no}").text)
    assert "不能" in far
    assert "角色只在别的单位有效" in far
    assert FAR_NAME not in far
    near = flat(guard.get(f"/people/why?login=staff&kind=household&object={world.near.account_no}").text)
    assert "不符合" not in near
    image = flat(guard.get(f"/people/why?login=staff&kind=image&object={world.near.personal_item}").text)
    assert "没有包含所需权限" in image
    assert guard.get("/people/why?login=staff&kind=item&object=999999").status_code == 404
    assert guard.get("/people/why?login=nobody&kind=item&object=1").status_code == 404


def test_no_administrator_reads_a_record(world: World, keeper: Browser, guard: Browser) -> None:
    for browser in (keeper, guard):
        for address in (
            f"/households/{world.near.account_no}",
            f"/items/{world.near.internal_item}",
            f"/items/{world.near.personal_item}/pages/1/image",
            f"/scans/{world.near.scan}",
        ):
            assert browser.get(address).status_code == 404, address
        for address in ("/search?q=A", "/cases", "/review", "/scans"):
            assert browser.get(address).status_code == 403, address
