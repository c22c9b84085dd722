"""Packages in and out, and the history that households bring along."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "packages",
        *key("packages"),
        *refers("packages", "household_id", "household_files"),
        *refers("packages", "unit_id", "units"),
        text("direction", 4),
        text("format", 8),
        text("state", 8),
        sa.Column("items", sa.Text(), nullable=True),
        *refers("packages", "asked_by", "persons", nullable=True),
        moment("asked_at"),
        moment("finished_at", nullable=True),
        text("digest", 64, nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        number("file_count"),
        text("manifest_sha256", 64),
        sa.CheckConstraint("direction in ('out', 'in')", name=op.f("ck_packages_direction")),
        sa.CheckConstraint("state in ('making', 'ready', 'stopped', 'taken')", name=op.f("ck_packages_state")),
    )
    op.create_index("ix_packages_unit_id_id", "packages", ["unit_id", "id"])
    op.create_index("ix_packages_household_id", "packages", ["household_id"])
    op.create_table(
        "carried_histories",
        *key("carried_histories"),
        *refers("carried_histories", "household_id", "household_files"),
        number("seq"),
        text("digest", 64),
        number("entries"),
        moment("carried_at"),
        sa.UniqueConstraint("household_id", "seq", name=op.f("uq_carried_histories_household_id_seq")),
    )


def downgrade() -> None:
    for table in ("carried_histories", "packages"):
        op.drop_table(table)
