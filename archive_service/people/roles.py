"""Who may do what: roles, the rights they carry, and which roles one person may hold together.

The three administrators (三员) watch each other: one keeps accounts, one keeps rights, one reads the trail. Whoever
held two of these roles could act and hide it, so nobody does.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from archive_service.errors import Refused


class Role(StrEnum):
    """What a person is in a unit and everything below it."""

    ARCHIVIST = "archivist"
    STAFF = "staff"
    AUDITOR = "auditor"
    UNIT_HEAD = "unit_head"
    CONTRACTOR = "contractor"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


class Right(StrEnum):
    """Something that a person may do in a unit."""

    RECORD_READ = "record.read"
    #: See identity numbers, phones and papers of a personal kind unmasked.
    RECORD_READ_PERSONAL = "record.read-personal"
    #: Unmask the personal data of one household for a while, saying why.
    RECORD_UNMASK = "record.unmask"
    #: Look for households by a whole identity number.
    IDENTITY_SEARCH = "identity.search"
    SCAN_RECEIVE = "scan.receive"
    #: Hand files in, and see what became of one's own batches and of no others.
    BATCH_OWN = "batch.own"
    SCAN_REVIEW = "scan.review"
    ITEM_CHANGE = "item.change"
    CASE_IMPORT = "case.import"
    #: Say how far a case is to who knows its numbers, at a terminal or on the phone.
    CASE_STATUS = "case.status"
    #: Hand papers of a case over, and ask for a correction of its stage days.
    CASE_HAND_OVER = "case.hand-over"
    #: Take cases in, send them back, file them and open them again.
    CASE_RECEIVE = "case.receive"
    #: Approve what others asked for: corrections of stage days.
    STAGE_APPROVE = "stage.approve"
    #: Keep the holiday table of a unit.
    CALENDAR_KEEP = "calendar.keep"
    ORIGINAL_DOWNLOAD = "original.download"
    AUDIT_READ = "audit.read"
    #: Draw samples, inspect, raise findings, look again.
    INSPECT = "inspection.inspect"
    #: See samples and findings.
    INSPECTION_READ = "inspection.read"
    #: Answer for what was found in the own unit.
    FINDING_ANSWER = "finding.answer"
    #: See who read much, at night, or their own file.
    READING_WATCH = "reading.watch"
    #: Accounts: add, open and close them, set passwords.
    PEOPLE_MANAGE = "people.manage"
    #: Rights: grant and revoke roles, reset a second factor, explain who sees what.
    ROLES_GRANT = "roles.grant"
    SYSTEM_HEALTH = "system.health"
    #: Decide what others ask for: a paper deferred, waived or not applicable.
    RULING_DECIDE = "ruling.decide"
    #: Draft editions of the catalogue for a unit and everything below it.
    CATALOGUE_CHANGE = "catalogue.change"
    #: Put in force what somebody else drafted.
    CATALOGUE_RELEASE = "catalogue.release"
    #: Issue certified copies of pages, and withdraw them.
    COPY_ISSUE = "copy.issue"
    #: Have programs told what happens.
    WEBHOOK_MANAGE = "webhook.manage"
    #: Ask for records, read what was approved, take papers along.
    LOAN_ASK = "loan.ask"
    #: Decide what others ask for, at the level that the matrix of approval names.
    LOAN_DECIDE = "loan.decide"
    #: Hand papers out, recall them, look at them when they come back.
    LOAN_HANDLE = "loan.handle"
    #: See the registers of loans and of reading.
    LOAN_READ = "loan.read"
    #: See rooms, boxes and what is in them, readings of the air, transfers and stocktakes.
    ROOM_READ = "room.read"
    #: Keep rooms: add places, put papers away and take them out, send and receive boxes, count them.
    ROOM_KEEP = "room.keep"
    #: See review lists, plans, certificates and tombstones.
    DISPOSAL_READ = "disposal.read"
    #: Freeze review lists, judge their items, propose them and ask for their execution.
    DISPOSAL_PROPOSE = "disposal.propose"
    #: Approve a review list that others proposed.
    DISPOSAL_APPROVE = "disposal.approve"
    #: Witness an execution and sign for it.
    DISPOSAL_WITNESS = "disposal.witness"
    #: Place holds on records, look at them again, and release them.
    HOLD_KEEP = "hold.keep"
    #: Register and answer what people ask about papers that speak of them; open papers that are stored only.
    SUBJECT_KEEP = "subject.keep"


ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})

_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.ARCHIVIST: frozenset(
        {
            Right.RECORD_READ,
            Right.RECORD_READ_PERSONAL,
            Right.SCAN_RECEIVE,
            Right.BATCH_OWN,
            Right.SCAN_REVIEW,
            Right.ITEM_CHANGE,
            Right.CASE_IMPORT,
            Right.CASE_STATUS,
            Right.CASE_HAND_OVER,
            Right.CASE_RECEIVE,
            Right.ORIGINAL_DOWNLOAD,
            Right.COPY_ISSUE,
            Right.CATALOGUE_CHANGE,
            Right.INSPECTION_READ,
            Right.FINDING_ANSWER,
            Right.LOAN_ASK,
            Right.LOAN_DECIDE,
            Right.LOAN_HANDLE,
            Right.LOAN_READ,
            Right.ROOM_READ,
            Right.ROOM_KEEP,
            Right.DISPOSAL_READ,
            Right.DISPOSAL_PROPOSE,
            Right.DISPOSAL_WITNESS,
            Right.HOLD_KEEP,
            Right.SUBJECT_KEEP,
        }
    ),
    Role.STAFF: frozenset({Right.RECORD_READ, Right.CASE_HAND_OVER, Right.CASE_STATUS, Right.LOAN_ASK}),
    Role.AUDITOR: frozenset(
        {
            Right.RECORD_READ,
            Right.RECORD_UNMASK,
            Right.IDENTITY_SEARCH,
            Right.AUDIT_READ,
            Right.INSPECT,
            Right.INSPECTION_READ,
            Right.LOAN_ASK,
            Right.LOAN_READ,
            Right.ROOM_READ,
            Right.DISPOSAL_READ,
            Right.DISPOSAL_WITNESS,
        }
    ),
    Role.UNIT_HEAD: frozenset(
        {
            Right.RECORD_READ,
            Right.RECORD_UNMASK,
            Right.IDENTITY_SEARCH,
            Right.CASE_RECEIVE,
            Right.CASE_STATUS,
            Right.STAGE_APPROVE,
            Right.CALENDAR_KEEP,
            Right.RULING_DECIDE,
            Right.CATALOGUE_CHANGE,
            Right.CATALOGUE_RELEASE,
            Right.INSPECTION_READ,
            Right.FINDING_ANSWER,
            Right.LOAN_ASK,
            Right.LOAN_DECIDE,
            Right.LOAN_READ,
            Right.ROOM_READ,
            Right.DISPOSAL_READ,
            Right.DISPOSAL_APPROVE,
            Right.DISPOSAL_WITNESS,
            Right.HOLD_KEEP,
            Right.SUBJECT_KEEP,
        }
    ),
    Role.CONTRACTOR: frozenset({Right.BATCH_OWN}),
    Role.SYSTEM_ADMIN: frozenset({Right.PEOPLE_MANAGE, Right.SYSTEM_HEALTH, Right.WEBHOOK_MANAGE}),
    Role.SECURITY_ADMIN: frozenset({Right.ROLES_GRANT}),
    Role.AUDIT_ADMIN: frozenset({Right.AUDIT_READ, Right.READING_WATCH}),
}

NAMES: dict[Role, str] = {
    Role.ARCHIVIST: "档案员",
    Role.STAFF: "业务人员",
    Role.AUDITOR: "稽查员",
    Role.UNIT_HEAD: "单位负责人",
    Role.CONTRACTOR: "数字化加工人员",
    Role.SYSTEM_ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDIT_ADMIN: "审计管理员",
}


def rights_of(role: Role) -> frozenset[Right]:
    """Return the rights that `role` carries."""
    return _RIGHTS[role]


def check_may_hold(held: Collection[Role], new: Role) -> None:
    """Refuse `new` for a person with the roles `held` if it would join two administrator roles in one hand."""
    others = (ADMINISTRATORS & set(held)) - {new}
    if new in ADMINISTRATORS and others:
        other = min(others)
        raise Refused(
            "people.administrators-separate",
            f"三员分立：此人已是{NAMES[other]}，不能再任{NAMES[new]}。请另选一人。",
            role=new.value,
            held=other.value,
        )
