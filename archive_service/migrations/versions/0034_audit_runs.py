"""Checks and exports of the audit trail that auditors ask for by page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_runs",
        *key("audit_runs"),
        text("kind", 8),
        text("state", 8),
        *refers("audit_runs", "unit_id", "units", nullable=True),
        text("account_no", 20, nullable=True),
        *refers("audit_runs", "sample_id", "samples", nullable=True),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        *refers("audit_runs", "asked_by", "persons", nullable=True),
        moment("asked_at"),
        moment("finished_at", nullable=True),
        number("entries"),
        number("covered"),
        number("finding_count"),
        sa.Column("findings", sa.Text(), nullable=False),
        text("digest", 64, nullable=True),
        number("size_bytes"),
        text("key", 64),
        sa.CheckConstraint("kind in ('check', 'export')", name=op.f("ck_audit_runs_kind")),
        sa.CheckConstraint("state in ('asked', 'done')", name=op.f("ck_audit_runs_state")),
    )
    op.create_index("ix_audit_runs_kind_id", "audit_runs", ["kind", "id"])


def downgrade() -> None:
    op.drop_table("audit_runs")
