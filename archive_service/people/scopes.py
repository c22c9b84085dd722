"""What a personal token may be used for: a part of the rights of the person whose token it is, never more."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from archive_service.people.roles import Right


class Scope(StrEnum):
    """A part of what a person may do, in the words in which one chooses it for a program."""

    READ = "read"
    PERSONAL = "personal"
    INTAKE = "intake"
    REVIEW = "review"
    IMPORT = "import"
    HAND_OVER = "hand-over"
    ORIGINALS = "originals"
    AUDIT = "audit"
    HEALTH = "health"
    WEBHOOKS = "webhooks"
    STATUS = "status"
    INSPECT = "inspect"
    CATALOGUE = "catalogue"
    BORROW = "borrow"
    LEND = "lend"
    ROOMS = "rooms"
    COPIES = "copies"
    RETENTION = "retention"


#: No scope manages people, unmasks or looks for identity numbers, and none decides what others ask for, approves or
#: witnesses a disposal, or puts an edition in force: who does that is a person at a screen.
_RIGHTS: dict[Scope, frozenset[Right]] = {
    Scope.READ: frozenset({Right.RECORD_READ}),
    Scope.PERSONAL: frozenset({Right.RECORD_READ, Right.RECORD_READ_PERSONAL}),
    Scope.INTAKE: frozenset({Right.SCAN_RECEIVE, Right.BATCH_OWN}),
    Scope.REVIEW: frozenset({Right.SCAN_REVIEW, Right.ITEM_CHANGE}),
    Scope.HAND_OVER: frozenset({Right.RECORD_READ, Right.CASE_HAND_OVER, Right.CASE_RECEIVE}),
    Scope.IMPORT: frozenset({Right.CASE_IMPORT}),
    Scope.ORIGINALS: frozenset({Right.RECORD_READ, Right.ORIGINAL_DOWNLOAD}),
    Scope.AUDIT: frozenset({Right.AUDIT_READ, Right.READING_WATCH, Right.INSPECTION_READ}),
    Scope.HEALTH: frozenset({Right.SYSTEM_HEALTH}),
    Scope.WEBHOOKS: frozenset({Right.WEBHOOK_MANAGE}),
    Scope.STATUS: frozenset({Right.CASE_STATUS}),
    Scope.INSPECT: frozenset({Right.RECORD_READ, Right.INSPECT, Right.INSPECTION_READ, Right.FINDING_ANSWER}),
    Scope.CATALOGUE: frozenset({Right.RECORD_READ, Right.CATALOGUE_CHANGE}),
    Scope.BORROW: frozenset({Right.LOAN_ASK}),
    Scope.LEND: frozenset({Right.LOAN_HANDLE, Right.LOAN_READ}),
    Scope.ROOMS: frozenset({Right.RECORD_READ, Right.ROOM_READ, Right.ROOM_KEEP}),
    Scope.COPIES: frozenset({Right.RECORD_READ, Right.COPY_ISSUE}),
    Scope.RETENTION: frozenset({Right.RECORD_READ, Right.HOLD_KEEP, Right.DISPOSAL_READ, Right.DISPOSAL_PROPOSE}),
}

#: The right without which a scope means nothing.
_NEEDS: dict[Scope, Right] = {
    Scope.READ: Right.RECORD_READ,
    Scope.PERSONAL: Right.RECORD_READ_PERSONAL,
    Scope.INTAKE: Right.BATCH_OWN,
    Scope.REVIEW: Right.SCAN_REVIEW,
    Scope.IMPORT: Right.CASE_IMPORT,
    Scope.HAND_OVER: Right.CASE_HAND_OVER,
    Scope.ORIGINALS: Right.ORIGINAL_DOWNLOAD,
    Scope.AUDIT: Right.AUDIT_READ,
    Scope.HEALTH: Right.SYSTEM_HEALTH,
    Scope.WEBHOOKS: Right.WEBHOOK_MANAGE,
    Scope.STATUS: Right.CASE_STATUS,
    Scope.INSPECT: Right.INSPECTION_READ,
    Scope.CATALOGUE: Right.CATALOGUE_CHANGE,
    Scope.BORROW: Right.LOAN_ASK,
    Scope.LEND: Right.LOAN_HANDLE,
    Scope.ROOMS: Right.ROOM_READ,
    Scope.COPIES: Right.COPY_ISSUE,
    Scope.RETENTION: Right.DISPOSAL_READ,
}


def rights_within(scopes: Collection[Scope]) -> frozenset[Right]:
    """Return the rights that the scopes leave of all rights."""
    return frozenset().union(*(_RIGHTS[scope] for scope in scopes))


def fitting(rights: Collection[Right]) -> list[Scope]:
    """Return the scopes that mean something to somebody with these rights, in their order."""
    return [scope for scope in Scope if _NEEDS[scope] in rights]
