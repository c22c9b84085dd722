"""Review lists with their items, tombstones, and the objects that a disposal removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def _day(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "removed_objects",
        text("digest", 64),
        text("register_no", 80),
        moment("announced_at"),
        moment("removed_at", nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_removed_objects")),
    )
    name = "disposal_lists"
    op.create_table(
        name,
        *key(name),
        text("number", 80),
        text("title", 120),
        *refers(name, "unit_id", "units"),
        text("state", 10),
        _day("frozen_on"),
        *refers(name, "made_by", "persons", nullable=True),
        moment("made_at"),
        *refers(name, "proposed_by", "persons", nullable=True),
        moment("proposed_at", nullable=True),
        text("report_digest", 64, nullable=True),
        *refers(name, "decided_by", "persons", nullable=True),
        moment("decided_at", nullable=True),
        text("decision_note", 300),
        _day("execute_from", nullable=True),
        *refers(name, "requested_by", "persons", nullable=True),
        moment("requested_at", nullable=True),
        text("plan_hash", 64, nullable=True),
        text("place", 120),
        *refers(name, "first_witness", "persons", nullable=True),
        moment("first_witnessed_at", nullable=True),
        *refers(name, "second_witness", "persons", nullable=True),
        moment("second_witnessed_at", nullable=True),
        moment("done_at", nullable=True),
        _day("backups_until", nullable=True),
        text("certificate_digest", 64, nullable=True),
        sa.UniqueConstraint("number", name=op.f("uq_disposal_lists_number")),
        sa.CheckConstraint(
            "state in ('open', 'proposed', 'approved', 'planned', 'executing', 'done', 'dropped')",
            name=op.f("ck_disposal_lists_state"),
        ),
        sa.CheckConstraint("decided_by is null or decided_by <> proposed_by", name=op.f("ck_disposal_lists_approver")),
        sa.CheckConstraint(
            "first_witness is null or second_witness is null or first_witness <> second_witness",
            name=op.f("ck_disposal_lists_two_witnesses"),
        ),
    )
    op.create_index("ix_disposal_lists_unit_id_id", name, ["unit_id", "id"])
    name = "disposal_items"
    op.create_table(
        name,
        *key(name),
        *refers(name, "list_id", "disposal_lists"),
        *refers(name, "item_id", "items"),
        *refers(name, "household_id", "household_files"),
        text("code", 160),
        text("title", 200),
        text("document_type", 10),
        _day("document_date", nullable=True),
        _day("filed_on"),
        number("pages"),
        text("content_hash", 64),
        _day("due_on"),
        text("rule", 200),
        text("opinion", 10, nullable=True),
        number("years", nullable=True),
        text("reason", 200),
        *refers(name, "opined_by", "persons", nullable=True),
        moment("opined_at", nullable=True),
        sa.Column("in_plan", sa.Boolean(), nullable=False),
        text("state", 10),
        text("dropped_why", 200),
        sa.UniqueConstraint("list_id", "item_id", name=op.f("uq_disposal_items_list_id_item_id")),
        sa.CheckConstraint("state in ('listed', 'dropped', 'destroyed')", name=op.f("ck_disposal_items_state")),
    )
    op.create_index("ix_disposal_items_item_id", name, ["item_id"])
    name = "tombstones"
    op.create_table(
        name,
        *key(name),
        *refers(name, "item_id", "items"),
        *refers(name, "household_id", "household_files"),
        text("code", 160),
        text("title", 200),
        text("document_type", 10),
        _day("document_date", nullable=True),
        _day("filed_on"),
        moment("destroyed_at"),
        number("pages"),
        text("content_hash", 64),
        text("register_no", 80),
        sa.UniqueConstraint("item_id", name=op.f("uq_tombstones_item_id")),
    )
    op.create_index("ix_tombstones_household_id", name, ["household_id"])


def downgrade() -> None:
    for table in ("tombstones", "disposal_items", "disposal_lists", "removed_objects"):
        op.drop_table(table)
