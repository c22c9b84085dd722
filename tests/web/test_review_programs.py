"""Batches and the review desk for programs: open, hand in, decide, cut, hold; and the rates by centre and month."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive_service.people.roles import Role
from tests.support import records
from tests.support.hostile import plain_pdf
from tests.web.conftest import World
from tests.web.programs import Program, program
from tests.web.test_review import with_second_page


@pytest.fixture
def archivist(world: World) -> Iterator[Program]:
    with program(world, "archivist") as one:
        yield one


@pytest.fixture
def second(world: World) -> Iterator[Program]:
    with world.services.database.unit_of_work() as session:
        records.person(session, "second", roles=[Role.ARCHIVIST], at=records.unit(session, "A"))
    with program(world, "second") as one:
        yield one


def test_a_batch_is_opened_filled_and_followed(world: World, archivist: Program) -> None:
    """Opened once for its key; a file that names it lies in it and nowhere else."""
    headers = {"Idempotency-Key": "batch-2026-11-30"}
    opened = [archivist.post("/api/v1/batches", json={"batch_name": "十一月"}, headers=headers) for _ in range(2)]
    assert (opened[0].status_code, opened[0].json()) == (201, opened[1].json())
    number = opened[0].json()["batch"]
    file = {"file": ("一.pdf", plain_pdf(), "application/pdf")}
    taken = archivist.post("/api/v1/scans", files=file, data={"batch": number})
    assert taken.status_code == 201, taken.text
    assert archivist.told(f"/batches/{number}")["files"] == 1
    assert [one["scan"] for one in archivist.told("/scans", batch=number)["scans"]] == [taken.json()["scan"]]
    names = {one["batch"]: one["name"] for one in archivist.told("/batches")["batches"]}
    assert names[number] == "十一月"
    assert str(world.far.batch) not in names
    assert archivist.refused("/batches", centre="B") == (404, "people.unit-not-found")
    refused = archivist.post("/api/v1/scans", files=file, data={"batch": str(world.far.batch)})
    assert refused.status_code == 404


def test_a_document_is_confirmed_and_taken_back(world: World, archivist: Program) -> None:
    """As the caller saw it, with a field corrected; the item is the same as the page would have filed."""
    address = f"/review/{world.near.document}"
    waiting = archivist.told("/review")
    assert [one["document"] for one in waiting["documents"]] == [str(world.near.document)]
    seen = archivist.get(f"/api/v1{address}")
    assert seen.json()["candidates"] == [{"document_type": "K01L", "confidence": 0.3}]
    said = {"document_type": "K01R", "account_no": world.near.account_no, "application_no": world.near.application_no,
            "fields": {"id_number": "11010519491231002X"}, "pages": [1]}  # fmt: skip
    match = {"If-Match": seen.headers["etag"]}
    done = archivist.post(f"/api/v1{address}/confirm", json=said, headers=match)
    assert (done.status_code, done.json()["state"]) == (200, "filed"), done.text
    item = archivist.told(f"/items/{done.json()['item']}")
    assert item["fields"]["id_number"]["value"] == "11010519491231002X"
    late = archivist.post(f"/api/v1{address}/reject", json={"reason": "看不清"}, headers=match)
    assert (late.status_code, late.json()["code"]) == (412, "record.changed")
    assert archivist.done(f"{address}/undo")["state"] == "proposed"
    assert archivist.refused(f"{address}/undo") == (409, "review.not-decided")


def test_a_document_is_sent_back_for_a_rescan(world: World, archivist: Program) -> None:
    """It leaves what waits and stands among what is to be scanned anew."""
    back = archivist.done(f"/review/{world.near.document}/reject", code="blurred", rescan_pages=[1])
    assert (back["state"], back["rescan_pages"]) == ("rejected", [1])
    assert archivist.told("/review")["documents"] == []
    again = archivist.told("/review", part="rescan")["documents"]
    assert [one["document"] for one in again] == [str(world.near.document)]
    listed = archivist.told(f"/batches/{world.near.batch}/documents")["documents"]
    assert [one["state"] for one in listed] == ["rejected"]


def test_a_document_is_cut_joined_dropped_from_and_restored(world: World, archivist: Program) -> None:
    """Each step answers with what lies there now; pages seen otherwise are refused."""
    with_second_page(world)
    address = f"/review/{world.near.document}"
    assert archivist.refused(f"{address}/split", before_page=2, pages=[1]) == (409, "review.changed")
    parts = archivist.done(f"{address}/split", before_page=2, pages=[1, 2])["documents"]
    assert [one["pages"] for one in parts] == [[1], [2]]
    (joined,) = archivist.done(f"/review/{parts[1]['document']}/join")["documents"]
    assert (joined["document"], joined["pages"]) == (str(world.near.document), [1, 2])
    left, held = archivist.done(f"{address}/drop", page=2, reason="空白页")["documents"]
    assert (left["pages"], held["pages"]) == ([1], [2])
    (whole,) = archivist.done(f"/review/{held['document']}/restore")["documents"]
    assert whole["pages"] == [1, 2]


def test_of_two_programs_one_has_a_scan_in_hand(world: World, archivist: Program, second: Program) -> None:
    """The other is told, takes it on purpose, gives it back by name, and decides nothing meanwhile."""
    address = f"/review/{world.near.document}"
    mine = archivist.done(f"{address}/take")["holder"]
    assert second.refused(f"{address}/take") == (409, "review.held")
    assert second.refused(f"{address}/reject", reason="看不清") == (409, "review.held")
    assert archivist.done(f"{address}/keep", turn=mine["turn"])["holder"]["person"] == mine["person"]
    theirs = second.done(f"{address}/take", over=True)["holder"]
    assert theirs["person"] != mine["person"]
    handed = second.done(f"{address}/hand-over", person=int(mine["person"]), note="请续办")["holder"]
    assert (handed["person"], handed["note"], handed["until"]) == (mine["person"], "请续办", None)
    assert [one["document"] for one in archivist.told("/review", part="mine")["documents"]]
    archivist.done(f"{address}/leave")
    archivist.done(f"{address}/reject", reason="看不清")


def test_a_stranger_knows_of_no_document(world: World, archivist: Program) -> None:
    """Another unit's document, batch and queue are none."""
    far = world.far
    assert archivist.get(f"/api/v1/review/{far.document}").status_code == 404
    assert archivist.get(f"/api/v1/batches/{far.batch}/documents").status_code == 404
    assert archivist.refused(f"/review/{far.document}/take") == (404, "review.not-found")
    with program(world, "staff") as staff:
        assert staff.get("/api/v1/review").status_code == 403
        assert staff.get("/api/v1/batches").status_code == 403


def test_rates_lead_to_the_cases_behind_them(world: World) -> None:
    """Every figure has as many cases as it says; a month that is none is not passed over."""
    with program(world, "auditor") as auditor:
        rates = auditor.told("/completeness")["rates"]
        for one in rates:
            behind = auditor.told(f"/completeness/{one['centre']}/{one['month'] or 'none'}")
            assert behind["total"] == one["cases"]
        assert auditor.get("/api/v1/completeness/A/2026-13").status_code == 404
    with program(world, "archivist") as archivist:
        assert archivist.get("/api/v1/completeness").status_code == 403
