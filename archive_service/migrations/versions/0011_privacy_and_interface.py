"""Unmasking for a time, hashes of identity numbers, what belongs to a person, kept answers, webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, refers, text, whole

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unmaskings",
        *key("unmaskings"),
        *refers("unmaskings", "person_id", "persons"),
        *refers("unmaskings", "household_id", "household_files"),
        text("purpose", 20),
        text("reason", 200),
        moment("begun_at"),
        moment("until"),
        moment("ended_at", nullable=True),
    )
    op.create_index(op.f("ix_unmaskings_person_id_until"), "unmaskings", ["person_id", "until"])
    op.create_table(
        "identity_hashes",
        *key("identity_hashes"),
        text("hash", 64),
        *refers("identity_hashes", "household_id", "household_files"),
        *refers("identity_hashes", "item_id", "items"),
        sa.UniqueConstraint("item_id", "hash", name=op.f("uq_identity_hashes_item_id_hash")),
    )
    op.create_index(op.f("ix_identity_hashes_hash"), "identity_hashes", ["hash"])
    op.create_index(op.f("ix_identity_hashes_household_id"), "identity_hashes", ["household_id"])
    op.create_table(
        "identity_marks",
        *refers("identity_marks", "household_id", "household_files"),
        sa.Column("revision", whole(), nullable=False),
        text("key_id", 16),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_identity_marks")),
    )
    op.create_table(
        "person_ties",
        *key("person_ties"),
        *refers("person_ties", "person_id", "persons"),
        text("kind", 10),
        text("value", 64),
        sa.UniqueConstraint("person_id", "kind", "value", name=op.f("uq_person_ties_person_id_kind_value")),
    )
    op.create_table(
        "kept_answers",
        *key("kept_answers"),
        *refers("kept_answers", "person_id", "persons"),
        text("idempotency_key", 200),
        text("request_digest", 64),
        sa.Column("status", whole(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        moment("begun_at"),
        sa.UniqueConstraint("person_id", "idempotency_key", name=op.f("uq_kept_answers_person_id_idempotency_key")),
    )
    op.create_index(op.f("ix_kept_answers_begun_at"), "kept_answers", ["begun_at"])
    _webhooks()


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        *key("webhooks"),
        *refers("webhooks", "unit_id", "units"),
        text("address", 500),
        sa.Column("events", sa.Text(), nullable=False),
        text("salt", 64),
        text("label", 120),
        *refers("webhooks", "made_by", "persons", nullable=True),
        moment("made_at"),
        moment("ended_at", nullable=True),
    )
    op.create_table(
        "webhook_deliveries",
        *key("webhook_deliveries"),
        *refers("webhook_deliveries", "webhook_id", "webhooks"),
        text("event", 40),
        sa.Column("seq", whole(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        text("state", 10),
        sa.Column("attempts", whole(), nullable=False),
        sa.Column("status", whole(), nullable=True),
        text("error_code", 60, nullable=True),
        moment("made_at"),
        moment("tried_at", nullable=True),
        moment("next_at", nullable=True),
        sa.UniqueConstraint("webhook_id", "seq", "event", name=op.f("uq_webhook_deliveries_webhook_id_seq_event")),
    )
    op.create_table(
        "webhook_marks",
        sa.Column("id", whole(), autoincrement=False, nullable=False),
        sa.Column("seq", whole(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_marks")),
    )


def downgrade() -> None:
    for table in (
        "webhook_marks",
        "webhook_deliveries",
        "webhooks",
        "kept_answers",
        "person_ties",
        "identity_marks",
        "identity_hashes",
        "unmaskings",
    ):
        op.drop_table(table)
