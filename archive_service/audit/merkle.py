"""The Merkle tree over the entries of the audit trail: pure arithmetic, no database.

Leaves and nodes are hashed as RFC 9162, section 2.1, says, and proofs have its form. A leaf stands for the hash of one
entry as the chain keeps it (32 bytes), which covers the entry's canonical text. Source: docs/decisions/0045.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

#: Leaves of a tile. The root of each full tile is kept, so that a proof reads one or two tiles and not the whole trail.
TILE = 1024
_LEVEL = TILE.bit_length() - 1
EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(entry_hash: bytes) -> bytes:
    """Return the leaf of an entry."""
    return hashlib.sha256(b"\x00" + entry_hash).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """The full subtrees that a tree of `size` leaves consists of, the largest first: all that growing it needs."""

    size: int = 0
    subtrees: list[bytes] = field(default_factory=list)
    #: Roots of the tiles that became full since this frontier was made.
    tiles: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Add the next leaf."""
        self.size += 1
        number, level = self.size, 0
        while not number & 1:
            leaf = node_hash(self.subtrees.pop(), leaf)
            number >>= 1
            level += 1
            if level == _LEVEL:
                self.tiles.append(leaf)
        self.subtrees.append(leaf)

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        return _joined(self.subtrees)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaves."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


def _joined(subtrees: Sequence[bytes]) -> bytes:
    if not subtrees:
        return EMPTY
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = node_hash(left, root)
    return root


class Tree:
    """A tree of which proofs are asked; it reads tiles of leaves when it needs them, and keeps what it computed."""

    def __init__(self, size: int, tiles: Sequence[bytes], leaves: Callable[[int, int], Sequence[bytes]]) -> None:
        """`tiles` are the roots of the full tiles, `leaves(first, end)` gives leaves from `first` (0-based)."""
        self.size = size
        self._tiles, self._leaves = tiles, leaves
        self._known: dict[tuple[int, int], bytes] = {}
        self._loaded: tuple[int, Sequence[bytes]] = (-1, ())

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """Return the proof that the leaf `index` (0-based) is in the tree of the first `size` leaves.

        Raises ValueError where there is no such leaf.
        """
        if not 0 <= index < size <= self.size:
            raise ValueError("no such leaf in a tree of this size")
        return self._path(index, 0, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the tree of `new` leaves begins with the tree of `old` ones.

        Raises ValueError unless 0 < `old` <= `new` <= the size.
        """
        if not 0 < old <= new <= self.size:
            raise ValueError("no such trees")
        return [] if old == new else self._subproof(old, 0, new, whole=True)

    def root(self, size: int) -> bytes:
        """Return the root over the first `size` leaves."""
        return self._of(0, size) if size else EMPTY

    def _path(self, index: int, first: int, end: int) -> list[bytes]:
        if end - first == 1:
            return []
        middle = first + _split(end - first)
        if index < middle:
            return [*self._path(index, first, middle), self._of(middle, end)]
        return [*self._path(index, middle, end), self._of(first, middle)]

    def _subproof(self, old: int, first: int, end: int, *, whole: bool) -> list[bytes]:
        if old == end:
            return [] if whole else [self._of(first, end)]
        middle = first + _split(end - first)
        if old <= middle:
            return [*self._subproof(old, first, middle, whole=whole), self._of(middle, end)]
        return [*self._subproof(old, middle, end, whole=False), self._of(first, middle)]

    def _of(self, first: int, end: int) -> bytes:
        width = end - first
        if width == TILE and first // TILE < len(self._tiles):
            return self._tiles[first // TILE]
        if width == 1:
            return self._leaf(first)
        if (found := self._known.get((first, end))) is not None:
            return found
        middle = first + _split(width)
        made = node_hash(self._of(first, middle), self._of(middle, end))
        self._known[first, end] = made
        return made

    def _leaf(self, index: int) -> bytes:
        tile = index // TILE
        if self._loaded[0] != tile:
            self._loaded = (tile, self._leaves(tile * TILE, min((tile + 1) * TILE, self.size)))
        return self._loaded[1][index - tile * TILE]


def _split(width: int) -> int:
    """Return the largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the proof shows `leaf` at `index` (0-based) in the tree of that root and size (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last = index, size - 1
    for one in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            leaf = node_hash(one, leaf)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            leaf = node_hash(leaf, one)
        at, last = at >> 1, last >> 1
    return last == 0 and leaf == root


def extends(old_root: bytes, old: int, new_root: bytes, new: int, proof: Sequence[bytes]) -> bool:
    """Say whether the proof shows that the tree of `new` leaves begins with that of `old` (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(one, first), node_hash(one, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, one)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
