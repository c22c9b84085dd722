"""Checks of objects: sums by day, failures one by one, when a second copy was seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, text

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fixity_days",
        sa.Column("day", sa.Date(), nullable=False),
        *(number(name) for name in ("objects", "size_bytes", "copies", "failures", "took_ms")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_fixity_days")),
    )
    op.create_table(
        "fixity_events",
        *key("fixity_events"),
        text("digest", 64),
        moment("at"),
        text("outcome", 12),
        text("store", 6),
        text("agent", 40),
    )
    op.create_index("ix_fixity_events_digest", "fixity_events", ["digest"])
    for name in ("copied_at", "lost_at"):
        op.add_column("stored_objects", moment(name, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("stored_objects") as batch_op:
        for name in ("lost_at", "copied_at"):
            batch_op.drop_column(name)
    for table in ("fixity_events", "fixity_days"):
        op.drop_table(table)
