"""Who signed the package that brought a history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("carried_histories") as table:
        table.add_column(sa.Column("signature", sa.String(8), nullable=False, server_default="unknown"))
        table.add_column(sa.Column("signer", sa.String(300), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("carried_histories") as table:
        table.drop_column("signer")
        table.drop_column("signature")
