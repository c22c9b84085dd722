"""Who signed a received file, as the file says it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scans", sa.Column("signatures", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("scans", "signatures")
