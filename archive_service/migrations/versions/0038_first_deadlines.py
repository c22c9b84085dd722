"""The deadline under which a case was first filed, beside the one that it got when it was opened again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_files", sa.Column("first_due_on", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("case_files") as table:
        table.drop_column("first_due_on")
