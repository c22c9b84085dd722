"""Notices: what people are told, how they want to be told, the mails that went out; an e-mail address of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from archive_service.migrations.columns import key, moment, number, refers, text

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("persons", text("email", 254, nullable=True))
    op.create_table(
        "notice_mails",
        *key("notice_mails"),
        *refers("notice_mails", "person_id", "persons"),
        text("kind", 40),
        sa.Column("digest_on", sa.Date(), nullable=True),
        text("state", 10),
        number("attempts"),
        number("status", nullable=True),
        text("error_code", 60, nullable=True),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        moment("made_at"),
        moment("tried_at", nullable=True),
        moment("next_at", nullable=True),
        moment("sent_at", nullable=True),
        sa.UniqueConstraint("person_id", "digest_on", name=op.f("uq_notice_mails_person_id_digest_on")),
        sa.CheckConstraint(
            "state in ('waiting', 'sending', 'sent', 'failed', 'dropped')", name=op.f("ck_notice_mails_state")
        ),
    )
    _partial("ix_notice_mails_open", "notice_mails", ["next_at", "id"], "state IN ('waiting', 'sending')")
    op.create_table(
        "notices",
        *key("notices"),
        *refers("notices", "person_id", "persons"),
        text("kind", 40),
        text("address", 300),
        sa.Column("values", sa.Text(), nullable=False),
        text("once_key", 120),
        text("way", 8),
        *refers("notices", "mail_id", "notice_mails", nullable=True),
        moment("made_at"),
        moment("read_at", nullable=True),
        sa.UniqueConstraint("person_id", "once_key", name=op.f("uq_notices_person_id_once_key")),
        sa.CheckConstraint("way in ('program', 'mail', 'digest')", name=op.f("ck_notices_way")),
    )
    op.create_index("ix_notices_person_id_id", "notices", ["person_id", "id"])
    op.create_index("ix_notices_mail_id", "notices", ["mail_id"])
    _partial("ix_notices_unread", "notices", ["person_id"], "read_at IS NULL")
    _partial("ix_notices_owed", "notices", ["way", "id"], "mail_id IS NULL AND way <> 'program'")
    op.create_table(
        "notice_choices",
        *key("notice_choices"),
        *refers("notice_choices", "person_id", "persons"),
        text("kind", 40),
        text("way", 8),
        sa.UniqueConstraint("person_id", "kind", name=op.f("uq_notice_choices_person_id_kind")),
    )
    op.create_table(
        "notice_marks",
        number("id"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_marks")),
    )


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def downgrade() -> None:
    for table in ("notice_marks", "notice_choices", "notices", "notice_mails"):
        op.drop_table(table)
    op.drop_column("persons", "email")
