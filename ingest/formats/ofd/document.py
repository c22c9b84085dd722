"""A document of an OFD: its pages in order, its templates, annotations and resources."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from ingest.errors import refuse
from ingest.formats.ofd.geometry import box
from ingest.formats.ofd.package import Absent, Package, folder_of
from ingest.formats.ofd.xml import Node

Box = tuple[float, float, float, float]
#: A4 in millimetres: what a page is that does not say.
_A4: Box = (0.0, 0.0, 210.0, 297.0)
#: Files of resources that one document, page or template may name.
_MOST_RESOURCES = 64


@dataclass(frozen=True)
class Thing:
    """A resource and the folder that its locations are relative to."""

    node: Node
    folder: str


@dataclass
class Resources:
    """What text, pictures and lines refer to by number."""

    fonts: dict[str, Thing] = field(default_factory=dict)
    media: dict[str, Thing] = field(default_factory=dict)
    draw_params: dict[str, Thing] = field(default_factory=dict)
    colour_spaces: dict[str, Thing] = field(default_factory=dict)
    composites: dict[str, Thing] = field(default_factory=dict)

    def merged(self, other: Resources) -> Resources:
        """Return these with those of `other` before them."""
        return Resources(
            self.fonts | other.fonts,
            self.media | other.media,
            self.draw_params | other.draw_params,
            self.colour_spaces | other.colour_spaces,
            self.composites | other.composites,
        )


@dataclass(frozen=True)
class PageRef:
    """A page as the document names it."""

    id: str
    location: str


@dataclass
class Document:
    """One document; most packages hold one."""

    package: Package
    name: str
    node: Node
    pages: list[PageRef]
    resources: Resources
    box: Box
    templates: dict[str, Node]
    #: Page number -> locations of its annotations.
    annotations: dict[str, list[str]]

    @property
    def folder(self) -> str:
        """Return the folder of Document.xml."""
        return folder_of(self.name)


def heads(package: Package) -> list[Node]:
    """Return the documents that OFD.xml names. Raises FileRefused."""
    try:
        root = package.xml("OFD.xml")
    except Absent as error:
        raise refuse("file.damaged/ofd") from error
    if root.tag != "OFD":
        raise refuse("file.damaged/ofd")
    found = list(root.all("DocBody"))
    if any(head.first("Encryptions") or head.first("Encryption") for head in [root, *found]):
        raise refuse("file.password/ofd")
    if not found:
        raise refuse("file.damaged/ofd")
    return found


def load(package: Package, head: Node) -> Document:
    """Return the document of a DocBody. Raises FileRefused."""
    try:
        name = package.find(head.word("DocRoot"), "")
        node = package.xml(name)
    except Absent as error:
        raise refuse("file.damaged/ofd") from error
    common = node.first("CommonData") or Node("CommonData", {})
    listed = node.first("Pages") or Node("Pages", {})
    pages = [PageRef(page.get("ID"), page.get("BaseLoc")) for page in listed.all("Page")]
    if len(pages) > package.limits.max_pages:
        raise refuse("file.too-many-pages", limit=package.limits.max_pages)
    return Document(
        package=package,
        name=name,
        node=node,
        pages=pages,
        resources=_resources(package, common, folder_of(name), "PublicRes", "DocumentRes"),
        box=page_box(common.first("PageArea")) or _A4,
        templates={one.get("ID"): one for one in common.all("TemplatePage")},
        annotations=_annotations(package, node, folder_of(name)),
    )


def page_box(area: Node | None) -> Box | None:
    """Return the sheet that a page area describes, in millimetres; none when it describes none."""
    for name in ("PhysicalBox", "ApplicationBox") if area else ():
        found = box(area.word(name)) if area else None
        if found and found[2] > 0 and found[3] > 0:
            return found
    return None


def resources_of_page(document: Document, page: Node, folder: str) -> Resources:
    """Return the resources that a page sees: its own and the document's."""
    own = _resources(document.package, page, folder, "PageRes", beside=document.folder)
    return document.resources.merged(own)


def _resources(package: Package, node: Node, folder: str, *tags: str, beside: str = "") -> Resources:
    found = Resources()
    for number, place in enumerate(node.all(*tags)):
        if number >= _MOST_RESOURCES:
            raise refuse("file.unpack-limit", limit=_MOST_RESOURCES)
        with suppress(Absent):
            name = package.find(place.text, folder, beside)
            _collect(found, package.xml(name), folder_of(name))
    return found


def _collect(into: Resources, root: Node, folder: str) -> None:
    base = "/".join(part for part in (folder, root.get("BaseLoc").strip("/ ")) if part)
    if root.get("BaseLoc").startswith("/"):
        base = root.get("BaseLoc").strip("/ ")
    shelves = {
        "Fonts": ("Font", into.fonts),
        "MultiMedias": ("MultiMedia", into.media),
        "DrawParams": ("DrawParam", into.draw_params),
        "ColorSpaces": ("ColorSpace", into.colour_spaces),
        "CompositeGraphicUnits": ("CompositeGraphicUnit", into.composites),
    }
    for group in root.children:
        tag, shelf = shelves.get(group.tag, ("", {}))
        for one in group.all(tag):
            shelf[one.get("ID")] = Thing(one, base)


def _annotations(package: Package, node: Node, folder: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with suppress(Absent):
        for place in node.all("Annotations"):
            name = package.find(place.text, folder)
            for page in package.xml(name).all("Page"):
                at = found.setdefault(page.get("PageID"), [])
                at += [package.find(file.text, folder_of(name), folder) for file in _files(page)]
    return found


def _files(page: Node) -> Iterator[Node]:
    return page.all("FileLoc")
