"""What a check of the archive found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be, and what to do about it."""

    kind: str
    subject: str
    message: str
