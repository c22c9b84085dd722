"""Certified copies: their register, and the counters of their numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certified_copies",
        *key("certified_copies"),
        text("number", 80),
        text("code_hash", 64),
        text("request_key", 64),
        *refers("certified_copies", "household_id", "household_files"),
        *refers("certified_copies", "unit_id", "units"),
        text("purpose", 20),
        text("note", 200),
        text("receiver", 120),
        sa.Column("pages", sa.Text(), nullable=False),
        number("page_count"),
        sa.Column("unmasked", sa.Boolean(), nullable=False),
        text("unmask_reason", 200),
        text("digest", 64),
        sa.Column("signed", sa.Boolean(), nullable=False),
        *refers("certified_copies", "issued_by", "persons", nullable=True),
        moment("issued_at"),
        *refers("certified_copies", "withdrawn_by", "persons", nullable=True),
        moment("withdrawn_at", nullable=True),
        text("withdrawn_reason", 200),
        sa.UniqueConstraint("number", name=op.f("uq_certified_copies_number")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_certified_copies_code_hash")),
        sa.UniqueConstraint("request_key", name=op.f("uq_certified_copies_request_key")),
    )
    op.create_index("ix_certified_copies_unit_id_id", "certified_copies", ["unit_id", "id"])
    op.create_index("ix_certified_copies_household_id", "certified_copies", ["household_id"])
    op.create_table(
        "copy_series",
        text("series", 60),
        number("last"),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_copy_series")),
    )


def downgrade() -> None:
    for table in ("copy_series", "certified_copies"):
        op.drop_table(table)
