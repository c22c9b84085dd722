"""What was found wrong with pages, what was inspected, rescans, and the resolution of the scanner."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import moment, whole

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def page(table: str) -> list[sa.schema.SchemaItem]:
    """Return the columns of a row about a page of a scan."""
    return [
        sa.Column("id", whole(), nullable=False),
        sa.Column("scan_id", whole(), nullable=False),
        sa.Column("page_no", whole(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.id"], name=op.f(f"fk_{table}_scan_id_scans")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def person(table: str, column: str) -> list[sa.schema.SchemaItem]:
    """Return a column that names a person."""
    key = sa.ForeignKeyConstraint([column], ["persons.id"], name=op.f(f"fk_{table}_{column}_persons"))
    return [sa.Column(column, whole(), nullable=True), key]


def digest(name: str, *, nullable: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=64), nullable=nullable)


def upgrade() -> None:
    # Without a default: no row is touched, on PostgreSQL not even those of old partitions.
    op.add_column("scan_pages", sa.Column("scanned_dpi", whole(), nullable=True))
    op.create_table(
        "page_findings",
        *page("page_findings"),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("measure", sa.Double(), nullable=False),
        sa.Column("limit", sa.Double(), nullable=False),
        sa.Column("boxes", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        moment("found_at"),
        sa.Column("decision", sa.String(length=10), nullable=True),
        *person("page_findings", "decided_by"),
        moment("decided_at", nullable=True),
        sa.UniqueConstraint("scan_id", "page_no", "code", name=op.f("uq_page_findings_scan_id_page_no_code")),
    )
    op.create_table(
        "page_inspections",
        *page("page_inspections"),
        sa.Column("batch_id", whole(), nullable=False),
        sa.Column("fault", sa.String(length=20), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        *person("page_inspections", "inspected_by"),
        moment("inspected_at"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_page_inspections_batch_id_batches")),
        sa.UniqueConstraint(
            "batch_id", "scan_id", "page_no", name=op.f("uq_page_inspections_batch_id_scan_id_page_no")
        ),
    )
    op.create_table(
        "rescans",
        *page("rescans"),
        sa.Column("state", sa.String(length=10), nullable=False),
        digest("digest", nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        *person("rescans", "received_by"),
        moment("received_at"),
        moment("taken_at", nullable=True),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        *map(digest, ("raw_digest", "image_digest", "thumbnail_digest", "layer_digest", "lines_digest")),
        sa.Column("superseded", sa.Text(), nullable=False),
    )
    op.create_index(op.f("ix_rescans_scan_id_page_no"), "rescans", ["scan_id", "page_no"])


def downgrade() -> None:
    op.drop_table("rescans")
    op.drop_table("page_inspections")
    op.drop_table("page_findings")
    op.drop_column("scan_pages", "scanned_dpi")
