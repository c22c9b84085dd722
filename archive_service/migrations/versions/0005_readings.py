"""With which settings and when a page was read, and the readings of before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import whole

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a default: no row is touched, on PostgreSQL not even those of old partitions.
    op.add_column("scan_pages", sa.Column("reading_settings", sa.String(length=80), nullable=True))
    op.add_column("scan_pages", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    table = "scan_page_readings"
    op.create_table(
        table,
        sa.Column("id", whole(), nullable=False),
        sa.Column("scan_id", whole(), nullable=False),
        sa.Column("page_no", whole(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("engine", sa.String(length=80), nullable=True),
        sa.Column("reading_settings", sa.String(length=80), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        *(sa.Column(name, whole(), nullable=True) for name in ("rotation", "width_px", "height_px")),
        *(
            sa.Column(name, sa.String(length=64), nullable=True)
            for name in ("image_digest", "thumbnail_digest", "lines_digest")
        ),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.id"], name=op.f(f"fk_{table}_scan_id_scans")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_scan_id_page_no"), table, ["scan_id", "page_no"])


def downgrade() -> None:
    op.drop_table("scan_page_readings")
    op.drop_column("scan_pages", "read_at")
    op.drop_column("scan_pages", "reading_settings")
