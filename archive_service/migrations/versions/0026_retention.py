"""Holds, when what is kept may be appraised, editions of the schedule, and the series of closed files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text, whole

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def _day(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _check(table: str, name: str, said: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(said, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    _holds()
    _closed_files()
    _dues()
    _schedules()


def _holds() -> None:
    op.create_table(
        "holds",
        *key("holds"),
        *refers("holds", "unit_id", "units"),
        text("kind", 12),
        text("reason", 300),
        text("authority", 120),
        _day("review_on"),
        *refers("holds", "placed_by", "persons", nullable=True),
        moment("placed_at"),
        *refers("holds", "released_by", "persons", nullable=True),
        moment("released_at", nullable=True),
        text("release_reason", 300),
        _check("holds", "kind", "kind in ('dispute', 'litigation', 'inspection', 'unpaid')"),
    )
    op.create_index("ix_holds_unit_id_id", "holds", ["unit_id", "id"])
    op.create_index("ix_holds_review_on", "holds", ["review_on"])
    name = "hold_subjects"
    op.create_table(
        name,
        *key(name),
        *refers(name, "hold_id", "holds"),
        *refers(name, "household_id", "household_files"),
        *refers(name, "case_id", "case_files", nullable=True),
        *refers(name, "item_id", "items", nullable=True),
        _check(name, "one", "case_id is null or item_id is null"),
    )
    for column in ("hold_id", "household_id", "case_id", "item_id"):
        op.create_index(f"ix_{name}_{column}", name, [column])


def _closed_files() -> None:
    name = "closed_files"
    op.create_table(
        name,
        *key(name),
        *refers(name, "household_id", "household_files"),
        text("number", 120),
        _day("closed_on"),
        *refers(name, "closed_by", "persons", nullable=True),
        moment("reopened_at", nullable=True),
        *refers(name, "reopened_by", "persons", nullable=True),
        text("reopen_reason", 500),
        sa.UniqueConstraint("number", name=op.f(f"uq_{name}_number")),
    )
    op.create_index(f"ix_{name}_household_id", name, ["household_id"])
    lasting = sa.text("reopened_at IS NULL")
    op.create_index(
        f"uq_{name}_lasting", name, ["household_id"], unique=True, sqlite_where=lasting, postgresql_where=lasting
    )


def _dues() -> None:
    name = "retention_dues"
    op.create_table(
        name,
        *key(name),
        *refers(name, "item_id", "items"),
        *refers(name, "household_id", "household_files"),
        text("outcome", 10),
        _day("due_on", nullable=True),
        _day("starts_on", nullable=True),
        text("rule", 40),
        text("edition", 40),
        text("reason", 300),
        sa.UniqueConstraint("item_id", name=op.f(f"uq_{name}_item_id")),
        _check(name, "outcome", "outcome in ('date', 'waiting', 'unknown', 'permanent')"),
        _check(name, "due_on", "(outcome = 'date') = (due_on is not null)"),
    )
    op.create_index(f"ix_{name}_household_id", name, ["household_id"])
    op.create_index(f"ix_{name}_outcome_due_on_id", name, ["outcome", "due_on", "id"])
    name = "retention_reckoned"
    op.create_table(
        name,
        sa.Column("household_id", whole(), nullable=False, autoincrement=False),
        number("revision"),
        text("edition", 40),
        _day("reckoned_on"),
        sa.PrimaryKeyConstraint("household_id", name=op.f(f"pk_{name}")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["household_files.id"], name=op.f(f"fk_{name}_household_id_household_files")
        ),
    )


def _schedules() -> None:
    name = "retention_drafts"
    op.create_table(
        name,
        *key(name),
        text("code", 40),
        text("title", 200),
        _day("effective_from"),
        sa.Column("text", sa.Text(), nullable=False),
        text("state", 10),
        number("revision"),
        *refers(name, "unit_id", "units"),
        *refers(name, "made_by", "persons", nullable=True),
        *refers(name, "changed_by", "persons", nullable=True),
        moment("changed_at"),
        *refers(name, "decided_by", "persons", nullable=True),
        moment("decided_at", nullable=True),
        sa.UniqueConstraint("code", name=op.f(f"uq_{name}_code")),
        _check(name, "state", "state in ('draft', 'released', 'dropped')"),
        _check(name, "another", "decided_by is null or decided_by <> changed_by"),
    )
    name = "retention_runs"
    op.create_table(
        name,
        *key(name),
        *refers(name, "draft_id", "retention_drafts"),
        text("purpose", 10),
        number("revision"),
        text("state", 10),
        *refers(name, "made_by", "persons", nullable=True),
        moment("made_at"),
        moment("finished_at", nullable=True),
        *(number(one) for one in ("next_id", "last_id", "items", "earlier", "later", "other")),
        _check(name, "purpose", "purpose in ('preview', 'apply')"),
        _check(name, "state", "state in ('running', 'done', 'failed')"),
    )
    op.create_index(f"ix_{name}_draft_id", name, ["draft_id"])
    name = "retention_changes"
    op.create_table(
        name,
        *key(name),
        *refers(name, "run_id", "retention_runs"),
        *refers(name, "item_id", "items"),
        text("effect", 10),
        text("was", 80),
        text("becomes", 80),
        sa.UniqueConstraint("run_id", "item_id", name=op.f(f"uq_{name}_run_id_item_id")),
    )
    op.create_index(f"ix_{name}_run_id_effect_id", name, ["run_id", "effect", "id"])


def downgrade() -> None:
    for table in ("retention_changes", "retention_runs", "retention_drafts", "retention_reckoned", "retention_dues"):
        op.drop_table(table)
    for table in ("closed_files", "hold_subjects", "holds"):
        op.drop_table(table)
