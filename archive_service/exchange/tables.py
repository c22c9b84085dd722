"""Packages that were made or taken in, and the history that a household brought along from another archive."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive_service.db.base import Base, JsonText, UtcDateTime


class Package(Base):
    """A package of a household, going out or come in."""

    __tablename__ = "packages"
    __table_args__ = (
        CheckConstraint("direction in ('out', 'in')", name="direction"),
        CheckConstraint("state in ('making', 'ready', 'stopped', 'taken')", name="state"),
        Index("ix_packages_unit_id_id", "unit_id", "id"),
        Index("ix_packages_household_id", "household_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    direction: Mapped[str] = mapped_column(String(4))
    #: bagit or eep.
    format: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8))
    #: Numbers of the items chosen; none: the whole household.
    items: Mapped[list[int] | None] = mapped_column(JsonText)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: The package as one file in the store, once it is ready; none for one that came in.
    digest: Mapped[str | None] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    file_count: Mapped[int] = mapped_column(default=0)
    #: sha256 of its manifest, by which a receipt can name it.
    manifest_sha256: Mapped[str] = mapped_column(String(64), default="")


class HandIn(Base):
    """A package that somebody handed in, whatever became of it."""

    __tablename__ = "package_hand_ins"
    __table_args__ = (
        CheckConstraint("channel in ('web', 'api', 'cli')", name="channel"),
        CheckConstraint(
            "state in ('received', 'checked', 'refused', 'taking', 'taken', 'declined', 'stopped')", name="state"
        ),
        Index("ix_package_hand_ins_unit_id_id", "unit_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The unit that takes it in.
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    #: The household goes to the unit that the package names instead.
    as_named: Mapped[bool]
    channel: Mapped[str] = mapped_column(String(4))
    #: The file, or the folder that a command was given, as its owner calls it.
    name: Mapped[str] = mapped_column(String(255))
    #: The file in the store; none for what a command was given, and once a disposal took it out.
    digest: Mapped[str | None] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    state: Mapped[str] = mapped_column(String(8), default="received")
    handed_in_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    handed_in_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: What the check saw: bagit or eep, the household, how many cases, items and files; empty before, and for files of
    #: another program, which name no household.
    format: Mapped[str] = mapped_column(String(8), default="")
    account_no: Mapped[str] = mapped_column(String(20), default="")
    cases: Mapped[int] = mapped_column(default=0)
    items: Mapped[int] = mapped_column(default=0)
    files: Mapped[int] = mapped_column(default=0)
    manifest_sha256: Mapped[str] = mapped_column(String(64), default="")
    #: ours, foreign or none, and whom the certificate names.
    signature: Mapped[str] = mapped_column(String(8), default="")
    signer: Mapped[str] = mapped_column(String(300), default="")
    #: Why it is refused, or what to know before accepting it, each with code, path and message.
    findings: Mapped[list[dict[str, str]]] = mapped_column(JsonText, default=list)
    #: Who accepted or declined it, when, and why it was declined.
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(300), default="")
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: What came of it: the package of a household, or the batch of files that are read like scans. Batches belong to a
    #: workflow above, so theirs is a plain number.
    package_id: Mapped[int | None] = mapped_column(ForeignKey("packages.id"))
    batch_id: Mapped[int | None]
    #: Files of the batch that are received, in the order of their paths.
    received: Mapped[int] = mapped_column(default=0)


class CarriedHistory(Base):
    """What happened to a household in an archive that it came from: lines of a trail, kept as they came."""

    __tablename__ = "carried_histories"
    __table_args__ = (UniqueConstraint("household_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("household_files.id"))
    #: From 1, the oldest archive first.
    seq: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    entries: Mapped[int]
    #: Who signed the package that brought it: ours, foreign, none, or unknown for those of before; and whom the
    #: certificate names. What nobody signed is only what the sender says.
    signature: Mapped[str] = mapped_column(String(8), server_default="unknown")
    signer: Mapped[str] = mapped_column(String(300), server_default="")
    carried_at: Mapped[datetime] = mapped_column(UtcDateTime)
