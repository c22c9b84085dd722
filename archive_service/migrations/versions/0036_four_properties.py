"""The four-property check: editions of its items, runs and what came of each item."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_UNREPORTED = sa.text("report_digest IS NULL AND state <> 'open'")


def upgrade() -> None:
    _schemes()
    _runs()
    op.create_table(
        "property_results",
        *key("property_results"),
        *refers("property_results", "run_id", "property_runs"),
        number("place"),
        text("code", 20),
        text("property", 12),
        text("mode", 14),
        text("title_zh", 200),
        text("title_en", 200),
        text("result", 14),
        text("evidence", 500),
        *refers("property_results", "answered_by", "persons", nullable=True),
        moment("answered_at", nullable=True),
        sa.CheckConstraint(
            "result in ('passed', 'failed', 'open', 'not_checked', 'not_applicable')",
            name=op.f("ck_property_results_result"),
        ),
        sa.CheckConstraint("evidence <> ''", name=op.f("ck_property_results_evidence")),
        sa.UniqueConstraint("run_id", "place", name=op.f("uq_property_results_run_id_place")),
        sa.UniqueConstraint("run_id", "code", name=op.f("uq_property_results_run_id_code")),
    )


def downgrade() -> None:
    for table in ("property_results", "property_runs", "property_schemes"):
        op.drop_table(table)


def _schemes() -> None:
    op.create_table(
        "property_schemes",
        *key("property_schemes"),
        text("code", 40),
        text("title", 200),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        text("state", 10),
        *refers("property_schemes", "unit_id", "units"),
        *refers("property_schemes", "made_by", "persons", nullable=True),
        *refers("property_schemes", "changed_by", "persons", nullable=True),
        moment("changed_at"),
        *refers("property_schemes", "decided_by", "persons", nullable=True),
        moment("decided_at", nullable=True),
        sa.CheckConstraint("state in ('draft', 'released', 'dropped')", name=op.f("ck_property_schemes_state")),
        sa.CheckConstraint("decided_by is null or decided_by <> changed_by", name=op.f("ck_property_schemes_another")),
        sa.UniqueConstraint("code", name=op.f("uq_property_schemes_code")),
    )


def _runs() -> None:
    op.create_table(
        "property_runs",
        *key("property_runs"),
        text("moment", 10),
        *refers("property_runs", "household_id", "household_files"),
        *refers("property_runs", "case_id", "case_files", nullable=True),
        *refers("property_runs", "package_id", "packages", nullable=True),
        *refers("property_runs", "unit_id", "units"),
        text("edition", 40),
        text("state", 8),
        text("fingerprint", 64),
        number("papers"),
        number("pages"),
        *refers("property_runs", "asked_by", "persons", nullable=True),
        moment("begun_at"),
        moment("finished_at", nullable=True),
        text("report_digest", 64, nullable=True),
        text("data_digest", 64, nullable=True),
        sa.CheckConstraint("moment in ('filing', 'transfer', 'longterm')", name=op.f("ck_property_runs_moment")),
        sa.CheckConstraint("state in ('open', 'passed', 'failed')", name=op.f("ck_property_runs_state")),
        sa.CheckConstraint("report_digest is null or state <> 'open'", name=op.f("ck_property_runs_report")),
    )
    for columns in (["unit_id", "id"], ["case_id", "id"], ["household_id", "id"], ["package_id"]):
        op.create_index(op.f(f"ix_property_runs_{'_'.join(columns)}"), "property_runs", columns)
    op.create_index(
        "ix_property_runs_unreported",
        "property_runs",
        ["id"],
        sqlite_where=_UNREPORTED,
        postgresql_where=_UNREPORTED,
    )
