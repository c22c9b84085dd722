"""Corrections of stage days, and an index of the papers that belong to no case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WITHOUT_CASE = "ix_items_without_case"
FREE = "case_id IS NULL AND state = 'filed'"


def whole() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


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


def _build() -> None:
    """Build an index while others write; what a build leaves that was stopped is made anew."""
    config = op.get_context().config
    patience_s = config.attributes["patience_s"] if config else 300
    op.execute(f"set lock_timeout = '{patience_s}s'")
    op.execute(f"drop index concurrently if exists {WITHOUT_CASE}")
    op.create_index(WITHOUT_CASE, "items", ["id"], postgresql_concurrently=True, postgresql_where=sa.text(FREE))
    op.execute("set lock_timeout = '4s'")


def downgrade() -> None:
    op.drop_table("stage_corrections")
    op.drop_index(WITHOUT_CASE, "items")
