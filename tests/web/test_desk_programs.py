"""The catalogue desk, people and rights, and what is the caller's own, for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive_service import clock
from archive_service.catalogue import load
from archive_service.people import queries as people
from archive_service.people.roles import Role
from archive_service.people.scopes import Scope
from archive_service.people.tokens import issue_token
from tests.support import records
from tests.web.conftest import Browser, World
from tests.web.programs import Program, program

TEXT = """edition: A-2
based_on: '2018'
for_unit: A
title_zh: 增补二
title_en: additions two
effective_from: 2026-06-01
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of released editions, used by this process while the test runs."""
    before = load.own_folder()
    load.use_folder(tmp_path / "catalogue")
    yield tmp_path / "catalogue"
    load.use_folder(before or tmp_path / "none")


@pytest.fixture
def archivist(world: World) -> Iterator[Program]:
    with program(world, "archivist") as one:
        yield one


@pytest.fixture
def head(world: World) -> Iterator[Program]:
    with program(world, "unit_head") as one:
        yield one


@pytest.fixture
def keeper(world: World) -> Iterator[Program]:
    """The security administrator, who gives rights."""
    with world.services.database.unit_of_work() as session:
        records.person(session, "keeper", roles=[Role.SECURITY_ADMIN], at=records.unit(session))
    with program(world, "keeper") as one:
        yield one


def test_an_edition_goes_from_draft_to_submission_and_back(
    world: World, folder: Path, archivist: Program, head: Program
) -> None:
    """Every fault of the text is told by its line; who saw another revision overwrites nothing."""
    bad = archivist.post("/api/v1/catalogue/drafts", json={"text": "edition: X"})
    assert (bad.status_code, bad.json()["code"]) == (409, "edition.bad")
    assert {"line", "message"} <= set(bad.json()["facts"]["findings"][0])
    headers = {"Idempotency-Key": "draft-0001"}
    made = [archivist.post("/api/v1/catalogue/drafts", json={"text": TEXT}, headers=headers) for _ in range(2)]
    assert (made[0].status_code, made[0].json()) == (201, made[1].json()), made[0].text
    address = f"/catalogue/drafts/{made[0].json()['draft']}"
    seen = archivist.get(f"/api/v1{address}").headers["etag"]
    newer = archivist.put(
        f"/api/v1{address}", json={"text": TEXT.replace("增补二", "增补三")}, headers={"If-Match": seen}
    )
    assert (newer.status_code, newer.json()["title"]) == (200, "增补三"), newer.text
    stale = archivist.put(f"/api/v1{address}", json={"text": TEXT}, headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["code"]) == (412, "record.changed")
    assert archivist.done(f"{address}/submit")["state"] == "submitted"
    assert head.refused(f"{address}/release") == (409, "edition.not-previewed")
    check = head.done(f"{address}/preview")
    assert head.told(f"/catalogue/checks/{check['check']}")["check"]["purpose"] == "preview"
    assert [one["check"] for one in head.told(f"{address}/checks")["checks"]] == [check["check"]]
    back = head.done(f"{address}/return", reason="请补充来源")
    assert (back["state"], back["note"]) == ("draft", "请补充来源")
    assert archivist.done(f"{address}/drop")["state"] == "dropped"
    assert {one["code"]: one["state"] for one in archivist.told("/catalogue/drafts")["drafts"]}["A-2"] == "dropped"


def test_editions_are_listed_and_laid_side_by_side(archivist: Program) -> None:
    """The one in force is among them, and an edition differs from itself in nothing."""
    known = archivist.told("/catalogue")
    codes = [one["code"] for one in known["central"]]
    assert known["in_force"] in codes
    assert archivist.told("/catalogue/compare", left=codes[0], right=codes[0])["changes"] == []
    assert archivist.get("/api/v1/catalogue/compare?left=none").status_code == 404


def test_a_role_is_given_and_taken(world: World, keeper: Program) -> None:
    """Once, seen by who asks why; what somebody else changed meanwhile is not overwritten."""
    address = f"/people/{world.near.person}"
    seen = keeper.get(f"/api/v1{address}").headers["etag"]
    wanted = {"role": "archivist", "unit": world.near.unit, "ends_on": (clock.today() + timedelta(days=3)).isoformat()}
    given = keeper.post(f"/api/v1{address}/grants", json=wanted, headers={"If-Match": seen})
    assert given.status_code == 200, given.text
    assert {(one["role"], one["ends_on"]) for one in given.json()["grants"]} >= {("archivist", wanted["ends_on"])}
    late = keeper.post(f"/api/v1{address}/grants", json={**wanted, "role": "unit_head"}, headers={"If-Match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "record.changed")
    login = given.json()["login"]
    why = keeper.told("/people/why", login=login, object=world.near.account_no, kind="household")
    assert why["allowed"]
    taken = [keeper.done(f"{address}/revoke", role=role, unit=world.near.unit) for role in ("archivist", "staff")]
    assert taken[-1]["grants"] == []
    why = keeper.told("/people/why", login=login, object=world.near.account_no, kind="household")
    assert (why["allowed"], next(one["rule"] for one in why["steps"] if not one["holds"])) == (False, "role")


def test_an_account_is_closed_for_a_reason(world: World) -> None:
    """By the system administrator, who gives no rights and sees no passwords here."""
    address = f"/people/{world.near.person}"
    with program(world, "sysadmin") as admin:
        assert admin.refused(f"{address}/active", active=False) == (422, "people.reason")
        assert admin.done(f"{address}/active", active=False, reason="离职")["active"] is False
        assert admin.done(f"{address}/active", active=True)["active"] is True
        assert "password" not in set(admin.told(address)) - {"must_change_password"}
        assert admin.refused(f"{address}/grants", role="auditor", unit=world.near.unit)[0] == 404
        made = admin.done("/people/units", code="A1", name="甲一站", below=world.near.unit)
        assert (made["code"], made["below"]) == ("A1", str(world.near.unit))
        assert made["unit"] in [one["unit"] for one in admin.told("/people/units")["units"]]
        assert "roles.grant" in {
            right
            for one in admin.told("/people/roles")["roles"]
            if one["role"] == "security_admin"
            for right in one["rights"]
        }
    with program(world, "archivist") as archivist:
        assert archivist.get(f"/api/v1{address}").status_code == 404
        assert archivist.get("/api/v1/people").status_code == 403


def test_no_operation_hands_out_credentials(anonymous: Browser) -> None:
    """Passwords, second factors and tokens are for people at a screen."""
    paths = anonymous.get("/api/v1/openapi.json").json()["paths"]
    assert not [path for path in paths if any(word in path for word in ("password", "second-factor", "tokens"))]


def test_a_token_cut_to_scopes_reaches_neither_people_nor_sign_ins(world: World, anonymous: Browser) -> None:
    """Whatever its person may do; one without limits reaches what its person reaches."""
    with world.services.database.unit_of_work() as session:
        owner = people.viewer_by_login(session, "sysadmin")
        assert owner is not None
        until = clock.now() + timedelta(days=1)
        cut, _ = issue_token(session, by=owner, label="监控", expires_at=until, now=clock.now(), scopes=[Scope.HEALTH])
        whole, _ = issue_token(session, by=owner, label="人事", expires_at=until, now=clock.now())
    for address in ("/api/v1/people", "/api/v1/me/sign-ins"):
        found = [anonymous.get(address, headers={"Authorization": f"Bearer {one}"}) for one in (cut, whole)]
        assert [one.status_code for one in found] == [403, 200], address
        assert found[0].json()["code"] == "token.scope"


def test_own_sign_ins_and_searches_are_kept_and_ended(world: World, archivist: Program) -> None:
    """A second browser is signed out by the first; a search is kept under its name, and forgotten."""
    with program(world, "archivist") as other:
        (theirs,) = [one for one in other.told("/me/sign-ins")["sign_ins"] if one["current"]]
        left = archivist.done(f"/me/sign-ins/{theirs['sign_in']}/end")["sign_ins"]
        assert theirs["sign_in"] not in [one["sign_in"] for one in left]
        assert other.get("/api/v1/me/sign-ins").status_code == 401
    saved = archivist.put("/api/v1/me/searches/缺合同", json={"search": "/search?q=合同"}).json()["saved"]
    assert [(one["name"], one["search"]) for one in saved] == [("缺合同", "/search?q=合同")]
    assert archivist.put("/api/v1/me/searches/x", json={"search": "//evil.test"}).status_code == 422
    assert archivist.delete("/api/v1/me/searches/缺合同").json()["saved"] == []
