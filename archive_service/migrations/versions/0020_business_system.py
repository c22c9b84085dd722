"""What the business system says: head data of households with history, links between accounts, moments of cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, refers, text

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "head_values",
        *key("head_values"),
        *refers("head_values", "household_id", "household_files"),
        text("name", 20),
        text("value", 400),
        moment("as_of"),
        moment("heard_until"),
        text("source", 8),
        moment("recorded_at"),
        *refers("head_values", "recorded_by", "persons", nullable=True),
        sa.UniqueConstraint("household_id", "name", "as_of", name=op.f("uq_head_values_household_id_name_as_of")),
        sa.CheckConstraint("source in ('push', 'case')", name=op.f("ck_head_values_source")),
    )
    op.create_index("ix_head_values_name_value", "head_values", ["name", "value"])
    op.create_table(
        "account_links",
        *key("account_links"),
        *refers("account_links", "from_household_id", "household_files"),
        *refers("account_links", "to_household_id", "household_files"),
        text("kind", 10),
        sa.Column("happened_on", sa.Date(), nullable=False),
        moment("recorded_at"),
        *refers("account_links", "recorded_by", "persons", nullable=True),
        sa.UniqueConstraint(
            "from_household_id",
            "to_household_id",
            "kind",
            name=op.f("uq_account_links_from_household_id_to_household_id_kind"),
        ),
        sa.CheckConstraint("kind in ('split', 'merge', 'transfer', 'renumber')", name=op.f("ck_account_links_kind")),
    )
    op.create_index("ix_account_links_to_household_id", "account_links", ["to_household_id"])
    op.add_column("case_files", moment("source_as_of", nullable=True))


def downgrade() -> None:
    op.drop_column("case_files", "source_as_of")
    for table in ("account_links", "head_values"):
        op.drop_table(table)
