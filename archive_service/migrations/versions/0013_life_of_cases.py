"""Steps of cases, hand-overs and returns, places of filed papers; the holiday tables of units."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def day(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def one_of(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


INCOMPLETE = "ix_case_files_incomplete"


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        # First, since all that was done before is kept: a run that was stopped begins again with what is below.
        with op.get_context().autocommit_block():
            _build()
    else:
        op.create_index(
            INCOMPLETE, "case_files", ["state", "filing_due_on", "id"], sqlite_where=sa.text("complete IS 0")
        )
    op.create_table(
        "case_places",
        *key("case_places"),
        *refers("case_places", "case_id", "case_files"),
        number("place"),
        *refers("case_places", "item_id", "items"),
        number("filing_no"),
        moment("placed_at"),
        one_of("case_places", "case_id", "place"),
        one_of("case_places", "item_id"),
    )
    op.create_table(
        "case_steps",
        *key("case_steps"),
        *refers("case_steps", "case_id", "case_files"),
        number("seq"),
        text("verb", 12),
        text("from_state", 12),
        text("to_state", 12),
        *refers("case_steps", "by", "persons", nullable=True),
        moment("at"),
        text("note", 500),
        one_of("case_steps", "case_id", "seq"),
    )
    _hand_overs()
    _returns()
    _calendars()


def _hand_overs() -> None:
    op.create_table(
        "hand_overs",
        *key("hand_overs"),
        *refers("hand_overs", "case_id", "case_files"),
        number("round"),
        *refers("hand_overs", "giver_id", "persons", nullable=True),
        moment("given_at"),
        day("due_on", nullable=True),
        text("note", 500),
        *refers("hand_overs", "receiver_id", "persons", nullable=True),
        moment("answered_at", nullable=True),
        text("outcome", 10, nullable=True),
        one_of("hand_overs", "case_id", "round"),
    )
    op.create_index("ix_hand_overs_given_at", "hand_overs", ["given_at"])
    _partial("ix_hand_overs_waiting", "hand_overs", ["id"], "outcome IS NULL")
    op.create_table(
        "hand_over_papers",
        *key("hand_over_papers"),
        *refers("hand_over_papers", "hand_over_id", "hand_overs"),
        number("place"),
        *refers("hand_over_papers", "item_id", "items"),
        number("item_no"),
        text("document_type", 10),
        number("page_count"),
        one_of("hand_over_papers", "hand_over_id", "place"),
    )


def _returns() -> None:
    op.create_table(
        "case_returns",
        *key("case_returns"),
        *refers("case_returns", "case_id", "case_files"),
        *refers("case_returns", "hand_over_id", "hand_overs"),
        text("stage", 12),
        sa.Column("reasons", sa.Text(), nullable=False),
        text("note", 500),
        day("due_on"),
        *refers("case_returns", "by", "persons", nullable=True),
        moment("at"),
        moment("mended_at", nullable=True),
        one_of("case_returns", "hand_over_id"),
    )
    op.create_index("ix_case_returns_case_id", "case_returns", ["case_id"])
    op.create_index("ix_case_returns_at", "case_returns", ["at"])
    _partial("ix_case_returns_owed", "case_returns", ["due_on", "id"], "mended_at IS NULL")
    op.create_table(
        "return_marks",
        *key("return_marks"),
        *refers("return_marks", "return_id", "case_returns"),
        *refers("return_marks", "item_id", "items"),
        number("page_no", nullable=True),
    )
    op.create_index("ix_return_marks_return_id", "return_marks", ["return_id"])


def _calendars() -> None:
    op.create_table(
        "calendar_days",
        *key("calendar_days"),
        *refers("calendar_days", "unit_id", "units"),
        day("day"),
        sa.Column("works", sa.Boolean(), nullable=False),
        text("name", 60),
        one_of("calendar_days", "unit_id", "day"),
    )
    op.create_table(
        "calendar_years",
        *key("calendar_years"),
        *refers("calendar_years", "unit_id", "units"),
        number("year"),
        *refers("calendar_years", "kept_by", "persons", nullable=True),
        moment("kept_at"),
        one_of("calendar_years", "unit_id", "year"),
    )


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _build() -> None:
    """Build an index while others write; what a build leaves that was stopped is made anew."""
    config = op.get_context().config
    patience_s = config.attributes["patience_s"] if config else 300
    op.execute(f"set lock_timeout = '{patience_s}s'")
    op.execute(f"drop index concurrently if exists {INCOMPLETE}")
    columns = ["state", "filing_due_on", "id"]
    where = sa.text("complete IS false")
    op.create_index(INCOMPLETE, "case_files", columns, postgresql_concurrently=True, postgresql_where=where)
    op.execute("set lock_timeout = '4s'")


def downgrade() -> None:
    for table in (
        "calendar_years",
        "calendar_days",
        "return_marks",
        "case_returns",
        "hand_over_papers",
        "hand_overs",
        "case_steps",
        "case_places",
    ):
        op.drop_table(table)
    op.drop_index(INCOMPLETE, "case_files")
