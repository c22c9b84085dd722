"""Whatever text comes from outside, the database answers as an archive does and not as its driver would."""

from __future__ import annotations

from sqlalchemy import func, literal, select

from archive_service.db.session import Database
from archive_service.people import queries
from tests.support import records


def test_a_nul_in_a_question_finds_nobody(database: Database) -> None:
    """PostgreSQL keeps no NUL and its driver refuses one; a name with one in it is nobody's name."""
    with database.unit_of_work() as session:
        records.person(session, "zhang.san")
        assert queries.viewer_by_login(session, "zhang\x00.san") is None
        assert queries.viewer_by_login(session, "zhang.san\x00") is None
        assert queries.viewer_by_login(session, "zhang.san") is not None


def test_chinese_text_of_any_plane_comes_back_as_it_went(database: Database) -> None:
    """Rare characters of names lie outside the first plane."""
    with database.reading() as session:
        for text in ("汪雪梅", "𠮷田𡈽", "ab\u202ec", "'; drop table items --", ""):
            assert session.scalar(select(literal(text))) == text
            assert session.scalar(select(func.length(literal(text)))) == len(text)
