"""The auditor's desk for programs: a sample from drawing to closing, a finding from raising to closing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from archive_service import clock
from archive_service.people import queries as people
from archive_service.people.scopes import Scope
from archive_service.people.tokens import issue_token
from tests.web.conftest import Browser, World
from tests.web.programs import Program, program

SAMPLES, FINDINGS = "/inspection/samples", "/inspection/findings"
API = "/api/v1"


@pytest.fixture
def auditor(world: World) -> Iterator[Program]:
    with program(world, "auditor") as one:
        yield one


@pytest.fixture
def head(world: World) -> Iterator[Program]:
    with program(world, "unit_head") as one:
        yield one


def draw(auditor: Program, centre: str, **more: Any) -> httpx.Response:
    asked = {"name": "十一月抽查", "centre": centre, "method": "random", "size": 1, "seed": "7", **more}
    return auditor.post(API + SAMPLES, json=asked, headers={"Idempotency-Key": "draw-2026-11"})


def test_a_sample_goes_from_drawing_to_closing(world: World, auditor: Program) -> None:
    """Drawn once although asked twice; its sheet kept, then it closes and cannot be changed any more."""
    made = draw(auditor, "A")
    again = draw(auditor, "A")
    assert (made.status_code, again.json()) == (201, made.json())
    assert again.headers["idempotency-replayed"] == "true"
    number = made.json()["sample"]
    assert made.headers["location"] == f"{API}{SAMPLES}/{number}"
    listed = auditor.told(SAMPLES, limit=1)
    assert [one["sample"] for one in listed["samples"]] == [number]
    older = auditor.told(SAMPLES, after=listed["next"])["samples"]
    assert {int(one["sample"]) for one in older} == {world.near.sample, world.far.sample}
    (case,) = auditor.told(f"{SAMPLES}/{number}/cases")["cases"]
    assert (case["application_no"], case["verdict"]) == (world.near.application_no, None)
    sheet = f"{SAMPLES}/{number}/cases/{case['place']}"
    early = auditor.post(f"{API}{SAMPLES}/{number}/close")
    assert (early.status_code, early.json()["code"]) == (409, "sample.unfinished")
    said = {"verdict": "faulty", "sheet": {"signed": "fault", "dates": "ok"}, "remark": "缺签字"}
    kept = auditor.put(API + sheet, json=said)
    assert kept.status_code == 200, kept.text
    assert {name: kept.json()[name] for name in said} == said
    closed = auditor.post(f"{API}{SAMPLES}/{number}/close").json()
    assert (closed["inspected"], closed["faulty"], closed["closed_at"] is None) == (1, 1, False)
    assert auditor.put(API + sheet, json=said).json()["code"] == "sample.closed"


def test_a_sheet_that_somebody_else_filled_in_meanwhile_is_not_lost(world: World, auditor: Program) -> None:
    """412 for who comes second, with the tag of what is there; what the first one wrote stands."""
    sheet = f"{SAMPLES}/{world.near.sample}/cases/1"
    seen = auditor.get(API + sheet).headers["etag"]
    first = auditor.put(API + sheet, json={"verdict": "passed"}, headers={"If-Match": seen})
    second = auditor.put(API + sheet, json={"verdict": "not_found"}, headers={"If-Match": seen})
    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 412, "record.changed")
    now = auditor.get(API + sheet)
    assert now.json()["verdict"] == "passed"
    assert now.headers["etag"] == first.headers["etag"] == second.json()["facts"]["etag"]


def test_a_finding_goes_from_raising_to_closing(world: World, auditor: Program, head: Program) -> None:
    """Raised once, answered by the unit, sent back with another day, answered again and closed."""
    due = (clock.today() + timedelta(days=9)).isoformat()
    said = {"application_no": world.near.application_no, "rule": "XC08", "severity": "major",
            "description": "送电日期早于受理", "due_on": due, "sample": world.near.sample}  # fmt: skip
    raised = [auditor.post(API + FINDINGS, json=said, headers={"Idempotency-Key": "finding-0001"}) for _ in range(2)]
    assert raised[0].status_code == 201, raised[0].text
    assert raised[0].json() == raised[1].json()
    number = raised[0].json()["finding"]
    assert (raised[0].json()["place"], raised[0].json()["due_on"]) == (1, due)
    address = f"{FINDINGS}/{number}"
    assert head.told(address)["may"] == ["answered"]
    answered = head.post(f"{API}{address}/steps", json={"step": "answered", "words": "已换送电单", "proof_item_no": 1})
    assert (answered.status_code, answered.json()["state"]) == (200, "mended"), answered.text
    later = (clock.today() + timedelta(days=20)).isoformat()
    back = auditor.post(f"{API}{address}/steps", json={"step": "refused", "words": "仍不一致", "due_on": later}).json()
    assert (back["state"], back["rounds"], back["due_on"]) == ("open", 1, later)
    head.post(f"{API}{address}/steps", json={"step": "answered", "words": "已更正"})
    closed = auditor.post(f"{API}{address}/steps", json={"step": "closed", "words": "复核无误"}).json()
    assert [one["step"] for one in closed["steps"]] == ["raised", "answered", "refused", "answered", "closed"]
    assert closed["steps"][1]["proof"] == str(world.near.internal_item)
    listed = auditor.told(FINDINGS, state="closed")
    assert [one["finding"] for one in listed["findings"]] == [number]
    assert listed["by_state"] == {"closed": 1, "open": 2}


def test_a_step_on_a_finding_that_moved_is_refused(world: World, auditor: Program, head: Program) -> None:
    """An extension that did not see the answer would be lost on it."""
    address = f"{FINDINGS}/{world.near.raised}"
    seen = auditor.get(API + address).headers["etag"]
    assert head.post(f"{API}{address}/steps", json={"step": "answered", "words": "已补齐"}).status_code == 200
    late = auditor.post(f"{API}{address}/steps", json={"step": "closed", "words": "无误"}, headers={"If-Match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "record.changed")
    assert auditor.told(address)["state"] == "mended"


def test_who_may_not_inspect_is_told_what_the_page_tells(world: World, head: Program, staff: Browser) -> None:
    """A head reads and may not draw; staff read nothing; another unit's sample is none."""
    assert draw(head, "A").status_code == 403
    assert head.get(f"{API}{SAMPLES}/{world.far.sample}").status_code == 404
    assert head.get(f"{API}{FINDINGS}/{world.far.raised}").status_code == 404
    assert [one["finding"] for one in head.told(FINDINGS)["findings"]] == [str(world.near.raised)]
    assert staff.get(API + SAMPLES).status_code == 403
    assert staff.get(f"{API}{SAMPLES}/{world.near.sample}").status_code == 404


def test_a_token_for_inspection_inspects_and_does_nothing_else(world: World, anonymous: Browser) -> None:
    """It draws a sample in the name of its person, who may do more than the token."""
    with world.services.database.unit_of_work() as session:
        owner = people.viewer_by_login(session, "auditor")
        assert owner is not None
        until = clock.now() + timedelta(days=1)
        token, _ = issue_token(
            session, by=owner, label="抽查", expires_at=until, now=clock.now(), scopes=[Scope.INSPECT]
        )
    anonymous.headers["Authorization"] = f"Bearer {token}"
    asked = {"name": "夜间抽查", "centre": "A", "method": "risk", "size": 1}
    drawn = anonymous.post(API + SAMPLES, json=asked)
    assert (drawn.status_code, len(drawn.json()["seed"])) == (201, 8), drawn.text
    refused = anonymous.get(f"{API}/completeness")
    assert (refused.status_code, refused.json()["code"]) == (403, "token.scope")


def test_the_board_says_what_the_page_says(world: World, auditor: Program) -> None:
    """By unit, narrowed to one; a filter that is none is refused, not passed over."""
    board = auditor.told("/inspection/board", by="unit", centre="A")
    page = auditor.get("/inspection?by=unit&centre=A").text
    for one in board["indicators"]:
        assert one["name"] in page
    assert [row["key"] for row in board["rows"]] in (["A"], [])
    months = auditor.told("/inspection/board", by="month")
    assert months["whole"]["cases"] == sum(row["cases"] for row in months["rows"])
    assert auditor.get("/api/v1/inspection/board?since=2026-13").json()["code"] == "request.malformed"


def test_anomalies_come_with_the_places_where_they_are_seen(world: World, auditor: Program) -> None:
    """The list of one rule has as many cases as the rule is counted with."""
    found = auditor.told("/inspection/anomalies")
    for rule, count in found["by_rule"].items():
        cases = auditor.told("/inspection/anomalies", rule=rule)["cases"]
        assert (len(cases), {one["rule"] for one in cases}) == (count, {rule})


def test_a_sample_is_taken_away_as_a_file(world: World, auditor: Program) -> None:
    """A workbook, under a name of its own, and on record."""
    file = auditor.get(f"{API}{SAMPLES}/{world.near.sample}/file.xlsx")
    assert file.content.startswith(b"PK")
    assert file.headers["content-disposition"].startswith("attachment")
    assert auditor.get(f"{API}{SAMPLES}/{world.near.sample}/file.csv").status_code == 404
