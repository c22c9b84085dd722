"""Marks of the locks of the archive's own papers; until when a disposal waits for a lock."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import number, text

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "paper_lock_marks",
        text("kind", 24),
        text("rule", 16),
        number("papers"),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_paper_lock_marks")),
    )
    op.add_column("disposal_lists", sa.Column("locked_until", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("disposal_lists") as table:
        table.drop_column("locked_until")
    op.drop_table("paper_lock_marks")
