"""Second factors, tries at the door, places of sign-ins, scopes of tokens, grants with a first and a last day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import moment, whole

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def columns() -> dict[str, tuple[sa.Column[object], ...]]:
    """Return the new columns; the version still running writes rows that lack them, so none insists on a value."""
    return {
        "persons": (
            sa.Column("totp_secret", sa.String(length=64), nullable=True),
            moment("totp_since", nullable=True),
            sa.Column("totp_step", whole(), nullable=True),
        ),
        "role_grants": (
            sa.Column("starts_on", sa.Date(), nullable=True),
            sa.Column("ends_on", sa.Date(), nullable=True),
            # No foreign key: SQLite adds none to a table that is there, and persons are never removed.
            sa.Column("deputy_for", whole(), nullable=True),
        ),
        "sign_ins": (
            sa.Column("address", sa.String(length=64), nullable=False, server_default=""),
            sa.Column("agent", sa.String(length=200), nullable=False, server_default=""),
            sa.Column("device_hash", sa.String(length=64), nullable=True),
            sa.Column("scopes", sa.Text(), nullable=True),
        ),
    }


def upgrade() -> None:
    for table, added in columns().items():
        for column in added:
            op.add_column(table, column)
    op.create_table(
        "recovery_codes",
        sa.Column("id", whole(), nullable=False),
        sa.Column("person_id", whole(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        moment("used_at", nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_recovery_codes_person_id_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("person_id", "code_hash", name=op.f("uq_recovery_codes_person_id_code_hash")),
    )
    op.create_table(
        "sign_in_tries",
        sa.Column("id", whole(), nullable=False),
        sa.Column("account", sa.String(length=24), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("failures", whole(), nullable=False),
        moment("last_at"),
        moment("next_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_tries")),
        sa.UniqueConstraint("account", "source", name=op.f("uq_sign_in_tries_account_source")),
    )
    op.create_index(op.f("ix_sign_in_tries_last_at"), "sign_in_tries", ["last_at"])


def downgrade() -> None:
    op.drop_table("sign_in_tries")
    op.drop_table("recovery_codes")
    for table, added in columns().items():
        for column in added:
            op.drop_column(table, column.name)
