"""Signatures and seals: what was found on a page, and what the catalogue asks for on documents and items."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("scan_pages", "scan_documents", "items")


def upgrade() -> None:
    # Without a default: no row is touched, on PostgreSQL not even those of old partitions.
    for table in TABLES:
        op.add_column(table, sa.Column("marks", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "marks")
