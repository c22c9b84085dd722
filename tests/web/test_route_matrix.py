"""Every operation of the program against everybody who could ask for it, as route_matrix.yaml says.

The operations are those of the program itself: one without a row fails, and so does a row without an operation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from archive_service.people.roles import Role
from archive_service.web import guard
from tests.support import records
from tests.web.conftest import FAR_NAME, Browser, Centre, World
from tests.web.test_doors import addresses, places_of

#: Who may do what is decided before any database is asked; that the queries keep to it on each is tested with them.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("route_matrix.yaml").read_text("utf-8"))
ROLES: list[str] = TABLE["roles"].split()
ROWS: dict[str, tuple[str, list[str], list[str]]] = {}
for operation, line in TABLE["rows"].items():
    nobody, near, far = (part.split() for part in line.split("|"))
    ROWS[operation] = (
        nobody[0],
        near * len(ROLES) if len(near) == 1 else near,
        far * len(ROLES) if len(far) == 1 else far,
    )
#: Operations that change who is signed in come last.
LAST = ("POST /sign-out",)


def operations(world: World) -> list[str]:
    """Every operation of the program, those that end the sign-in last."""
    found = [f"{method} {path}" for path, methods in addresses(world).items() for method in sorted(methods)]
    return sorted(found, key=lambda one: (one in LAST, found.index(one)))


def ask(browser: Browser, operation: str, centre: Centre, token: str) -> httpx.Response:
    """Ask for an operation on what a centre holds, with the least that gets past the reading of the request."""
    method, path = operation.split(" ", 1)
    places = {name: str(value) for name, value in places_of(centre).items()}
    address = re.sub(r"\{(\w+)\}", lambda found: places[found.group(1)], path)
    said = filled(TABLE["bodies"].get(operation, {}), places)
    if said.get("json") is not None or path.startswith("/api/"):
        files = {"file": ("a.pdf", b"%PDF-1.4", "application/pdf")} if "file" in said else None
        json = None if files else said.get("json")
        address += said.get("query", "")
        return browser.request(method, address, json=json, files=files, headers={"X-Form-Token": token})
    if method == "GET":
        return browser.get(address + said.get("query", ""))
    files = {"files": ("a.pdf", b"%PDF-1.4", "application/pdf")} if "file" in said else None
    return browser.request(method, address, data={"token": token, **said.get("form", {})}, files=files)


def filled(said: Any, places: Mapping[str, str]) -> Any:
    """`said` with the numbers of a centre in the places that are marked."""
    if isinstance(said, dict):
        return {key: filled(value, places) for key, value in said.items()}
    if isinstance(said, list):
        return [filled(value, places) for value in said]
    return re.sub(r"\{(\w+)\}", lambda found: places[found.group(1)], said) if isinstance(said, str) else said


def outcome(answer: httpx.Response) -> str:
    """What became of a request: `ok` is everything that got past the rights, a refusal by another rule included."""
    to = answer.headers.get("location", "")
    if answer.status_code == 401 or (to.startswith("/sign-in") and "done=" not in to):
        return "in"
    if answer.status_code in (403, 404):
        return str(answer.status_code)
    return "fault" if answer.status_code >= 500 and answer.status_code != 503 else "ok"


@pytest.fixture
def someone(world: World, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A browser signed in with one role in centre A."""
    with world.services.database.unit_of_work() as session:
        at = records.unit(session, "A")
        records.person(session, "someone", roles=[Role(request.param)], at=at)
    with Browser(world.app, base_url="http://archive.test", follow_redirects=False) as browser:
        yield browser.sign_in("someone")


def test_every_operation_has_a_row_and_every_row_an_operation(world: World) -> None:
    """A new route is thought about for everybody before it is there."""
    assert set(operations(world)) == set(ROWS)
    assert set(TABLE["bodies"]) <= set(ROWS)
    assert [role.value for role in Role] == ROLES
    assert {len(part) for row in ROWS.values() for part in row[1:]} == {len(ROLES)}


def test_nobody_gets_past_the_door_but_where_the_table_says_so(world: World, anonymous: Browser) -> None:
    """Without a sign-in only the pages that say nothing of any record answer."""
    found = {one: outcome(ask(anonymous, one, world.near, "")) for one in operations(world)}
    # What a signed-out person may ask for is not refused for its form either.
    assert {one: ROWS[one][0] for one in found} == {one: "open" if was == "ok" else was for one, was in found.items()}


@pytest.mark.parametrize("someone", ROLES, indirect=True)
def test_a_role_gets_in_its_unit_and_in_another_what_the_table_says(
    world: World, someone: Browser, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another unit's things first: what is refused there changes nothing, and nothing of it is told."""
    monkeypatch.setattr(guard, "UPLOADS_AT_ONCE", 10_000)
    number, token, wrong = ROLES.index(request.node.callspec.params["someone"]), someone.token, []
    for operation in operations(world):
        for column, centre in ((2, world.far), (1, world.near)):
            expected = ROWS[operation][column][number]
            if expected == "-":
                continue
            answer = ask(someone, operation, centre, token)
            if (was := outcome(answer)) != expected:
                wrong.append(f"{operation} {'far' if column == 2 else 'near'}: {was}, not {expected}")
            assert FAR_NAME not in answer.text, operation
    assert wrong == []
