"""Who has which scan on the review desk, and documents that wait for a better scan of their pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import whole

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a default: no row is touched, and the version still running goes on writing rows without it.
    op.add_column("scan_documents", sa.Column("rescan_pages", sa.Text(), nullable=True))
    op.create_table(
        "review_claims",
        sa.Column("id", whole(), nullable=False),
        sa.Column("scan_id", whole(), nullable=False),
        sa.Column("person_id", whole(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("turn", whole(), nullable=False),
        sa.Column("handed_by", whole(), nullable=True),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.id"], name=op.f("fk_review_claims_scan_id_scans")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_review_claims_person_id_persons")),
        sa.ForeignKeyConstraint(["handed_by"], ["persons.id"], name=op.f("fk_review_claims_handed_by_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_claims")),
        sa.UniqueConstraint("scan_id", name=op.f("uq_review_claims_scan_id")),
    )


def downgrade() -> None:
    op.drop_table("review_claims")
    op.drop_column("scan_documents", "rescan_pages")
