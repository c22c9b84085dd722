"""What pages remember for a person, notes on pages, and orders of the list of cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import moment, whole

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["persons.id"], name=op.f(f"fk_{table}_{column}_persons"))


INDEXES = {"ix_case_files_accepted_on_id": ["accepted_on", "id"], "ix_case_files_energised_on": ["energised_on"]}


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        # First, since all that was done before is kept: a run that was stopped begins again with what is below.
        with op.get_context().autocommit_block():
            for name, columns in INDEXES.items():
                build(name, columns)
    else:
        for name, columns in INDEXES.items():
            op.create_index(name, "case_files", columns)
    op.create_table(
        "remembered",
        sa.Column("id", whole(), nullable=False),
        sa.Column("person_id", whole(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        moment("at"),
        person("remembered", "person_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remembered")),
        sa.UniqueConstraint("person_id", "kind", "name", name=op.f("uq_remembered_person_id_kind_name")),
    )
    op.create_index("ix_remembered_person_id_kind_at", "remembered", ["person_id", "kind", "at"])
    op.create_table(
        "page_notes",
        sa.Column("id", whole(), nullable=False),
        sa.Column("item_id", whole(), nullable=False),
        sa.Column("page_no", whole(), nullable=False),
        sa.Column("x", whole(), nullable=False),
        sa.Column("y", whole(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("pinned_by", whole(), nullable=False),
        moment("pinned_at"),
        sa.Column("taken_off_by", whole(), nullable=True),
        moment("taken_off_at", nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_page_notes_item_id_items")),
        person("page_notes", "pinned_by"),
        person("page_notes", "taken_off_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_notes")),
    )
    op.create_index("ix_page_notes_item_id_page_no", "page_notes", ["item_id", "page_no"])


def build(name: str, columns: list[str]) -> None:
    """Build an index while others write; what a build leaves that was stopped is made anew."""
    # It waits, without holding anybody up, until every transaction that began before it has ended.
    config = op.get_context().config
    patience_s = config.attributes["patience_s"] if config else 300
    op.execute(f"set lock_timeout = '{patience_s}s'")
    op.execute(f"drop index concurrently if exists {name}")
    op.create_index(name, "case_files", columns, postgresql_concurrently=True)
    op.execute("set lock_timeout = '4s'")


def downgrade() -> None:
    op.drop_index("ix_case_files_energised_on", "case_files")
    op.drop_index("ix_case_files_accepted_on_id", "case_files")
    op.drop_table("page_notes")
    op.drop_table("remembered")
