"""What the checks look at when a batch of received files is to be filed, frozen as it stood: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from archive_service.properties.facts import ObjectFacts, TrailFacts


@dataclass(frozen=True)
class BatchPageFacts:
    """A page of a received file."""

    page_no: int
    #: Its picture; none: it was never made.
    image: str | None
    width_px: int
    height_px: int
    #: Why it could not be shown; none: it could.
    error: str | None = None
    #: Whether nothing stands on it: the back of a sheet belongs to no document.
    blank: bool = False


@dataclass(frozen=True)
class FileFacts:
    """A received file of the batch; its name is never quoted in evidence, for names may say who it is about."""

    scan_id: int
    file_name: str
    format: str
    size_bytes: int
    digest: str
    received_at: datetime
    #: Whether it was refused, and as what; a file that was here before is refused as well.
    refused: bool
    error: str | None
    #: Whether other files came out of it, so that it has no pages of its own.
    container: bool
    pages: tuple[BatchPageFacts, ...]
    #: Numbers of the pages that lie in a document that somebody, or the program, decided, or that were taken out.
    decided: frozenset[int]
    #: Digest and bytes by the trail when it was handed in; none: the trail has no entry of that.
    told: tuple[str, int] | None
    #: Whether the trail says how it ended.
    ended: bool

    @property
    def kept(self) -> bool:
        """Say whether it is a file that is to be filed, with pages of its own."""
        return not self.refused and not self.container


@dataclass(frozen=True)
class BatchFacts:
    """All that the check of a batch looks at. Files that went back with the batch before are not among `files`."""

    number: int
    channel: str
    handed_in_by: str
    handed_in_at: datetime
    files: tuple[FileFacts, ...]
    #: Files that the trail says were handed in and of which there is no row any more.
    vanished: tuple[str, ...]
    #: How many files went back with the batch before.
    went_back: int
    objects: Mapping[str, ObjectFacts]
    trail: TrailFacts
    accepted_formats: frozenset[str]
    lasting_formats: frozenset[str]
    #: What the virus scanner calls itself; none: there is none. Empty: it did not answer.
    scanner: str | None = None

    @property
    def kept(self) -> tuple[FileFacts, ...]:
        """Return the files that are to be filed."""
        return tuple(one for one in self.files if one.kept)

    def of(self, digest: str) -> ObjectFacts:
        """Return how an object was found."""
        return self.objects.get(digest, ObjectFacts(digest, recorded=False))
