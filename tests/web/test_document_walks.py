"""Programs that walk through the interface as its document says, from answer to answer, as three roles with a token.

`ARCHIVE_TEST_WALKS` makes the walks that many times as many.
"""

from __future__ import annotations

import os
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
from tests.web.conftest import World

TIMES = int(os.environ.get("ARCHIVE_TEST_WALKS", "1"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
LISTS = ("cases", "scans", "jobs", "search", "webhooks", "batches", "review", "samples", "findings", "drafts")
#: Records that the lists name, and what belongs to them.
REACHED = {
    f"GET /api/v1/{one}"
    for one in (
        "items/{item_id}", "households/{account_no}", "scans/{scan_id}", "batches/{batch_id}", "review/{document_id}",
        "inspection/samples/{sample_id}", "inspection/findings/{raised_id}", "catalogue/drafts/{draft_id}",
        "cases/{application_no}/gaps", "cases/{application_no}/life", "jobs/{job_id}",
    )
}  # fmt: skip
#: A busy machine is no fault of the program.
PATIENCE_S = 120
ROLES = ["archivist", "staff", "auditor"]
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
    headers, seen = {"Authorization": f"Bearer {token_of(world, role)}"}, []
    with same_start(world) as restore:
        walk = walks(document, headers, seen, restore)
        run_state_machine_as_test(walk, settings=settings(**BOUNDED, max_examples=25 * TIMES, stateful_step_count=8))
    named = {label for label, status in seen if status < 300 and label.startswith("GET ") and "{" in label}
    assert any(label.startswith(one) for label in named for one in REACHED), "no walk went from a list to a record"


def walks(
    document: OpenApiSchema, headers: dict[str, str], seen: list[tuple[str, int]], restore: Callable[[], None]
) -> Any:
    """The walks that the document allows; each begins with the same records, and notes what it saw."""

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
            seen.append((case.operation.label, response.status_code))
            check(response, case)

    return Walk


@pytest.mark.parametrize("role", ROLES)
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
