"""Models that name papers, and which of them named a document."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import whole

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "naming_models",
        sa.Column("id", whole(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("before_id", whole(), nullable=True),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trained_by", whole(), nullable=True),
        sa.Column("generated", whole(), nullable=False),
        sa.Column("confirmed", whole(), nullable=False),
        sa.Column("held_back", whole(), nullable=False),
        sa.Column("accuracy", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["before_id"], ["naming_models.id"], name=op.f("fk_naming_models_before_id_naming_models")
        ),
        sa.ForeignKeyConstraint(["trained_by"], ["persons.id"], name=op.f("fk_naming_models_trained_by_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_naming_models")),
    )
    # Without a default: rows of before were named by rules alone.
    op.add_column("scan_documents", sa.Column("named_by", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("scan_documents", "named_by")
    op.drop_table("naming_models")
