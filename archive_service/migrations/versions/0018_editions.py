"""The catalogue desk: drafts of editions, checks of the cases that they concern, and what those found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalogue_drafts",
        *key("catalogue_drafts"),
        text("code", 40),
        *refers("catalogue_drafts", "unit_id", "units"),
        text("title", 400),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        text("state", 10),
        number("revision"),
        *refers("catalogue_drafts", "made_by", "persons", nullable=True),
        moment("changed_at"),
        *refers("catalogue_drafts", "changed_by", "persons", nullable=True),
        *refers("catalogue_drafts", "submitted_by", "persons", nullable=True),
        *refers("catalogue_drafts", "decided_by", "persons", nullable=True),
        moment("decided_at", nullable=True),
        text("note", 300, nullable=True),
        sa.UniqueConstraint("code", name=op.f("uq_catalogue_drafts_code")),
        sa.CheckConstraint(
            "state in ('draft', 'submitted', 'released', 'dropped')", name=op.f("ck_catalogue_drafts_state")
        ),
    )
    op.create_index("ix_catalogue_drafts_state", "catalogue_drafts", ["state"])
    op.create_table(
        "catalogue_checks",
        *key("catalogue_checks"),
        *refers("catalogue_checks", "draft_id", "catalogue_drafts"),
        text("purpose", 10),
        number("revision"),
        text("state", 10),
        *refers("catalogue_checks", "made_by", "persons", nullable=True),
        moment("made_at"),
        moment("finished_at", nullable=True),
    )
    op.create_index("ix_catalogue_checks_draft_id", "catalogue_checks", ["draft_id"])
    op.create_table(
        "catalogue_slices",
        *key("catalogue_slices"),
        *refers("catalogue_slices", "check_id", "catalogue_checks"),
        number("first_id"),
        number("end_id"),
        number("next_id"),
        number("done"),
        sa.UniqueConstraint("check_id", "first_id", name=op.f("uq_catalogue_slices_check_id_first_id")),
    )
    op.create_table(
        "catalogue_findings",
        *key("catalogue_findings"),
        *refers("catalogue_findings", "check_id", "catalogue_checks"),
        *refers("catalogue_findings", "case_id", "case_files"),
        text("effect", 20),
        sa.Column("filed", sa.Boolean(), nullable=False),
        sa.Column("added", sa.Text(), nullable=False),
        sa.Column("gone", sa.Text(), nullable=False),
        sa.UniqueConstraint("check_id", "case_id", name=op.f("uq_catalogue_findings_check_id_case_id")),
    )
    op.create_index("ix_catalogue_findings_check_id_effect_id", "catalogue_findings", ["check_id", "effect", "id"])


def downgrade() -> None:
    for table in ("catalogue_findings", "catalogue_slices", "catalogue_checks", "catalogue_drafts"):
        op.drop_table(table)
