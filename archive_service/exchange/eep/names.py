"""What the XML of a package is called and how it is read by other modules of this folder."""

from __future__ import annotations

from typing import Any

from lxml import etree

NAMESPACE = "http://www.saac.gov.cn/standards/ERM/encapsulation"
FILE = "电子文件封装包.xml"
ROOT = "电子文件封装包"
#: The edition of DA/T 48 that is written, as its packages name it.
VERSION = "2009"
READ_VERSIONS = frozenset({VERSION})
#: A file up to this size stands in the XML itself, as long as all of them together stay below the other figure.
INLINE, INLINE_TOTAL = 1024 * 1024, 16 * 1024 * 1024
#: Largest XML that is read; a package that puts more into it has to go by reference.
LARGEST = 64 * 1024 * 1024


def q(name: str) -> str:
    """Return an element's name with its namespace."""
    return f"{{{NAMESPACE}}}{name}"


def canonical(element: Any) -> bytes:
    """Return the one form of an element that its signature covers."""
    made: bytes = etree.tostring(element, method="c14n", with_tail=False)
    return made
