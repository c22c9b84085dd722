"""Signed checkpoints of the audit trail and where they were taken; entries can be neither changed nor removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_KEPT = {
    "audit_entries": "seq = new.seq",
    "audit_checkpoints": "id = new.id or size = new.size",
    "audit_tiles": "number = new.number",
}


def upgrade() -> None:
    op.create_table(
        "audit_checkpoints",
        *key("audit_checkpoints"),
        number("size"),
        text("root", 64),
        text("head_hash", 64),
        sa.Column("frontier", sa.Text(), nullable=False),
        moment("made_at"),
        sa.Column("note", sa.Text(), nullable=False),
        text("algorithm", 20),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.UniqueConstraint("size", name=op.f("uq_audit_checkpoints_size")),
    )
    op.create_table(
        "audit_tiles",
        number("number"),
        text("root", 64),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_tiles")),
    )
    op.create_table(
        "audit_deposits",
        *key("audit_deposits"),
        *refers("audit_deposits", "checkpoint_id", "audit_checkpoints"),
        text("place", 20),
        number("tries"),
        moment("next_at"),
        moment("done_at", nullable=True),
        text("error", 60, nullable=True),
        sa.UniqueConstraint("checkpoint_id", "place", name=op.f("uq_audit_deposits_checkpoint_id_place")),
    )
    op.create_index("ix_audit_deposits_done_at_next_at", "audit_deposits", ["done_at", "next_at"])
    _guard()


def _guard() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "create function audit_is_kept() returns trigger language plpgsql as "
            "$$ begin raise exception 'the audit trail is only appended to' using errcode = '23001'; end $$"
        )
        for table in _KEPT:
            # A trigger of rows on a parted table is one of each of its parts, also of those to come.
            op.execute(
                f"create trigger {table}_kept before update or delete on {table} "
                "for each row execute function audit_is_kept()"
            )
            op.execute(
                f"create trigger {table}_not_emptied before truncate on {table} "
                "for each statement execute function audit_is_kept()"
            )
        return
    for table, same in _KEPT.items():
        for deed in ("update", "delete"):
            op.execute(
                f"create trigger {table}_no_{deed} before {deed} on {table} "
                "begin select raise(abort, 'the audit trail is only appended to'); end"
            )
        # INSERT OR REPLACE removes without a word to the triggers of DELETE.
        there = f"exists (select 1 from {table} where {same})"  # noqa: S608 - names from above
        op.execute(
            f"create trigger {table}_no_replace before insert on {table} when {there} "
            "begin select raise(abort, 'the audit trail is only appended to'); end"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in _KEPT:
            op.execute(f"drop trigger {table}_not_emptied on {table}")
            op.execute(f"drop trigger {table}_kept on {table}")
        op.execute("drop function audit_is_kept()")
    else:
        for table in _KEPT:
            for deed in ("update", "delete", "replace"):
                op.execute(f"drop trigger {table}_no_{deed}")
    for table in ("audit_deposits", "audit_tiles", "audit_checkpoints"):
        op.drop_table(table)
