"""A document of an OFD: its pages in order, its templates, annotations and resources."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.errors import FileRefused, refuse
from ingest.formats.ofd.geometry import box
from ingest.formats.ofd.package import Absent, Package, folder_of, resolved
from ingest.formats.ofd.xml import Node

Box = tuple[float, float, float, float]
#: A4 in millimetres: what a page is that does not say.
_A4: Box = (0.0, 0.0, 210.0, 297.0)
#: A sheet with a shorter side, in millimetres, is a mistake: it counts as none.
_SHORTEST_SIDE = 1.0
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
    #: Files of resources that are missing or broken.
    lost: int = 0

    def merged(self, other: Resources) -> Resources:
        """Return these with those of `other` before them."""
        return Resources(
            self.fonts | other.fonts,
            self.media | other.media,
            self.draw_params | other.draw_params,
            self.colour_spaces | other.colour_spaces,
            self.composites | other.composites,
            self.lost + other.lost,
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
    #: Annotations are named somewhere that is missing or broken.
    lost_annotations: bool

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
    annotations, lost = _annotations(package, node, folder_of(name))
    return Document(
        package=package,
        name=name,
        node=node,
        pages=pages,
        resources=_resources(package, common, folder_of(name), "PublicRes", "DocumentRes"),
        box=page_box(common.first("PageArea")) or _A4,
        templates={one.get("ID"): one for one in common.all("TemplatePage")},
        annotations=annotations,
        lost_annotations=lost,
    )


def page_box(area: Node | None) -> Box | None:
    """Return the sheet that a page area describes, in millimetres; none when it describes none."""
    for name in ("PhysicalBox", "ApplicationBox") if area else ():
        found = box(area.word(name)) if area else None
        if found and min(found[2:]) >= _SHORTEST_SIDE:
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
        read = part(package, place.text, folder, beside)
        if read is None:
            found.lost += 1
        else:
            _collect(found, read.node, read.folder)
    return found


def part(package: Package, location: str, *folders: str) -> Thing | None:
    """Return a file that a document can do without, and its folder; none when it is missing or broken.

    Raises FileRefused for one that leads outside, or is made to harm.
    """
    try:
        name = package.find(location, *folders)
        return Thing(package.xml(name), folder_of(name))
    except Absent:
        return None
    except FileRefused as error:
        if error.code != "file.damaged":
            raise
        return None


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


def _annotations(package: Package, node: Node, folder: str) -> tuple[dict[str, list[str]], bool]:
    """Return the locations of annotations by page, and whether a list of them is missing or broken."""
    found: dict[str, list[str]] = {}
    lost = False
    for place in node.all("Annotations"):
        listed = part(package, place.text, folder)
        lost = lost or listed is None
        for page in listed.node.all("Page") if listed else ():
            at = found.setdefault(page.get("PageID"), [])
            at += [_name(package, file.text, listed.folder, folder) for file in page.all("FileLoc")] if listed else []
    return found, lost


def _name(package: Package, location: str, *folders: str) -> str:
    """Return the name of what a location means, also where there is no such file. Raises FileRefused."""
    try:
        return package.find(location, *folders)
    except Absent:
        return resolved(location, folders[0])
