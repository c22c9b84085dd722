"""Decisions about papers that a case lacks, false alarms, and what a paper is: original or copy, legible or not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import moment, refers, text, whole

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_HOLDS = sa.text("state in ('asked', 'approved')")
_STANDS = sa.text("taken_back_at is null")


def upgrade() -> None:
    # A fixed default or none: no row is touched, on PostgreSQL not even those of old partitions.
    op.add_column("case_files", sa.Column("deferred_count", whole(), server_default=sa.text("0"), nullable=False))
    op.add_column("items", text("medium", 16, nullable=True))
    op.add_column("items", sa.Column("legible", sa.Boolean(), nullable=True))
    op.create_table(
        "case_rulings",
        sa.Column("id", whole(), nullable=False),
        *refers("case_rulings", "case_id", "case_files"),
        text("document_type", 10),
        text("kind", 16),
        text("reason", 300),
        sa.Column("until_on", sa.Date(), nullable=True),
        text("state", 10),
        *refers("case_rulings", "asked_by", "persons", nullable=True),
        moment("asked_at"),
        *refers("case_rulings", "decided_by", "persons", nullable=True),
        moment("decided_at", nullable=True),
        text("decider", 80, nullable=True),
        text("note", 300, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_rulings")),
    )
    op.create_index("ix_case_rulings_case_id", "case_rulings", ["case_id"])
    op.create_index("ix_case_rulings_state_until_on", "case_rulings", ["state", "until_on"])
    op.create_index(
        "uq_case_rulings_case_id_document_type",
        "case_rulings",
        ["case_id", "document_type"],
        unique=True,
        sqlite_where=_HOLDS,
        postgresql_where=_HOLDS,
    )
    op.create_table(
        "false_alarms",
        sa.Column("id", whole(), nullable=False),
        *refers("false_alarms", "case_id", "case_files"),
        text("rule", 6),
        text("fingerprint", 64),
        text("reason", 300),
        *refers("false_alarms", "said_by", "persons", nullable=True),
        moment("said_at"),
        *refers("false_alarms", "taken_back_by", "persons", nullable=True),
        moment("taken_back_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_false_alarms")),
    )
    op.create_index("ix_false_alarms_case_id", "false_alarms", ["case_id"])
    op.create_index(
        "uq_false_alarms_case_id_rule",
        "false_alarms",
        ["case_id", "rule"],
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    )


def downgrade() -> None:
    op.drop_table("false_alarms")
    op.drop_table("case_rulings")
    op.drop_column("items", "legible")
    op.drop_column("items", "medium")
    op.drop_column("case_files", "deferred_count")
