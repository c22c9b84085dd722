"""The interface of the business system: what it pushes, pulls and shares, and the client of the documents."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive_service import clock
from archive_service.db.session import Database
from archive_service.people import queries as people
from archive_service.people.roles import Role
from archive_service.people.scopes import Scope
from archive_service.people.tokens import issue_token
from archive_service.settings import Settings
from tests.docs.words import ROOT
from tests.households.test_push import ACCOUNT, BARE, CASE, ENERGISED, HOUSEHOLD, SURVEYED, THE_CASE
from tests.support import records
from tests.support.server import serving
from tests.web.conftest import Browser, World


def token_of(database: Database, login: str, *scopes: Scope) -> str:
    now = clock.now()
    with database.unit_of_work() as session:
        owner = people.viewer_by_login(session, login)
        assert owner is not None
        token, _ = issue_token(
            session, by=owner, label="营销系统", expires_at=now + timedelta(days=1), now=now, scopes=scopes
        )
    return token


@pytest.fixture
def program(world: World, anonymous: Browser) -> Browser:
    """The business system with a token of the archivist of centre A."""
    token = token_of(world.services.database, "archivist", Scope.IMPORT, Scope.READ)
    anonymous.headers["Authorization"] = f"Bearer {token}"
    return anonymous


def push(program: Browser, *said: dict[str, Any], **headers: str) -> Any:
    answer = program.post("/api/v1/push", json={"records": said}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_push_is_answered_record_by_record_and_pulled_back(program: Browser) -> None:
    near = HOUSEHOLD | {"centre": "A"}
    seen = program.get("/api/v1/cases/changes").json()["seen"]
    told = push(program, SURVEYED, near, THE_CASE, {"kind": "meter"}, ENERGISED | {"application_no": "20269999999999"})
    assert [told.json()[word] for word in ("created", "changed", "unchanged", "refused")] == [2, 1, 0, 2]
    answers = told.json()["answers"]
    assert [one["place"] for one in answers] == [0, 1, 2, 3, 4]
    assert [one["code"] for one in answers] == [None, None, None, "push.kind", "push.case-first"]
    changed = program.get("/api/v1/cases/changes", params={"after": seen}).json()
    assert [(one["application_no"], one["account_no"]) for one in changed["cases"]] == [(CASE, ACCOUNT)]
    assert program.get("/api/v1/cases/changes", params={"after": changed["seen"]}).json()["cases"] == []
    head = program.get(f"/api/v1/households/{ACCOUNT}/head").json()
    assert (head["grade"], head["capacity_kva"], head["expected_load_kw"]) == ("普通", "8.00", "6.50")
    assert {one["name"] for one in head["history"]} >= {"feeder", "voltage", "account_name"}


def test_a_push_asked_for_again_under_its_key_is_done_once_and_told_the_same(program: Browser) -> None:
    near = HOUSEHOLD | {"centre": "A"}
    first, again = (push(program, near, THE_CASE, **{"Idempotency-Key": "day-2026-11-20"}) for _ in range(2))
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    assert push(program, near, THE_CASE).json()["unchanged"] == 2


def test_what_is_no_list_of_records_or_too_long_a_one_is_refused_whole(program: Browser) -> None:
    for said in ([], [BARE] * 1001, "records", [1]):
        assert program.post("/api/v1/push", json={"records": said}).status_code == 422


def test_a_token_that_only_reads_pushes_nothing(world: World, program: Browser) -> None:
    token = token_of(world.services.database, "archivist", Scope.READ)
    answer = program.post("/api/v1/push", json={"records": [BARE]}, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "token.scope")


def test_the_page_of_the_head_shows_what_holds_and_what_held(program: Browser, browser: Browser) -> None:
    near = HOUSEHOLD | {"centre": "A"}
    push(program, near, near | {"account_no": BARE["account_no"]})
    push(program, BARE | {"as_of": "2026-11-10T09:00:00+08:00", "feeder": "10kV望江线"})
    link = {"kind": "link", "link": "split", "from_account_no": ACCOUNT, "to_account_no": BARE["account_no"]}
    push(program, link | {"happened_on": "2026-11-05"})
    page = browser.get(f"/households/{BARE['account_no']}/head").text
    assert "10kV望江线" in page.partition("户信息历史")[0]
    assert "10kV清河线" in page.partition("户信息历史")[2]
    assert f'href="/households/{ACCOUNT}"' in page
    # Until now no file was without a case.
    for part in ("", "/items", "/history", "/recent"):
        assert browser.get(f"/households/{ACCOUNT}{part}").status_code == 200


def test_the_client_of_the_documents_pushes_and_pulls_against_a_real_server(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    """Run as its reader runs it, twice: the second time nothing but the moment is new."""
    with database.unit_of_work() as session:
        records.unit(session, "QH", below=records.unit(session))
        records.person(session, "archivist", roles=[Role.ARCHIVIST], at=records.unit(session, "QH"))
    token = token_of(database, "archivist", Scope.IMPORT, Scope.READ)
    with serving(settings, processes=1, log=tmp_path / "log") as server:
        surroundings = os.environ | {"ARCHIVE_URL": server.address, "ARCHIVE_TOKEN": token, "NO_PROXY": "127.0.0.1"}
        command = [sys.executable, str(ROOT / "docs" / "business_client.py"), "QH"]
        said = [
            subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True, timeout=60).stdout
            for _ in range(2)
        ]
    first, again = ([line.split()[1] for line in one.splitlines() if line.split()[0] in HEADS] for one in said)
    assert first == ["changed", "created", "created", "refused"]
    assert again == ["unchanged", "unchanged", "unchanged", "refused"]
    assert "case.date-too-early" in said[0]
    assert '"energised_on": "2026-11-06"' in said[0]
    assert '"feeder": "10kV试验线"' in said[0]


HEADS = ("household", "case", "stage", "energisation")
