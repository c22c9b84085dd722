"""Samples of the auditors, the cases drawn, findings and their steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def long(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    _samples()
    _findings()


def _samples() -> None:
    op.create_table(
        "samples",
        *key("samples"),
        text("name", 120),
        *refers("samples", "unit_id", "units"),
        text("method", 12),
        long("frame"),
        number("frame_size"),
        text("frame_digest", 64),
        number("size"),
        text("seed", 40),
        *refers("samples", "drawn_by", "persons", nullable=True),
        moment("drawn_at"),
        moment("closed_at", nullable=True),
    )
    op.create_index("ix_samples_unit_id_drawn_at", "samples", ["unit_id", "drawn_at"])
    op.create_table(
        "sample_cases",
        *key("sample_cases"),
        *refers("sample_cases", "sample_id", "samples"),
        number("place"),
        *refers("sample_cases", "case_id", "case_files"),
        long("drawn_as"),
        text("verdict", 12, nullable=True),
        long("remark"),
        long("sheet"),
        *refers("sample_cases", "inspected_by", "persons", nullable=True),
        moment("inspected_at", nullable=True),
        sa.UniqueConstraint("sample_id", "place", name=op.f("uq_sample_cases_sample_id_place")),
        sa.UniqueConstraint("sample_id", "case_id", name=op.f("uq_sample_cases_sample_id_case_id")),
    )


def _findings() -> None:
    op.create_table(
        "findings",
        *key("findings"),
        *refers("findings", "sample_case_id", "sample_cases", nullable=True),
        *refers("findings", "case_id", "case_files"),
        *refers("findings", "unit_id", "units"),
        text("rule", 24),
        text("severity", 8),
        long("description"),
        *refers("findings", "item_id", "items", nullable=True),
        number("page_no", nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        text("state", 10),
        number("rounds"),
        *refers("findings", "raised_by", "persons", nullable=True),
        moment("raised_at"),
        sa.CheckConstraint("state in ('open', 'mended', 'closed', 'escalated')", name=op.f("ck_findings_state")),
    )
    op.create_index("ix_findings_unit_id_state_due_on", "findings", ["unit_id", "state", "due_on"])
    op.create_index("ix_findings_sample_case_id", "findings", ["sample_case_id"])
    op.create_index("ix_findings_case_id", "findings", ["case_id"])
    op.create_table(
        "finding_steps",
        *key("finding_steps"),
        *refers("finding_steps", "finding_id", "findings"),
        text("step", 10),
        long("words"),
        *refers("finding_steps", "proof_item_id", "items", nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        *refers("finding_steps", "by", "persons", nullable=True),
        moment("at"),
    )
    op.create_index("ix_finding_steps_finding_id_id", "finding_steps", ["finding_id", "id"])


def downgrade() -> None:
    for table in ("finding_steps", "findings", "sample_cases", "samples"):
        op.drop_table(table)
