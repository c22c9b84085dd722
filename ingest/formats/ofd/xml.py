"""XML of an OFD as plain trees: no namespaces, no definitions of types, no entities, bounded in depth and number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from ingest.errors import FileRefused, refuse

_DEEPEST = 64
#: Elements of one file; a page of 60,000 characters with a place for each has fewer.
_MOST_NODES = 500_000


@dataclass(slots=True)
class Node:
    """An element: its name and attributes without prefixes."""

    tag: str
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute."""
        return self.attributes.get(name, default)

    def first(self, *path: str) -> Node | None:
        """Return the first element below, step by step; none when a step is missing."""
        found: Node | None = self
        for tag in path:
            found = next((child for child in found.children if child.tag == tag), None) if found else None
        return found

    def all(self, *tags: str) -> Iterator[Node]:
        """Yield the children of these names."""
        return (child for child in self.children if child.tag in tags)

    def word(self, *path: str) -> str:
        """Return the text of the first element below, trimmed; empty when there is none."""
        found = self.first(*path)
        return found.text.strip() if found else ""

    def says_no(self, name: str) -> bool:
        """Say whether a switch that is on by itself is off."""
        return self.get(name).strip().lower() in ("false", "0")

    def says_yes(self, name: str) -> bool:
        """Say whether a switch that is off by itself is on."""
        return self.get(name).strip().lower() in ("true", "1")


def parse(data: bytes) -> Node:
    """Return the root. Raises FileRefused for broken XML and for one with a DOCTYPE, whatever is in it."""
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartDoctypeDeclHandler = _no_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.word
    try:
        parser.Parse(data, True)
    except FileRefused:
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise refuse("file.damaged/ofd") from error
    if builder.root is None:
        raise refuse("file.damaged/ofd")
    return builder.root


def _no_doctype(*_: object) -> None:
    raise refuse("file.unreadable/doctype")


class _Builder:
    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        node = Node(_plain(name), {_plain(key): value for key, value in attributes.items()})
        self._count += 1
        if self._count > _MOST_NODES or len(self._open) >= _DEEPEST:
            raise refuse("file.unpack-limit", limit=_MOST_NODES)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, _name: str) -> None:
        self._open.pop()

    def word(self, text: str) -> None:
        self._open[-1].text += text


def _plain(name: str) -> str:
    return name.rpartition(":")[2]
