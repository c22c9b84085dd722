"""Sort a household's papers into files, print and wear them, and note what is in which file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from archive_service.samples import files, people, raster, wear
from archive_service.samples.cases import Case
from archive_service.samples.document import Document
from archive_service.samples.sheet import Sheet
from archive_service.samples.wear import Worn

_MADE_BY_US = people.words("S01 P01 P02 P03H P03L K01H K01L K01R K02 T01 E02 X01")
_SUFFIX = {"jpeg": "jpg", "png": "png", "tiff": "tif", "zip": "zip"}


@dataclass(frozen=True)
class Piece:
    """One paper on its way into a file, and whose it is."""

    document: Document
    case: Case


@dataclass(frozen=True)
class Parcel:
    """One file to be written: scanned, digital or mixed PDF, photo, picture, TIFF, or ZIP of parcels."""

    kind: str
    pieces: tuple[Piece, ...] = ()
    members: tuple[Parcel, ...] = ()
    backs: bool = False


@dataclass
class Desk:
    """Where files are written: the folder, the severity, and the names already given."""

    folder: Path
    severity: str
    rng: Random
    count: int = field(default=0)

    def write(self, parcel: Parcel, *, member: bool = False) -> tuple[Path, dict[str, Any]]:
        """Write one file and return it with its truth."""
        path = self.folder / self._name(parcel, member=member)
        path.parent.mkdir(parents=True, exist_ok=True)
        if parcel.kind == "zip":
            written = [self.write(inner, member=True) for inner in parcel.members]
            files.pack([inner for inner, _ in written], path)
            return path, {"file": path.name, "kind": "zip", "members": [truth for _, truth in written]}
        pages, truth = self._print(parcel)
        _save(parcel.kind, pages, path)
        return path, {"file": path.name, "kind": parcel.kind, **truth}

    def _print(self, parcel: Parcel) -> tuple[list[Worn | Sheet], dict[str, Any]]:
        dpi = wear.pick_dpi(self.severity, self.rng)
        pages: list[Worn | Sheet] = []
        documents, notes, blanks = [], [], []
        for place, piece in enumerate(parcel.pieces):
            first = len(pages) + 1
            digital = parcel.kind == "digital" or (parcel.kind == "mixed" and piece.document.code in _MADE_BY_US)
            for sheet in piece.document.sheets:
                pages.append(sheet if digital else self._wear(sheet, parcel.kind, dpi))
                notes.append(page_truth(sheet, pages[-1], len(pages)))
            documents.append(document_truth(piece, range(first, len(pages) + 1)))
            if parcel.backs and place % 4 == 1:
                pages.append(self._back(piece.document.sheets[-1], dpi))
                notes.append(page_truth(Sheet(), pages[-1], len(pages)))
                blanks.append(len(pages))
        return pages, {"pages": len(pages), "documents": documents, "blank_pages": blanks, "page_truth": notes}

    def _wear(self, sheet: Sheet, kind: str, dpi: int) -> Worn:
        page = raster.draw(sheet, dpi=dpi, seed=self.rng.getrandbits(32))
        if kind == "jpeg":
            return wear.photo(page, dpi=dpi, severity=self.severity, rng=self.rng)
        behind = Image.new("RGB", page.size, (253, 252, 249)) if self.rng.random() < 0.5 else page.rotate(180)
        return wear.scan(page, dpi=dpi, severity=self.severity, rng=self.rng, behind=behind)

    def _back(self, front: Sheet, dpi: int) -> Worn:
        """Scan the empty back of a page, through which its front may show."""
        blank = raster.draw(Sheet(front.width, front.height), dpi=dpi, seed=0)
        behind = raster.draw(front, dpi=dpi, seed=self.rng.getrandbits(32))
        return wear.scan(blank, dpi=dpi, severity=self.severity, rng=self.rng, behind=behind)

    def _name(self, parcel: Parcel, *, member: bool) -> str:
        """Return a name such as scanners, phones and hurried people give; it says nothing of the content."""
        self.count += 1
        day = max((piece.case.day("FILING") for piece in _all_pieces(parcel)), default=None)
        stamp = f"{day:%Y%m%d}" if day else "20260101"
        clock = f"{self.rng.randint(8, 17):02d}{self.rng.randrange(60):02d}{self.rng.randrange(60):02d}"
        suffix = _SUFFIX.get(parcel.kind, "pdf")
        if parcel.kind == "jpeg":
            return self.rng.choice((f"IMG_{stamp}_{clock}.{suffix}", f"微信图片_{stamp}{clock}.{suffix}"))
        if parcel.kind == "zip":
            return f"资料{stamp}_{self.count:03d}.zip"
        if member:
            return f"{self.count:03d}.{suffix}"
        forms = (
            f"scan{self.count:04d}",
            f"扫描件{stamp}_{self.count:03d}",
            f"{stamp}{clock}",
            f"SKM_C368{stamp[2:]}{clock}",
        )
        return f"{self.rng.choice(forms)}.{suffix}"


def sort_out(kind: str, pieces: Sequence[Piece], rng: Random) -> list[Parcel]:
    """Divide a household's papers into files the way this office does."""
    if kind == "batch":
        return [Parcel("scan", tuple(pieces), backs=True)]
    if kind == "tiff":
        return [Parcel("tiff", tuple(pieces))]
    if kind == "mixed":
        return [Parcel("mixed", tuple(pieces))]
    if kind == "single":
        return [Parcel("scan", (piece,)) for piece in pieces]
    if kind == "png":
        return [_picture(piece, "png") for piece in pieces]
    if kind == "digital":
        ours = [piece for piece in pieces if piece.document.code in _MADE_BY_US]
        rest = tuple(piece for piece in pieces if piece not in ours)
        return [*(Parcel("digital", (piece,)) for piece in ours), *([Parcel("scan", rest)] if rest else [])]
    if kind == "photos":
        papers = [piece for piece in pieces if piece.document.code in ("A05", "A10", "A34", "A35", "A06")]
        rest = tuple(piece for piece in pieces if piece not in papers)
        return [*(_picture(piece, "jpeg") for piece in papers), *([Parcel("scan", rest)] if rest else [])]
    if kind == "zip":
        half = len(pieces) // 2
        members = [_picture(piece, "jpeg") for piece in pieces[:half]]
        return [Parcel("zip", members=(*members, Parcel("scan", tuple(pieces[half:]))))]
    return _by_department(pieces)


def document_truth(piece: Piece, pages: Iterable[int]) -> dict[str, Any]:
    """Return what is true of one document; account and application are its owner's, printed on it or not."""
    document = piece.document
    return {
        "document_type": document.code or None,
        "title": document.title,
        "pages": list(pages),
        "account_no": piece.case.account_no if document.code else None,
        "application_no": piece.case.application_no if document.code else None,
        "fields": document.fields,
        "units": document.units,
    }


def page_truth(sheet: Sheet, page: Worn | Sheet, number: int) -> dict[str, Any]:
    """Return what is true of one page; boxes are fractions of the upright page before any wear."""
    lines = sheet.lines()
    if isinstance(page, Sheet):
        return {"page": number, "device": "digital", "rotation": 0, "dpi": None, "skew": 0.0, "lines": lines}
    facts = {"device": page.device, "rotation": page.rotation, "dpi": page.dpi, "skew": page.skew}
    return {"page": number, **facts, "exif_orientation": page.exif_orientation, "lines": lines}


def _by_department(pieces: Sequence[Piece]) -> list[Parcel]:
    """Hand in what each department holds: the desk a batch, the engineers a program's PDF, the rest scans."""
    stages = {"A": "desk", "P": "engineers", "K": "contracts"}
    groups: dict[str, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(stages.get(piece.document.code[:1], "field"), []).append(piece)
    parcels = []
    for name, group in groups.items():
        digital = name == "engineers"
        parcels.append(Parcel("digital" if digital else "scan", tuple(group), backs=name == "desk"))
    return parcels


def _picture(piece: Piece, kind: str) -> Parcel:
    """Return a parcel with a picture of the paper, or a scan where it has more than one page."""
    return Parcel(kind if len(piece.document.sheets) == 1 else "scan", (piece,))


def _all_pieces(parcel: Parcel) -> list[Piece]:
    return [*parcel.pieces, *(piece for member in parcel.members for piece in _all_pieces(member))]


def _save(kind: str, pages: Sequence[Worn | Sheet], path: Path) -> None:
    worn = [page for page in pages if isinstance(page, Worn)]
    if kind == "jpeg":
        files.jpeg(worn[0], path)
    elif kind == "png":
        files.png(worn[0], path)
    elif kind == "tiff":
        files.tiff(worn, path)
    else:
        files.pdf(pages, path)
