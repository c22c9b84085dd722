"""Packages that were handed in, whatever became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_NAME = "package_hand_ins"
_CHANNELS = "channel in ('web', 'api', 'cli')"
_STATES = "state in ('received', 'checked', 'refused', 'taking', 'taken', 'declined', 'stopped')"


def upgrade() -> None:
    op.create_table(
        _NAME,
        *key(_NAME),
        *refers(_NAME, "unit_id", "units"),
        sa.Column("as_named", sa.Boolean(), nullable=False),
        text("channel", 4),
        text("name", 255),
        text("digest", 64, nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        text("state", 8),
        *refers(_NAME, "handed_in_by", "persons", nullable=True),
        moment("handed_in_at"),
        text("format", 8),
        text("account_no", 20),
        *(number(name) for name in ("cases", "items", "files")),
        text("manifest_sha256", 64),
        text("signature", 8),
        text("signer", 300),
        sa.Column("findings", sa.Text(), nullable=False),
        *refers(_NAME, "decided_by", "persons", nullable=True),
        moment("decided_at", nullable=True),
        text("reason", 300),
        moment("finished_at", nullable=True),
        *refers(_NAME, "package_id", "packages", nullable=True),
        number("batch_id", nullable=True),
        number("received"),
        sa.CheckConstraint(_CHANNELS, name=op.f(f"ck_{_NAME}_channel")),
        sa.CheckConstraint(_STATES, name=op.f(f"ck_{_NAME}_state")),
    )
    op.create_index(f"ix_{_NAME}_unit_id_id", _NAME, ["unit_id", "id"])


def downgrade() -> None:
    op.drop_table(_NAME)
