"""Stocktakes: what was scanned against what ought to be there; differences are explained, the result stays."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from archive_service.audit.tables import AuditEntry
from archive_service.db.session import Database
from archive_service.errors import Invalid, NotFound, NotPermitted, Refused
from archive_service.people.roles import Role
from archive_service.people.viewer import Viewer
from archive_service.rooms import actions, counting, queries
from archive_service.rooms.counting import Outcome, Scanned
from archive_service.rooms.views import ResultView
from tests.support import records, rooms
from tests.support.records import NOW

_THINGS, _PLACES = st.integers(1, 8), st.integers(1, 3)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    expected=st.dictionaries(_THINGS, _PLACES),
    scans=st.lists(
        st.builds(Scanned, st.sampled_from(["a", "b", "c"]), st.none() | _THINGS, st.none() | _PLACES), max_size=20
    ),
    now_in=st.dictionaries(_THINGS, _PLACES),
    out=st.sets(_THINGS),
)
def test_everything_expected_or_scanned_has_one_outcome(
    expected: dict[int, int], scans: list[Scanned], now_in: dict[int, int], out: set[int]
) -> None:
    """The result parts them exactly: nothing twice, nothing left out, nothing added."""
    found = counting.count(expected, scans, now_in=now_in, out=out)
    things = Counter(one.thing for one in found if one.thing is not None)
    assert things == Counter({*expected, *(one.thing for one in scans if one.thing is not None)})
    strange = Counter(one.code for one in found if one.thing is None)
    assert strange == Counter({one.code for one in scans if one.thing is None})
    last = {one.thing: one.place for one in scans}
    for one in found:
        was_seen = one.thing in last
        if one.outcome is Outcome.FOUND:
            assert was_seen
            assert last[one.thing] == now_in.get(one.thing or 0)
        if one.outcome in (Outcome.MISSING, Outcome.OUT, Outcome.MOVED):
            assert not was_seen
        if one.outcome is Outcome.MISSING:
            assert one.thing not in out
            assert now_in.get(one.thing or 0) == expected[one.thing or 0]


def outcomes(session: object, by: Viewer, stocktake_id: int) -> tuple[ResultView, dict[str, str]]:
    """Return what a stocktake comes to, and the outcome of each thing by its code."""
    view = queries.stocktake(session, by, stocktake_id)  # type: ignore[arg-type]
    shown = queries.result(session, by, view)  # type: ignore[arg-type]
    return shown, {one.what: one.outcome.value for one in shown.things}


def test_a_count_finds_what_is_missing_elsewhere_unknown_and_moved(database: Database) -> None:
    """And closing asks for a reason, keeps the result for good, and says it in the trail."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by, holds=6)
        first, second = made.boxes
        codes = [rooms.number(session, item) for item in rooms.papers(session, 6)]
        for code in codes[:4]:
            actions.put_away(session, first.id, code, by=by, now=NOW)
        count = actions.open_stocktake(session, made.room.id, "papers", by=by, now=NOW)
        actions.put_away(session, second.id, codes[4], by=by, now=NOW)
        actions.take_out(session, codes[3], by=by, now=NOW)

        def scanned(code: str, at: int | None) -> int | None:
            return actions.scan(session, count.id, code, at, by=by, now=NOW).place_id

        here = scanned(first.code, None)
        assert here == first.id
        scanned(codes[0], here)
        here = scanned(second.code, here)
        assert here == second.id
        scanned(codes[1], here)
        scanned(codes[4], here)
        scanned(codes[5], here)
        strange = actions.scan(session, count.id, "https://example.org/1", here, by=by, now=NOW)
        assert isinstance(strange.unknown, NotFound)
        shown, by_code = outcomes(session, by, count.id)
        expected = {
            codes[0]: "found",
            codes[1]: "misplaced",
            codes[2]: "missing",
            codes[3]: "moved",
            codes[4]: "found",
            codes[5]: "misplaced",
            "https://example.org/1": "unknown",
        }
        assert by_code == expected
        assert shown.differences == 4
        with pytest.raises(Invalid, match="4 处差异"):
            actions.close_stocktake(session, count.id, reason=" ", watched_by="王五", by=by, now=NOW)
        with pytest.raises(Invalid, match="监盘人"):
            actions.close_stocktake(session, count.id, reason="逐件追查", watched_by="", by=by, now=NOW)
        actions.close_stocktake(session, count.id, reason="逐件追查", watched_by="王五", by=by, now=NOW)
        actions.put_away(session, first.id, codes[3], by=by, now=NOW)
        assert outcomes(session, by, count.id)[1] == expected
        for late in (
            lambda: actions.scan(session, count.id, codes[2], first.id, by=by, now=NOW),
            lambda: actions.close_stocktake(session, count.id, reason="再来", watched_by="王五", by=by, now=NOW),
        ):
            with pytest.raises(Refused, match="已经结束"):
                late()
        (facts,) = session.scalars(select(AuditEntry.facts).where(AuditEntry.did == "stocktake.closed"))
        assert {one.value: facts[one.value] for one in Outcome} == {
            "found": 2, "missing": 1, "misplaced": 2, "unknown": 1, "out": 0, "moved": 1,
        }  # fmt: skip


def test_boxes_are_counted_on_their_shelves(database: Database) -> None:
    """Half a million papers are not taken into the hand every year; their boxes are."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by, shelves=2, boxes=3)
        count = actions.open_stocktake(session, made.cabinet.id, "boxes", by=by, now=NOW)
        first, second = made.shelves
        at = actions.scan(session, count.id, first.code, None, by=by, now=NOW).place_id
        actions.scan(session, count.id, made.boxes[0].code, at, by=by, now=NOW)
        at = actions.scan(session, count.id, second.code, at, by=by, now=NOW).place_id
        actions.scan(session, count.id, made.boxes[1].code, at, by=by, now=NOW)
        _, by_code = outcomes(session, by, count.id)
        assert [by_code[one.code] for one in made.boxes] == ["found", "misplaced", "missing"]
        (item,) = rooms.papers(session, 1)
        with pytest.raises(Invalid, match="只盘点盒"):
            actions.scan(session, count.id, rooms.number(session, item), at, by=by, now=NOW)
        # A box that was scanned in the wrong place and then in its own counts where it was scanned last.
        actions.scan(session, count.id, made.boxes[1].code, first.id, by=by, now=NOW)
        assert outcomes(session, by, count.id)[1][made.boxes[1].code] == "found"


def test_a_count_without_a_box_is_out_of_place(database: Database) -> None:
    """Papers scanned before any box were seen, but nobody can say where."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by)
        (item,) = rooms.papers(session, 1)
        code = rooms.number(session, item)
        actions.put_away(session, made.boxes[0].id, code, by=by, now=NOW)
        count = actions.open_stocktake(session, made.boxes[0].id, "papers", by=by, now=NOW)
        actions.scan(session, count.id, code, None, by=by, now=NOW)
        assert outcomes(session, by, count.id)[1] == {code: "misplaced"}
        with pytest.raises(Refused, match="不属于这次盘点"):
            actions.scan(session, count.id, made.boxes[1].code, None, by=by, now=NOW)
        with pytest.raises(Invalid, match="先扫盒"):
            actions.scan(session, count.id, made.shelves[0].code, None, by=by, now=NOW)
        actions.scan(session, count.id, code, made.boxes[0].id, by=by, now=NOW)
        actions.close_stocktake(session, count.id, reason="", watched_by="王五", by=by, now=NOW)


def test_places_that_overlap_are_not_counted_at_once(database: Database) -> None:
    """Nor are empty ones counted, nor by those who only read."""
    with database.unit_of_work() as session:
        by = records.viewer(session)
        made = rooms.room(session, by, shelves=2)
        with pytest.raises(Refused, match="不用盘点"):
            actions.open_stocktake(session, made.room.id, "papers", by=by, now=NOW)
        with pytest.raises(Invalid):
            actions.open_stocktake(session, made.boxes[0].id, "boxes", by=by, now=NOW)
        with pytest.raises(Invalid):
            actions.open_stocktake(session, made.room.id, "cats", by=by, now=NOW)
        with pytest.raises(NotPermitted):
            actions.open_stocktake(session, made.room.id, "boxes", by=records.viewer(session, Role.AUDITOR), now=NOW)
        count = actions.open_stocktake(session, made.shelves[0].id, "boxes", by=by, now=NOW)
        for place in (made.room, made.shelves[0]):
            with pytest.raises(Refused, match="范围重叠"):
                actions.open_stocktake(session, place.id, "boxes", by=by, now=NOW)
        actions.close_stocktake(session, count.id, reason="试盘", watched_by="王五", by=by, now=NOW)
        actions.open_stocktake(session, made.room.id, "boxes", by=by, now=NOW)
