"""Archive codes: the code of each filed case, the counters of their series, and the patterns of units."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "archive_codes",
        *key("archive_codes"),
        *refers("archive_codes", "case_id", "case_files"),
        text("code", 120),
        text("series", 120),
        number("serial"),
        moment("given_at"),
        sa.UniqueConstraint("case_id", name=op.f("uq_archive_codes_case_id")),
        sa.UniqueConstraint("code", name=op.f("uq_archive_codes_code")),
        sa.UniqueConstraint("series", "serial", name=op.f("uq_archive_codes_series_serial")),
    )
    op.create_table(
        "archive_series",
        text("series", 120),
        number("last"),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_archive_series")),
    )
    op.create_table(
        "archive_code_patterns",
        *key("archive_code_patterns"),
        *refers("archive_code_patterns", "unit_id", "units"),
        text("pattern", 80),
        *refers("archive_code_patterns", "set_by", "persons", nullable=True),
        moment("set_at"),
        sa.UniqueConstraint("unit_id", name=op.f("uq_archive_code_patterns_unit_id")),
    )


def downgrade() -> None:
    for table in ("archive_code_patterns", "archive_series", "archive_codes"):
        op.drop_table(table)
