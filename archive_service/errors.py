"""The error tree: what a door does with a failure follows from its kind.

    ArchiveError
    ├── NotFound       no such thing, or none that this person may know of   404 · exit 4
    ├── Invalid        the input is malformed                                422 · exit 2
    ├── Refused        a rule of the archive says no                         409 · exit 3
    │   └── NotPermitted   the person lacks the right                        403 · exit 3
    ├── Damaged        stored content does not match its record              500 · exit 5
    └── Unavailable    a component cannot be reached; trying again may help  503 · exit 6

`code` is stable and listed in docs/errors.md. `message` is a sentence for the person at the screen: what
happened, what is kept, what to do next. `facts` are for programs. A subclass lives beside the function raising it.
"""

from __future__ import annotations

from typing import Any


class ArchiveError(Exception):
    """A failure with a stable `code`, a sentence for a person and facts for a program."""

    #: Exit code of the command line.
    exit_code: int = 1
    #: Status of the HTTP answer.
    http_status: int = 500

    def __init__(self, code: str, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.facts = facts

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> Any:
        """Survive the pipe between processes with code, message and facts."""
        return _rebuild, (type(self), self.code, self.message, self.facts)


def _rebuild(kind: type[ArchiveError], code: str, message: str, facts: dict[str, Any]) -> ArchiveError:
    error = kind.__new__(kind)
    ArchiveError.__init__(error, code, message, **facts)
    return error


class NotFound(ArchiveError):
    """No such thing, or none that this person may know of."""

    exit_code = 4
    http_status = 404


class Invalid(ArchiveError):
    """The input is malformed."""

    exit_code = 2
    http_status = 422


class Refused(ArchiveError):
    """A rule of the archive says no; trying again unchanged will not help."""

    exit_code = 3
    http_status = 409


class NotPermitted(Refused):
    """The person lacks the right."""

    http_status = 403


class Damaged(ArchiveError):
    """Stored content does not match its record."""

    exit_code = 5
    http_status = 500


class Unavailable(ArchiveError):
    """A component cannot be reached; trying again later may help."""

    exit_code = 6
    http_status = 503
