"""Programs that walk through the interface as its document says, from answer to answer, as three roles with a token.

`ARCHIVE_TEST_WALKS` makes the walks that many times as many.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.generation.case import Case
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema
from sqlalchemy import make_url

from archive_service import clock
from archive_service.people import queries as people
from archive_service.people.tokens import issue_token
from archive_service.web import guard
from tests.web.conftest import Browser, World

TIMES = int(os.environ.get("ARCHIVE_TEST_WALKS", "1"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
LISTS = ("cases", "scans", "jobs", "search", "webhooks", "batches", "review", "samples", "findings", "drafts")
#: What each of the three roles gets to from a list.
READ_BY_ALL = {
    "GET /api/v1/households/{account_no}",
    "GET /api/v1/items/{item_id}",
    "GET /api/v1/cases/{application_no}/gaps",
    "GET /api/v1/cases/{application_no}/life",
}
#: A busy machine is no fault of the program.
PATIENCE_S = 120
ROLES = ["archivist", "staff", "auditor"]
ON_POSTGRESQL = pytest.param("archivist", "postgresql", marks=pytest.mark.service)
#: The same walks every time: a test that fails on Tuesdays helps nobody.
BOUNDED: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],
}


def token_of(world: World, login: str) -> str:
    """A token of this person for all that they may do."""
    now = clock.now()
    with world.services.database.unit_of_work() as session:
        owner = people.viewer_by_login(session, login)
        assert owner is not None
        token, _ = issue_token(session, by=owner, label="巡检", expires_at=now + timedelta(days=1), now=now)
    return token


@pytest.fixture
def document(world: World, monkeypatch: pytest.MonkeyPatch) -> OpenApiSchema:
    """The document as the program hands it out."""
    monkeypatch.setattr(guard, "UPLOADS_AT_ONCE", 10_000)
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", world.app)


def check(response: Any, case: Case) -> None:
    """What a document or the program is to blame for; that a file is still being made is neither."""
    if response.status_code == 503 and response.json()["code"] == "rendition.not-ready":
        return
    case.validate_response(response, checks=CHECKS)


@contextmanager
def same_start(world: World) -> Iterator[Callable[[], None]]:
    """Yield what puts the records back to how they are now: a walk that depends on the one before cannot be told."""
    there = make_url(world.services.settings.url()).database
    assert there
    with closing(sqlite3.connect(":memory:")) as kept:
        with closing(sqlite3.connect(there)) as database:
            database.backup(kept)

        def restore() -> None:
            with closing(sqlite3.connect(there, timeout=PATIENCE_S)) as database:
                kept.backup(database)

        yield restore


# What the walks change is put back by the means of a file; single requests are made to both databases.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", ROLES)
def test_no_walk_that_the_document_allows_breaks_anything(world: World, document: OpenApiSchema, role: str) -> None:
    """From each answer to what it names: no fault, and every answer as the document describes it."""
    headers = {"Authorization": f"Bearer {token_of(world, role)}"}
    with same_start(world) as restore:
        walk = walks(document, headers, restore)
        run_state_machine_as_test(walk, settings=settings(**BOUNDED, max_examples=25 * TIMES, stateful_step_count=8))


def walks(document: OpenApiSchema, headers: dict[str, str], restore: Callable[[], None]) -> Any:
    """The walks that the document allows; each begins with the same records."""

    class Walk(document.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            restore()
            self.calls = 0

        def before_call(self, case: Case) -> None:
            # What is made up narrows a list to nothing, from which no walk goes on: every other one is asked for whole.
            self.calls += 1
            if case.operation.path.rpartition("/")[2] in LISTS and self.calls % 2:
                case.query = {}

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            return {"headers": headers, "timeout": PATIENCE_S}

        def validate_response(self, response: Any, case: Case, **_: Any) -> None:
            check(response, case)

    return Walk


@pytest.mark.parametrize("role", ROLES)
def test_links_of_the_document_lead_from_lists_to_records(world: World, anonymous: Browser, role: str) -> None:
    """Lists are asked for whole, then what their answers name, as the links say, until nothing new is named."""
    anonymous.headers["Authorization"] = f"Bearer {token_of(world, role)}"
    reached = followed(anonymous)
    assert {label for label, status in reached.items() if status == 200} >= READ_BY_ALL
    # A package that fails the check of what leaves stays: 409.
    assert set(reached.values()) <= {200, 403, 404, 409, 422, 503}


def followed(browser: Browser) -> dict[str, int]:
    """Read every list, and from each answer what its links name; give the status of each operation by its label."""
    paths = browser.get("/api/v1/openapi.json").json()["paths"]
    reading = {path: one["get"] for path, one in paths.items() if "get" in one}
    by_id = {one["operationId"]: path for path, one in reading.items()}
    waiting: list[tuple[str, dict[str, str]]] = [(path, {}) for path in reading if "{" not in path]
    reached: dict[str, int] = {}
    while waiting:
        path, places = waiting.pop(0)
        if reached.get(f"GET {path}") == 200:
            continue
        answer = browser.get(path.format(**places))
        reached[f"GET {path}"] = answer.status_code
        described = reading[path]["responses"].get(str(answer.status_code), {})
        for link in described.get("links", {}).values():
            found = {name: named(how, answer, places) for name, how in link["parameters"].items()}
            there = by_id.get(link["operationId"], "{}")
            # A number of a page or the kind of a paper is no record: nothing names it.
            if set(re.findall(r"{(\w*)}", there)) == set(found) and None not in found.values():
                waiting.append((there, {name: str(value) for name, value in found.items()}))
    return reached


def named(how: str, answer: Any, places: dict[str, str]) -> Any:
    """What a link's expression stands for: a place of the request's path, or something in the body of its answer."""
    if how.startswith("$request.path."):
        return places[how.removeprefix("$request.path.")]
    found = answer.json()
    for step in how.removeprefix("$response.body#/").split("/"):
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found


# PostgreSQL hears of every operation once: what it refuses to be asked does not depend on who asks.
@pytest.mark.parametrize(
    ("role", "database_url"), [*((one, "sqlite") for one in ROLES), ON_POSTGRESQL], indirect=["database_url"]
)
def test_no_single_request_breaks_anything(world: World, document: OpenApiSchema, role: str) -> None:
    """Each operation by itself, with what its document allows and with what it does not."""
    headers = {"Authorization": f"Bearer {token_of(world, role)}"}
    for found in document.get_all_operations():
        operation = found.ok()
        for mode in schemathesis.GenerationMode:

            @settings(**BOUNDED, max_examples=2 * TIMES)
            @given(operation.as_strategy(generation_mode=mode))
            def ask(case: Case) -> None:
                check(case.call(headers=headers, timeout=PATIENCE_S), case)

            ask()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer never-issued"}])
def test_nothing_is_given_to_whom_nobody_knows(document: OpenApiSchema, headers: dict[str, str]) -> None:
    """Whatever is asked without a token, or with one that was never issued, is answered by 401 and nothing else."""
    for found in document.get_all_operations():
        operation = found.ok()

        @settings(**BOUNDED, max_examples=TIMES)
        @given(operation.as_strategy())
        def ask(case: Case) -> None:
            case.headers.pop("Authorization", None)
            answer = case.call(headers=headers, timeout=PATIENCE_S)
            assert (answer.status_code, answer.json()["code"]) == (401, "sign-in.required"), case.operation.label
            check(answer, case)

        ask()
