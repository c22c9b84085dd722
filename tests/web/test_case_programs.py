"""What programs ask for, decide and say about a case: rulings, false alarms, clocks, calendars, papers, imports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from archive_service import clock
from archive_service.households.tables import Verdict
from ingest.tables import Scan
from tests.cli.test_import_preview import line
from tests.web.conftest import World
from tests.web.programs import Program, program
from tests.web.test_import_page import count, csv_of


@pytest.fixture
def archivist(world: World) -> Iterator[Program]:
    with program(world, "archivist") as one:
        yield one


@pytest.fixture
def head(world: World) -> Iterator[Program]:
    with program(world, "unit_head") as one:
        yield one


def missing(world: World, application_no: str) -> str:
    """A paper that a case lacks and nobody asked about."""
    with world.services.database.reading() as session:
        found = session.scalars(select(Verdict.document_type).where(Verdict.status == "missing"))
        return next(one for one in found if one != "K01R")


def test_a_gap_is_asked_about_decided_and_withdrawn(world: World, archivist: Program, head: Program) -> None:
    """Asked once for its key, approved by somebody else, and gone from what is owed until it is withdrawn."""
    address = f"/cases/{world.near.application_no}"
    paper = missing(world, world.near.application_no)
    owed = {
        task["document_type"]: task["act"] for one in archivist.told(f"{address}/gaps")["owed"] for task in one["tasks"]
    }
    assert owed[paper] == "collect"
    until = (clock.today() + timedelta(days=5)).isoformat()
    said = {"document_type": paper, "kind": "deferred", "reason": "客户下周补交", "until": until}
    headers = {"Idempotency-Key": "ruling-0001"}
    asked = [archivist.post(f"/api/v1{address}/rulings", json=said, headers=headers) for _ in range(2)]
    assert (asked[0].status_code, asked[0].json()) == (201, asked[1].json()), asked[0].text
    newest = asked[0].json()["rulings"][0]
    assert (newest["document_type"], newest["state"], newest["until"]) == (paper, "asked", until)
    assert archivist.refused(f"{address}/rulings", **said) == (409, "ruling.asked-already")
    assert archivist.refused(f"/rulings/{newest['ruling']}/decide", approve=True)[0] == 403
    approved = head.done(f"/rulings/{newest['ruling']}/decide", approve=True, note="同意")
    assert (approved["state"], approved["note"]) == ("approved", "同意")
    assert newest["ruling"] in [one["ruling"] for one in head.told("/rulings")["rulings"]]
    tasks = [task for one in archivist.told(f"{address}/gaps")["owed"] for task in one["tasks"]]
    assert [task["act"] for task in tasks if task["document_type"] == paper] == ["bring_later"]
    assert archivist.done(f"/rulings/{newest['ruling']}/withdraw", reason="已补交")["state"] == "withdrawn"


def test_what_another_unit_asks_for_is_not_to_be_decided_here(world: World, head: Program) -> None:
    """Nor seen."""
    assert head.refused(f"/rulings/{world.far.ruling}/decide", approve=True)[0] == 404
    assert head.get(f"/api/v1/cases/{world.far.application_no}/gaps").status_code == 404
    assert [one["ruling"] for one in head.told("/rulings")["rulings"]] == [str(world.near.ruling)]


def test_the_clocks_of_a_case_are_stopped_started_and_explained(world: World, archivist: Program) -> None:
    """A pause that lasts refuses another; a reason is given once for a clock that was missed."""
    address = f"/cases/{world.near.application_no}"
    clocks = archivist.done(f"{address}/pause", first_on="2026-11-17", reason="客户未交产权证")
    assert clocks == archivist.told(f"{address}/clocks")
    assert archivist.refused(f"{address}/pause", first_on="2026-11-17", reason="再停") == (409, "pause.lasting")
    clocks = archivist.done(f"{address}/resume")
    assert archivist.refused(f"{address}/resume") == (409, "pause.none")
    assert archivist.told(f"{address}/lateness") == []
    for one in clocks:
        late = one["standing"] in ("late", "overdue")
        said = {"clock": one["of"], "code": "customer", "note": "客户出差"}
        if late:
            assert said["clock"] in [row["clock"] for row in archivist.done(f"{address}/lateness", **said)]
        else:
            assert archivist.refused(f"{address}/lateness", **said) == (409, "lateness.none")


def test_an_account_with_an_open_case_is_not_closed(world: World, archivist: Program) -> None:
    """With the page's own refusal; another unit's account is none."""
    assert archivist.refused(f"/households/{world.near.account_no}/close")[0] == 409
    assert archivist.refused(f"/households/{world.far.account_no}/close") == (404, "household.not-found")


def test_a_holiday_table_is_kept_in_the_place_of_the_one_before(
    world: World, head: Program, archivist: Program
) -> None:
    """The head keeps it; who only reads does not."""
    day = {"day": "2027-01-01", "works": False, "name": "元旦"}
    kept = head.put("/api/v1/calendars/A/2027", json={"days": [day]})
    assert kept.status_code == 200, kept.text
    assert [(one["day"], one["works"], one["name"]) for one in kept.json()["days"]] == [("2027-01-01", False, "元旦")]
    assert head.put("/api/v1/calendars/A/2027", json={"days": []}).json()["days"] == []
    assert archivist.put("/api/v1/calendars/A/2027", json={"days": [day]}).status_code == 403
    assert head.put("/api/v1/calendars/B/2027", json={"days": [day]}).status_code == 404
    wrong = head.put("/api/v1/calendars/A/2027", json={"days": [{**day, "day": "2028-01-01"}]})
    assert wrong.status_code == 422


def test_a_paper_that_the_program_writes_is_handed_in_once(world: World, archivist: Program) -> None:
    """The same bytes a second time are the same scan."""
    address = f"/cases/{world.near.application_no}/papers/contents/file"
    first = archivist.post(f"/api/v1{address}")
    if first.status_code == 409:
        pytest.fail(first.text)
    again = archivist.done(address)
    assert (first.json()["new"], again["new"], again["scan"]) == (True, False, first.json()["scan"])
    with world.services.database.reading() as session:
        assert session.get_one(Scan, int(again["scan"])).unit_id == world.near.unit


def test_an_import_says_first_what_it_would_do(world: World, archivist: Program) -> None:
    """Nothing is written by the preview; the import writes what is good and says what is not."""
    rows = csv_of(line(1, centre="A"), line(2, centre="A", capacity_kva="many")).decode("utf-8-sig")
    before = count(world)
    fates = archivist.done("/cases/import/preview", rows=rows)["rows"]
    assert [one["outcome"] for one in fates] == ["created", "refused"]
    assert fates[1]["error"]["column"] == "capacity_kva"
    assert count(world) == before
    headers = {"Idempotency-Key": "import-0001"}
    done = [archivist.post("/api/v1/cases/import", json={"rows": rows}, headers=headers).json() for _ in range(2)]
    assert done[0] == done[1]
    assert (done[0]["created"], [one["line"] for one in done[0]["errors"]]) == (1, [fates[1]["line"]])
    assert count(world) == before + 1
    with program(world, "staff") as staff:
        assert staff.refused("/cases/import", rows=rows)[0] == 403
