"""Sign-on through an OpenID provider: whose identity it is, what is on its way, how a sign-in was begun."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import whole

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_identities",
        sa.Column("id", whole(), nullable=False),
        sa.Column("person_id", whole(), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("tied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_person_identities_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_person_identities_issuer_subject")),
        sa.UniqueConstraint("person_id", "issuer", name=op.f("uq_person_identities_person_id_issuer")),
    )
    op.create_table(
        "sign_on_attempts",
        sa.Column("id", whole(), nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("wanted", sa.String(length=1000), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_on_attempts")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_sign_on_attempts_state_hash")),
    )
    op.create_index(op.f("ix_sign_on_attempts_expires_at"), "sign_on_attempts", ["expires_at"])
    op.add_column("sign_ins", sa.Column("way", sa.String(length=10), server_default="", nullable=False))
    op.add_column("sign_ins", sa.Column("vouched_factor", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("sign_ins", "vouched_factor")
    op.drop_column("sign_ins", "way")
    op.drop_table("sign_on_attempts")
    op.drop_table("person_identities")
