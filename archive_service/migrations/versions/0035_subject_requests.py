"""Requests of the people whom papers speak of, papers stored only because of one, and facts from which clocks count."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, refers, text

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_LASTS = sa.text("ended_at IS NULL")
_HOLDS = sa.text("taken_back_at IS NULL")
_KINDS = "kind in ('copy', 'annotate', 'restrict', 'erase')"
_STATES = "state in ('open', 'granted', 'refused', 'withdrawn')"


def upgrade() -> None:
    op.create_table(
        "subject_requests",
        *key("subject_requests"),
        text("number", 80),
        *refers("subject_requests", "household_id", "household_files"),
        *refers("subject_requests", "unit_id", "units"),
        text("kind", 10),
        text("asker", 80),
        text("relation", 6),
        text("proof", 20),
        text("proof_note", 200),
        text("words", 500),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        text("state", 10),
        *refers("subject_requests", "made_by", "persons", nullable=True),
        moment("made_at"),
        *refers("subject_requests", "decided_by", "persons", nullable=True),
        moment("decided_at", nullable=True),
        text("reason", 500),
        text("annotation", 500),
        *refers("subject_requests", "copy_id", "certified_copies", nullable=True),
        text("letter_digest", 64, nullable=True),
        sa.UniqueConstraint("number", name=op.f("uq_subject_requests_number")),
        sa.CheckConstraint(_KINDS, name=op.f("ck_subject_requests_kind")),
        sa.CheckConstraint("relation in ('self', 'agent')", name=op.f("ck_subject_requests_relation")),
        sa.CheckConstraint(_STATES, name=op.f("ck_subject_requests_state")),
        sa.CheckConstraint("(state = 'open') = (decided_at is null)", name=op.f("ck_subject_requests_decided")),
    )
    op.create_index("ix_subject_requests_unit_id_id", "subject_requests", ["unit_id", "id"])
    op.create_index("ix_subject_requests_household_id", "subject_requests", ["household_id"])
    op.create_index("ix_subject_requests_state_due_on", "subject_requests", ["state", "due_on"])
    op.create_table(
        "subject_items",
        *key("subject_items"),
        *refers("subject_items", "request_id", "subject_requests"),
        *refers("subject_items", "item_id", "items"),
        sa.UniqueConstraint("request_id", "item_id", name=op.f("uq_subject_items_request_id_item_id")),
    )
    op.create_index("ix_subject_items_item_id", "subject_items", ["item_id"])
    op.create_table(
        "restrictions",
        *key("restrictions"),
        *refers("restrictions", "item_id", "items"),
        *refers("restrictions", "household_id", "household_files"),
        *refers("restrictions", "request_id", "subject_requests"),
        *refers("restrictions", "begun_by", "persons", nullable=True),
        moment("begun_at"),
        *refers("restrictions", "ended_by", "persons", nullable=True),
        moment("ended_at", nullable=True),
        text("end_reason", 300),
    )
    op.create_index(
        "uq_restrictions_lasts",
        "restrictions",
        ["item_id", "request_id"],
        unique=True,
        sqlite_where=_LASTS,
        postgresql_where=_LASTS,
    )
    op.create_index("ix_restrictions_household_id", "restrictions", ["household_id"])
    op.create_index("ix_restrictions_request_id", "restrictions", ["request_id"])
    op.create_table(
        "restricted_readings",
        *key("restricted_readings"),
        *refers("restricted_readings", "item_id", "items"),
        *refers("restricted_readings", "person_id", "persons"),
        text("reason", 300),
        moment("opened_at"),
        moment("until"),
    )
    op.create_index("ix_restricted_readings_person_id_until", "restricted_readings", ["person_id", "until"])
    op.create_index("ix_restricted_readings_item_id", "restricted_readings", ["item_id"])
    op.create_table(
        "retention_facts",
        *key("retention_facts"),
        *refers("retention_facts", "item_id", "items"),
        *refers("retention_facts", "household_id", "household_files"),
        text("kind", 16),
        sa.Column("happened_on", sa.Date(), nullable=False),
        *refers("retention_facts", "by_item_id", "items", nullable=True),
        text("reason", 300),
        *refers("retention_facts", "said_by", "persons", nullable=True),
        moment("said_at"),
        *refers("retention_facts", "taken_back_by", "persons", nullable=True),
        moment("taken_back_at", nullable=True),
        sa.CheckConstraint("kind in ('superseded', 'contract_ended')", name=op.f("ck_retention_facts_kind")),
        sa.CheckConstraint("by_item_id is null or by_item_id <> item_id", name=op.f("ck_retention_facts_another")),
    )
    op.create_index(
        "uq_retention_facts_holds",
        "retention_facts",
        ["item_id", "kind"],
        unique=True,
        sqlite_where=_HOLDS,
        postgresql_where=_HOLDS,
    )
    op.create_index("ix_retention_facts_household_id", "retention_facts", ["household_id"])
    op.create_index("ix_retention_facts_by_item_id", "retention_facts", ["by_item_id"])
    # What was guessed from a later paper starts no clock any more: all of it is reckoned again.
    op.execute("DELETE FROM retention_reckoned")


def downgrade() -> None:
    op.drop_table("retention_facts")
    for table in ("restricted_readings", "restrictions", "subject_items", "subject_requests"):
        op.drop_table(table)
