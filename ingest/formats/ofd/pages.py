"""OFD as the rest of the program sees it: checked, counted, and its pages laid out one by one as PDF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pikepdf import Array, Dictionary, Name, Pdf

from ingest.errors import FileRefused, refuse
from ingest.formats import pages as rendered
from ingest.formats import pdf as pdfs
from ingest.formats.limits import Limits
from ingest.formats.ofd import document as documents
from ingest.formats.ofd import package as packages
from ingest.formats.ofd import signatures
from ingest.formats.ofd.document import Document, PageRef, Resources
from ingest.formats.ofd.geometry import box
from ingest.formats.ofd.package import Absent, Package, folder_of
from ingest.formats.ofd.painter import Painter
from ingest.formats.ofd.signatures import Signature, Stamp
from ingest.formats.ofd.xml import Node

_POINTS_PER_MM = 72 / 25.4
#: Larger sheets than this, in millimetres, are a mistake of the maker or an attack.
_LONGEST_SIDE_MM = 10_000.0
_MOST_TEMPLATES = 32
#: Flags of a page that shows less, or other letters, than its file holds.
LEFT_OUT, REPLACED_FONT = "partly-drawn", "font-replaced"


@dataclass
class Book:
    """An opened OFD: the pages of all its documents in order."""

    package: Package
    documents: list[Document]
    signed: list[tuple[Document, Signature]]
    pages: list[tuple[Document, PageRef]] = field(default_factory=list)


def check(path: Path, limits: Limits) -> tuple[int, list[str], list[dict[str, Any]]]:
    """Return the number of pages, flags and the signatures as the file tells of them. Raises FileRefused."""
    with opened(path, limits) as book:
        if len(book.pages) > limits.max_pages:
            raise refuse("file.too-many-pages", limit=limits.max_pages)
        if not any(_name_of(document, page) for document, page in book.pages):
            raise refuse("file.damaged/ofd")
        return len(book.pages), list(_flags(book)), [signature.as_json() for _, signature in book.signed]


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Book]:
    """Open an OFD. Raises FileRefused."""
    with packages.opened(path, limits, packed_bytes=path.stat().st_size) as package:
        yield _book(package)


def render(book: Book, page_no: int, into: Path, limits: Limits) -> dict[str, Any]:
    """Write page `page_no` as JPEG into the folder `into` and return its record, with its text where that is sound."""
    laid = into / "page.pdf"
    try:
        document, page = book.pages[page_no - 1]
        flags = _lay_out(book, document, page, laid)
        with pdfs.opened(laid, into) as (drawn, _):
            found = pdfs.render(drawn, 1, into, limits, as_page=page_no)
    except FileRefused as error:
        # One bad page costs one page.
        return rendered.record(page_no, error_code=error.code)
    except Absent:
        return rendered.record(page_no, error_code="file.damaged")
    finally:
        laid.unlink(missing_ok=True)
    return found | {"flags": [*found["flags"], *flags]}


def _book(package: Package, *, with_signatures: bool = True) -> Book:
    book = Book(package, [], [])
    for head in documents.heads(package):
        document = documents.load(package, head)
        book.documents.append(document)
        book.pages += [(document, page) for page in document.pages]
        if with_signatures:
            book.signed += [(document, one) for one in signatures.read(package, head, document.folder)]
    return book


def _flags(book: Book) -> Iterator[str]:
    if book.signed:
        yield "has-signature"
    if any(document.node.first("Attachments") for document in book.documents):
        yield "has-attachments"
    if any(document.node.first("Actions") for document in book.documents):
        yield "has-active-content"


def _name_of(document: Document, page: PageRef) -> str | None:
    try:
        return document.package.find(page.location, document.folder, "")
    except Absent:
        return None


def _lay_out(book: Book, document: Document, page: PageRef, target: Path) -> list[str]:
    """Write a page as PDF and return its flags. Raises Absent, FileRefused."""
    with Pdf.new() as pdf:
        painter = Painter(pdf, book.package)
        sheet = _draw(painter, document, page)
        for signed_in, signature in book.signed:
            for stamp in signature.stamps if signed_in is document else ():
                if stamp.page_id == page.id:
                    _stamp(pdf, painter, stamp, book.package)
        left, top, width, height = sheet
        scale = _POINTS_PER_MM
        flip = (scale, 0, 0, -scale, -left * scale, (top + height) * scale)
        content = f"q {' '.join(f'{value:.6f}' for value in flip)} cm\n".encode() + painter.content() + b"\nQ"
        pdf.pages.append(_pdf_page(pdf, (width * scale, height * scale), content, painter))
        pdf.save(target, compress_streams=False)
    told = ((LEFT_OUT, painter.left_out > 0), (REPLACED_FONT, painter.replaced_font))
    return [flag for flag, is_so in told if is_so]


def _pdf_page(pdf: Pdf, size: tuple[float, float], content: bytes, painter: Painter) -> Any:
    from pikepdf import Page

    return Page(
        pdf.make_indirect(
            Dictionary(
                Type=Name.Page,
                MediaBox=Array([0, 0, round(size[0], 3), round(size[1], 3)]),
                Resources=painter.resources(),
                Contents=pdf.make_stream(content),
            )
        )
    )


def _draw(painter: Painter, document: Document, page: PageRef) -> documents.Box:
    """Draw templates, the page's own content and its annotations; return the sheet in millimetres."""
    name = document.package.find(page.location, document.folder, "")
    root = document.package.xml(name)
    resources = documents.resources_of_page(document, root, folder_of(name))
    painter.left_out += resources.lost + document.lost_annotations
    sheet = documents.page_box(root.first("Area")) or document.box
    if max(sheet[2:]) > _LONGEST_SIDE_MM:
        raise refuse("file.pixel-limit")
    templates = list(root.all("Template"))[:_MOST_TEMPLATES]
    for template in templates:
        if _order(document, template) != "Foreground":
            _template(painter, document, template)
    content = root.first("Content")
    if content is not None:
        painter.block(_by_layers(content), resources)
    for template in templates:
        if _order(document, template) == "Foreground":
            _template(painter, document, template)
    for place in document.annotations.get(page.id, []):
        _annotated(painter, document, place, resources)
    return sheet


def _by_layers(content: Node) -> Node:
    """Return the content with its layers from the ground up, as their kinds say."""
    ranks = {"Background": 0, "Body": 1, "Foreground": 2}
    layers = sorted(content.children, key=lambda layer: ranks.get(layer.get("Type"), 1))
    return Node(content.tag, content.attributes, layers)


def _order(document: Document, template: Node) -> str:
    named = document.templates.get(template.get("TemplateID"))
    return template.get("ZOrder") or (named.get("ZOrder") if named else "") or "Background"


def _template(painter: Painter, document: Document, template: Node) -> None:
    named = document.templates.get(template.get("TemplateID"))
    read = documents.part(document.package, named.get("BaseLoc") if named else "", document.folder, "")
    if read is None:
        painter.left_out += 1
        return
    content = read.node.first("Content")
    if content is not None:
        painter.block(_by_layers(content), documents.resources_of_page(document, read.node, read.folder))


def _annotated(painter: Painter, document: Document, place: str, resources: Resources) -> None:
    """Draw the annotations of a page as they are meant to be seen."""
    read = documents.part(document.package, place, "")
    if read is None:
        painter.left_out += 1
        return
    for annotation in read.node.all("Annot"):
        look = annotation.first("Appearance")
        if look is None or annotation.says_no("Visible"):
            continue
        left, top, *_ = box(look.get("Boundary")) or (0.0, 0.0, 0.0, 0.0)
        with painter.within((1, 0, 0, 1, left, top)):
            painter.block(look, resources)


def _stamp(pdf: Pdf, painter: Painter, stamp: Stamp, package: Package) -> None:
    left, top, width, height = stamp.boundary
    if stamp.kind != "ofd":
        painter.image(stamp.picture, (width, 0, 0, height, left, top))
        return
    # A seal may be a small OFD of its own; the seals of that one are nobody's.
    try:
        inner_size = len(stamp.picture)
        with packages.opened(io.BytesIO(stamp.picture), package.limits, packed_bytes=inner_size) as inner:
            book = _book(inner, with_signatures=False)
            drawn = Painter(pdf, inner)
            document, page = book.pages[0]
            sheet = _draw(drawn, document, page)
    except (Absent, FileRefused, IndexError):
        painter.left_out += 1
        return
    fit = (width / sheet[2], 0, 0, height / sheet[3], left - sheet[0] * width / sheet[2], top - sheet[1])
    painter.form(drawn, (sheet[0] + sheet[2], sheet[1] + sheet[3]), fit)
