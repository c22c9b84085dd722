"""Kept figures of cases: what each adds, their sums, and the rules that its papers break."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import whole

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MEASURES = (
    "cases",
    "complete_cases",
    "due",
    "satisfied",
    "not_assessable",
    "on_time",
    "late",
    "compared",
    "consistent",
    "scanned",
    "untouched",
    "first_answered",
    "first_passed",
    "taken_in",
    "rounds",
)


def figures(table: str) -> list[sa.schema.SchemaItem]:
    """Return the key and the measures that both tables of figures have."""
    return [
        sa.Column("unit_id", whole(), nullable=False),
        sa.Column("customer_category", sa.String(length=4), nullable=False),
        sa.Column("business_type", sa.String(length=10), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        *[sa.Column(name, whole(), nullable=False) for name in MEASURES],
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f(f"fk_{table}_unit_id_units")),
    ]


def case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["case_id"], ["case_files.id"], name=op.f(f"fk_{table}_case_id_case_files"))


def upgrade() -> None:
    op.create_table(
        "case_counts",
        sa.Column("case_id", whole(), autoincrement=False, nullable=False),
        *figures("case_counts"),
        case("case_counts"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_counts")),
    )
    op.create_index("ix_case_counts_unit_id_month", "case_counts", ["unit_id", "month"])
    op.create_table(
        "case_figures",
        sa.Column("id", whole(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        *figures("case_figures"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_figures")),
    )
    key = ["unit_id", "customer_category", "business_type", "month"]
    op.create_index("ix_case_figures_unit_id_customer_category_business_type_month", "case_figures", key)
    op.create_index("ix_case_figures_settled_id", "case_figures", ["settled", "id"])
    op.create_index("ix_case_figures_due_on", "case_figures", ["due_on"])
    op.create_table(
        "case_hits",
        sa.Column("id", whole(), nullable=False),
        sa.Column("case_id", whole(), nullable=False),
        sa.Column("unit_id", whole(), nullable=False),
        sa.Column("rule", sa.String(length=24), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        case("case_hits"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_case_hits_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_hits")),
        sa.UniqueConstraint("case_id", "rule", name=op.f("uq_case_hits_case_id_rule")),
    )
    op.create_index("ix_case_hits_rule_unit_id_case_id", "case_hits", ["rule", "unit_id", "case_id"])


def downgrade() -> None:
    op.drop_table("case_hits")
    op.drop_table("case_figures")
    op.drop_table("case_counts")
