"""Which account an identity of the provider opens: ties, logins, accounts that are made, second factors."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.errors import NotPermitted
from archive_service.people import actions, totp
from archive_service.people.oidc import links
from archive_service.people.roles import Role
from archive_service.people.tables import Person
from tests.support import records
from tests.support.odd_provider import OddProvider
from tests.web.conftest import World
from tests.web.through_provider import (
    browsers,
    come_back,
    last_in,
    refused,
    sent_to,
    tied,
    told,
)


def test_a_closed_account_stays_closed_and_says_so(world: World, odd: OddProvider) -> None:
    person_id = tied(world, odd.issuer, "s-1")
    with world.services.database.unit_of_work() as session:
        actions.set_active(session, person_id=person_id, active=False, by=records.system(session), now=clock.now())
    with browsers(world, odd.issuer) as (browser,):
        refused(come_back(browser), "已停用", browser)
    assert told(world, "person.sign-in-failed")[-1]["why"] == "closed"


def test_a_login_ties_only_where_it_is_set_and_never_an_administrator(world: World, odd: OddProvider) -> None:
    odd.claims = {"sub": "s-2", "preferred_username": "staff"}
    with browsers(world, odd.issuer) as (browser,):
        refused(come_back(browser), "还没有对应的档案账号", browser)
    with browsers(world, odd.issuer, oidc_login_claim="preferred_username") as (browser,):
        assert come_back(browser).headers["location"] == "/cases"
        assert told(world, "sign-on.tied") == [{"issuer": odd.issuer, "subject": "s-2"}]
        browser.submit("/sign-out")
        # What somebody is called may change and be given to another; the subject is who they are.
        odd.claims["preferred_username"] = "auditor"
        assert come_back(browser).headers["location"] == "/cases"
        assert last_in(world) == "staff"
        browser.submit("/sign-out")
        odd.claims = {"sub": "s-3", "preferred_username": "staff"}
        refused(come_back(browser), "已绑定另一个身份", browser)
        odd.claims = {"sub": "s-4", "preferred_username": "sysadmin"}
        refused(come_back(browser), "管理员的账号不按登录名自动绑定", browser)
        # Where the token does not say the login, the provider is asked for it; about this very subject.
        odd.claims, odd.userinfo = {"sub": "s-5"}, {"sub": "s-6", "preferred_username": "auditor"}
        refused(come_back(browser), "还没有对应的档案账号", browser)
        odd.userinfo["sub"] = "s-5"
        assert come_back(browser).status_code == 303


def test_an_address_that_nobody_verified_is_no_login(world: World, odd: OddProvider) -> None:
    with world.services.database.unit_of_work() as session:
        records.person(session, "zhou@power.example", at=records.unit(session, "A"))
    with browsers(world, odd.issuer, oidc_login_claim="email") as (browser,):
        for verified in (None, False, "true"):
            odd.claims = {"sub": "s-1", "email": "zhou@power.example", "email_verified": verified}
            refused(come_back(browser), "还没有对应的档案账号", browser)
        odd.claims["email_verified"] = True
        assert come_back(browser).status_code == 303


def test_accounts_are_made_only_where_it_is_set_and_have_no_right(world: World, odd: OddProvider) -> None:
    odd.claims = {"sub": "s-9", "preferred_username": "new.one", "name": "新人"}
    with browsers(world, odd.issuer, oidc_login_claim="preferred_username") as (browser,):
        refused(come_back(browser), "还没有对应的档案账号", browser)
    setting = {"oidc_login_claim": "preferred_username", "oidc_new_people_unit": world.near.code}
    with browsers(world, odd.issuer, **setting) as (browser,):
        assert come_back(browser).status_code == 303
        assert browser.get("/me").status_code == 200
        assert browser.get(f"/households/{world.near.account_no}").status_code == 404
        browser.submit("/sign-out")
        odd.claims = {"sub": "s-10", "preferred_username": "no login at all"}
        refused(come_back(browser), "还没有对应的档案账号", browser)
    with world.services.database.reading() as session:
        made = session.scalars(select(Person).where(Person.login == "new.one")).one()
        assert (made.name, made.unit_id, made.must_change_password) == ("新人", world.near.unit, False)


def test_the_providers_second_factor_counts_only_as_it_is_set(world: World, odd: OddProvider) -> None:
    tied(world, odd.issuer, "s-1")
    needed = {"second_factor_roles": Role.STAFF.value}
    odd.claims |= {"amr": ["pwd", "otp"], "acr": "gold"}
    with browsers(world, odd.issuer, **needed) as (browser,):
        come_back(browser)
        assert browser.get("/cases").headers["location"] == "/me/second-factor"
    for setting in ({"oidc_amr": "otp"}, {"oidc_acr": "silver,gold"}):
        with browsers(world, odd.issuer, **needed, **setting) as (browser,):
            assert parse_qs(urlsplit(sent_to(browser)).query).get("acr_values") == (
                ["silver gold"] if "oidc_acr" in setting else None
            )
            come_back(browser)
            assert browser.get("/cases").status_code == 200
    odd.claims |= {"amr": ["pwd"], "acr": "bronze"}
    with browsers(world, odd.issuer, **needed, oidc_amr="otp", oidc_acr="gold") as (browser,):
        come_back(browser)
        assert browser.get("/cases").headers["location"] == "/me/second-factor"


def test_who_has_a_factor_of_their_own_gives_it_once_before_the_providers_counts(
    world: World, odd: OddProvider
) -> None:
    """Whoever ties an identity to somebody else's account does not get past what protects it."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    with world.services.database.unit_of_work() as session:
        staff = session.scalars(select(Person).where(Person.login == "staff")).one()
        staff.totp_secret, staff.totp_since = secret, clock.now()
    tied(world, odd.issuer, "s-1")
    odd.claims |= {"amr": ["otp"]}
    with browsers(world, odd.issuer, oidc_amr="otp") as (browser,):
        assert come_back(browser).headers["location"] == "/sign-in/code?next=%2Fcases"
        assert browser.get("/cases").headers["location"].startswith("/sign-in")
        code = totp.code_at(secret, totp.step_of(clock.now()))
        given = browser.post("/sign-in/code", data={"code": code, "next": "/cases"})
        assert given.headers["location"] == "/cases"
        browser.submit("/sign-out")
        assert come_back(browser).headers["location"] == "/cases"
        browser.submit("/sign-out")
    # The provider's word alone, where it is not set to count, never does.
    with browsers(world, odd.issuer) as (browser,):
        assert come_back(browser).headers["location"].startswith("/sign-in/code")


def test_a_first_password_hinders_nobody_who_does_not_use_it(world: World, odd: OddProvider) -> None:
    tied(world, odd.issuer, "s-1", "newcomer")
    with browsers(world, odd.issuer) as (browser,):
        come_back(browser)
        assert browser.get("/cases").status_code == 200


def test_an_administrator_ties_and_unties_on_the_page_of_a_person(world: World, odd: OddProvider) -> None:
    address = f"/people/{world.near.person}"
    with browsers(world, odd.issuer, 2) as (keeper, colleague):
        keeper.sign_in("sysadmin")
        page = keeper.get(address)
        assert "没有绑定" in page.text
        assert keeper.submit(f"{address}/sign-on", subject="").status_code == 422
        done = keeper.submit(f"{address}/sign-on", subject=" s-1 ")
        assert done.headers["location"] == f"{address}?done=tied"
        assert "s-1" in keeper.get(address).text
        assert keeper.submit(f"{address}/sign-on", subject="s-7").status_code == 409
        assert keeper.submit(f"/people/{world.far.person}/sign-on", subject="s-1").status_code == 409
        assert come_back(colleague).status_code == 303
        assert colleague.get("/cases").status_code == 200

        asks = keeper.get(f"{address}/sign-on/ask")
        assert asks.status_code == 200
        assert "解除绑定" in asks.text
        assert keeper.submit(f"{address}/sign-on/end").status_code == 422
        done = keeper.submit(f"{address}/sign-on/end", reason_code="绑错了人", reason="同名")
        assert done.headers["location"] == f"{address}?done=untied"
        assert told(world, "sign-on.untied")[-1]["reason"] == "绑错了人：同名"
        assert colleague.get("/cases").headers["location"].startswith("/sign-in")
        refused(come_back(colleague), "还没有对应的档案账号", colleague)


def test_nobody_but_who_keeps_the_accounts_of_a_unit_ties_there(world: World, odd: OddProvider) -> None:
    with world.services.database.unit_of_work() as session:
        records.person(session, "secadmin", roles=[Role.SECURITY_ADMIN])
        records.person(session, "local", roles=[Role.SYSTEM_ADMIN], at=records.unit(session, "A"))
    with browsers(world, odd.issuer, 3) as (guard, staff, local):
        guard.sign_in("secadmin")
        staff.sign_in("staff")
        local.sign_in("local")
        for browser, person in ((guard, world.near.person), (staff, world.near.person), (local, world.far.person)):
            for address in (f"/people/{person}/sign-on", f"/people/{person}/sign-on/end"):
                assert browser.submit(address, subject="s-1", reason="x").status_code == 404, address
        assert local.submit(f"/people/{world.near.person}/sign-on", subject="s-1").status_code == 303
    assert len(told(world, "sign-on.tied")) == 1


def test_nobody_ties_an_identity_to_themselves(world: World) -> None:
    with world.services.database.unit_of_work() as session:
        by = records.viewer(session, Role.SYSTEM_ADMIN)
        wanted = {"issuer": "https://id.example", "subject": "s-1", "by": by, "now": clock.now()}
        with pytest.raises(NotPermitted):
            links.tie(session, person_id=by.person_id or 0, **wanted)  # type: ignore[arg-type]
