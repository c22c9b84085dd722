"""Corrections of stage days, pauses of clocks, reasons for lateness; an index of the papers that belong to no case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import whole

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WITHOUT_CASE = "ix_items_without_case"
FREE = "case_id IS NULL AND state = 'filed'"


def refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        # First, since all that was done before is kept: a run that was stopped begins again with what is below.
        with op.get_context().autocommit_block():
            _build()
    else:
        op.create_index(WITHOUT_CASE, "items", ["id"], sqlite_where=sa.text(FREE))
    op.create_table(
        "stage_corrections",
        sa.Column("id", whole(), nullable=False),
        sa.Column("case_id", whole(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("was", sa.Date(), nullable=False),
        sa.Column("wanted", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("asked_by", whole(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", whole(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_corrections")),
        refers("stage_corrections", "case_id", "case_files"),
        refers("stage_corrections", "asked_by", "persons"),
        refers("stage_corrections", "decided_by", "persons"),
    )
    op.create_index("ix_stage_corrections_case_id", "stage_corrections", ["case_id"])
    waiting = sa.text("decided_at IS NULL")
    op.create_index(
        "uq_stage_corrections_waiting",
        "stage_corrections",
        ["case_id", "stage"],
        unique=True,
        sqlite_where=waiting,
        postgresql_where=waiting,
    )

    _clocks()


def _clocks() -> None:
    op.create_table(
        "clock_pauses",
        sa.Column("id", whole(), nullable=False),
        sa.Column("case_id", whole(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("begun_by", whole(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", whole(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_pauses")),
        refers("clock_pauses", "case_id", "case_files"),
        refers("clock_pauses", "begun_by", "persons"),
        refers("clock_pauses", "ended_by", "persons"),
    )
    op.create_index("ix_clock_pauses_case_id", "clock_pauses", ["case_id"])
    lasting = sa.text("last_on IS NULL")
    op.create_index(
        "uq_clock_pauses_lasting",
        "clock_pauses",
        ["case_id"],
        unique=True,
        sqlite_where=lasting,
        postgresql_where=lasting,
    )
    op.create_table(
        "lateness_reasons",
        sa.Column("id", whole(), nullable=False),
        sa.Column("case_id", whole(), nullable=False),
        sa.Column("clock", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("said_by", whole(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lateness_reasons")),
        refers("lateness_reasons", "case_id", "case_files"),
        refers("lateness_reasons", "said_by", "persons"),
        sa.UniqueConstraint("case_id", "clock", name=op.f("uq_lateness_reasons_case_id_clock")),
    )
    op.create_index("ix_lateness_reasons_said_at", "lateness_reasons", ["said_at"])


def _build() -> None:
    """Build an index while others write; what a build leaves that was stopped is made anew."""
    config = op.get_context().config
    patience_s = config.attributes["patience_s"] if config else 300
    op.execute(f"set lock_timeout = '{patience_s}s'")
    op.execute(f"drop index concurrently if exists {WITHOUT_CASE}")
    op.create_index(WITHOUT_CASE, "items", ["id"], postgresql_concurrently=True, postgresql_where=sa.text(FREE))
    op.execute("set lock_timeout = '4s'")


def downgrade() -> None:
    op.drop_table("lateness_reasons")
    op.drop_table("clock_pauses")
    op.drop_table("stage_corrections")
    op.drop_index(WITHOUT_CASE, "items")
