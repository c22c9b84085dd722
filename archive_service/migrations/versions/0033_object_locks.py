"""Proofs that stored objects cannot be changed, locks of single objects, and how far the locks follow the records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lock_proofs",
        *key("lock_proofs"),
        text("store", 6),
        moment("at"),
        text("state", 10),
        text("let", 12),
    )
    op.create_index("ix_lock_proofs_store_id", "lock_proofs", ["store", "id"])
    op.create_table(
        "object_locks",
        text("digest", 64),
        text("store", 6),
        text("name", 64),
        text("version", 120, nullable=True),
        moment("until", nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        text("state", 8),
        text("code", 60),
        moment("seen_at"),
        sa.PrimaryKeyConstraint("digest", "store", name=op.f("pk_object_locks")),
    )
    op.create_table(
        "lock_marks",
        *refers("lock_marks", "household_id", "household_files"),
        number("revision"),
        text("edition", 40),
        sa.Column("reckoned_on", sa.Date(), nullable=False),
        number("holds"),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_lock_marks")),
    )


def downgrade() -> None:
    for table in ("lock_marks", "object_locks", "lock_proofs"):
        op.drop_table(table)
