"""What the checks look at, frozen as it stood when somebody looked: plain values, without a session or a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from archive_service.completeness.observations import Agreement

#: How an object was found when it was read back; unread: it was not.
Found = Literal["intact", "damaged", "missing", "unread"]
#: What a virus scanner said of an original.
Virus = Literal["clean", "found", "unseen"]


@dataclass(frozen=True)
class ObjectFacts:
    """Bytes that a page names: what is on record of them, and what reading them back showed."""

    digest: str
    #: Whether a record of the object exists, and what it says.
    recorded: bool
    size_bytes: int = 0
    checked_at: datetime | None = None
    lost: bool = False
    found: Found = "unread"
    read_bytes: int = 0
    #: Whether it opened as a picture, with its size in pixels; none where nobody tried.
    opens: bool | None = None
    width_px: int = 0
    height_px: int = 0
    virus: Virus = "unseen"


@dataclass(frozen=True)
class PageFacts:
    """A page of a paper, and the objects that it names."""

    page_no: int
    original: str
    original_page: int
    image: str
    thumbnail: str
    lines: str
    width_px: int
    height_px: int

    @property
    def digests(self) -> tuple[str, ...]:
        """Return what it names."""
        return (self.original, self.image, self.thumbnail, self.lines)


@dataclass(frozen=True)
class ScanFacts:
    """The file that a paper came in, as it was received and opened in the sandbox."""

    file_name: str
    format: str
    size_bytes: int
    digest: str
    received_at: datetime
    state: str
    #: Pages of the document that the paper was made of.
    document_pages: int
    #: Signatures that the file says it bears; nobody verified them.
    signatures: int
    #: Number of the batch that it came in, while that is sent back; none: it is not.
    returned_batch: int | None = None


@dataclass(frozen=True)
class PaperFacts:
    """A filed paper."""

    item_id: int
    item_no: int
    #: Application number of its case; none for a paper of no case.
    application_no: str | None
    document_type: str
    title: str
    document_date: date | None
    sensitivity: str
    medium: str | None
    confidence: float
    filed_at: datetime
    fields: Mapping[str, str]
    pages: tuple[PageFacts, ...]
    #: None where the paper did not come in as a file here, but with a package or from a program.
    scan: ScanFacts | None = None
    #: Place in its filed case; none before.
    place: int | None = None
    #: Outcome of the reckoning of its retention; none: not reckoned.
    due: str | None = None
    held: bool = False


@dataclass(frozen=True)
class HandOverFacts:
    """The newest hand-over of a case."""

    giver_id: int | None
    receiver_id: int | None
    outcome: str | None
    #: Number and pages of each paper on its list.
    papers: Mapping[int, int]


@dataclass(frozen=True)
class CrossCheck:
    """What a cross-check of the papers of a case came to."""

    rule: str
    status: Agreement
    #: Numbers of the papers whose values it saw.
    papers: tuple[int, ...] = ()
    #: Whether a person said that what it sees is a false alarm.
    excused: bool = False

    @property
    def differs(self) -> bool:
        """Say whether the papers contradict each other and nobody said that it is no fault."""
        return self.status is Agreement.DIFFERS and not self.excused


@dataclass(frozen=True)
class Compared:
    """A comparison that the edition asks for at this moment: whether a difference fails the item, or is told only."""

    rule: str
    title: str
    fails: bool


@dataclass(frozen=True)
class CaseFacts:
    """A case as it is registered and stands."""

    application_no: str
    category: str
    business: str
    accepted_on: date | None
    energised_on: date | None
    state: str
    #: Whether the catalogue asks for nothing more, and by which edition.
    complete: bool
    lacking: int
    edition: str | None
    archive_code: str | None
    series: str | None
    serial: int | None
    #: Stages with their days, verbs of the steps that were taken, and places in order of filing.
    stages: Mapping[str, date]
    steps: tuple[str, ...]
    places: tuple[int, ...]
    hand_over: HandOverFacts | None = None
    #: When it was filed; none before.
    filed_at: datetime | None = None
    #: Numbers of its papers that left it on record: withdrawn, or destroyed by a disposal.
    left: frozenset[int] = frozenset()
    #: What the cross-checks of its papers came to; none where nobody compared.
    cross_checks: tuple[CrossCheck, ...] = ()


@dataclass(frozen=True)
class TrailFacts:
    """What the audit trail holds about the records that are checked."""

    entries: int
    #: Numbers of entries whose hash does not fit what they say, or the entry before them.
    broken: tuple[int, ...]


@dataclass(frozen=True)
class PackageFacts:
    """A package as it was written or received, looked at as a stranger would."""

    format: str
    #: What a check of the package by its own rules found, as sentences.
    findings: tuple[str, ...]
    #: Lists that declare it, such as bagit.txt, and whether the metadata could be read.
    lists: tuple[str, ...]
    metadata_reads: bool
    #: Digest of its list of files as told and as computed.
    manifest_told: str
    manifest_found: str
    files_told: int
    files_found: int
    papers_told: int
    #: Files that no list names.
    besides: tuple[str, ...]
    signature: str = ""


@dataclass(frozen=True)
class Known:
    """What may stand in a controlled list: of the catalogue, and of the program."""

    types: frozenset[str]
    categories: frozenset[str]
    businesses: frozenset[str]
    accepted_formats: frozenset[str]
    lasting_formats: frozenset[str]


@dataclass(frozen=True)
class Facts:
    """All that one run of the check looks at."""

    today: date
    account_no: str
    account_name: str
    service_address: str
    unit: str
    cases: tuple[CaseFacts, ...]
    papers: tuple[PaperFacts, ...]
    objects: Mapping[str, ObjectFacts]
    trail: TrailFacts
    known: Known
    #: What the virus scanner calls itself; none: there is none. Empty: it did not answer.
    scanner: str | None = None
    package: PackageFacts | None = None
    #: Whether some papers only of the household are looked at.
    selection: bool = field(default=False)
    #: What the edition has compared at this moment.
    compared: tuple[Compared, ...] = ()

    def objects_of(self) -> tuple[ObjectFacts, ...]:
        """Return every object that the papers name, once, in the order of the papers."""
        named = dict.fromkeys(digest for paper in self.papers for page in paper.pages for digest in page.digests)
        return tuple(self.objects.get(one, ObjectFacts(one, recorded=False)) for one in named)

    def originals(self) -> tuple[ObjectFacts, ...]:
        """Return the received files that the papers name, each once."""
        named = dict.fromkeys(page.original for paper in self.papers for page in paper.pages)
        return tuple(self.objects.get(one, ObjectFacts(one, recorded=False)) for one in named)
