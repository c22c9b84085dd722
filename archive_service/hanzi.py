"""Traditional characters and the simplified ones that stand for them, by the tables of OpenCC.

Papers from Taiwan, Hong Kong and Macao, and old ones of our own, are written in traditional characters; catalogue,
labels and most registers in simplified ones. What is kept of a page stays as it was read: these foldings only serve to
know labels and titles, to compare, and to search. One character always becomes one character, so that places in a text
stay where they are.
"""

from __future__ import annotations

from functools import lru_cache

from opencc import OpenCC

#: From the first tables of Hong Kong, which writes some characters in a way of its own, on to those of all others.
_TABLES = ("t2s", "hk2s")
_BLOCKS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00))
#: Standard characters of the mainland (通用规范汉字表, level three) that are also traditional forms; people bear them.
_OF_NAMES = frozenset("昇陞剋扞迺")
#: In GB 2312, and yet nobody writes it in simplified papers.
_NEVERTHELESS = frozenset("後麽")


def simplified(text: str) -> str:
    """Return `text` with traditional characters simplified, but for those that are also characters of their own.

    乾 in a name stays what it is, and so does 昇: of two characters that simplified writing keeps apart, none becomes
    the other.
    """
    return text.translate(_careful())


def alike(text: str) -> str:
    """Return `text` in simplified characters throughout, for looking up: 後 finds 后, and 乾 finds 干."""
    return text.translate(every())


@lru_cache(maxsize=1)
def every() -> dict[int, str]:
    """Return the simplified character of each traditional one, by code point."""
    signs = [chr(code) for block in _BLOCKS for code in block]
    found: dict[int, str] = {}
    for name in _TABLES:
        converted = OpenCC(name).convert("\n".join(signs)).split("\n")
        for sign, simple in zip(signs, converted, strict=True):
            if len(simple) == 1 and simple != sign:
                found.setdefault(ord(sign), simple)
    # What it becomes may itself be the older form of another.
    return {code: found.get(ord(simple), simple) for code, simple in found.items()}


@lru_cache(maxsize=1)
def _careful() -> dict[int, str]:
    return {code: simple for code, simple in every().items() if not _of_its_own(chr(code))}


def _of_its_own(sign: str) -> bool:
    if sign in _OF_NAMES:
        return True
    return sign not in _NEVERTHELESS and bool(sign.encode("gb2312", "ignore"))
