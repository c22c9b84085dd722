"""Long files of cases that jobs preview and register in parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_imports",
        *key("case_imports"),
        text("name", 200),
        *refers("case_imports", "made_by", "persons"),
        moment("made_at"),
        text("state", 10),
        number("rows"),
        number("done"),
        moment("finished_at", nullable=True),
        sa.CheckConstraint(
            "state in ('previewing', 'previewed', 'importing', 'done', 'dropped')",
            name=op.f("ck_case_imports_state"),
        ),
    )
    op.create_index("ix_case_imports_made_by_id", "case_imports", ["made_by", "id"])
    op.create_index("ix_case_imports_state_made_at", "case_imports", ["state", "made_at"])
    op.create_table(
        "case_import_parts",
        *key("case_import_parts"),
        *refers("case_import_parts", "import_id", "case_imports"),
        number("number"),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("fates", sa.Text(), nullable=False),
        text("passed", 10),
        *(number(name) for name in ("created", "updated", "unchanged", "refused")),
        sa.UniqueConstraint("import_id", "number", name=op.f("uq_case_import_parts_import_id_number")),
    )


def downgrade() -> None:
    for table in ("case_import_parts", "case_imports"):
        op.drop_table(table)
