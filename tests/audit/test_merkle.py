"""The tree and its proofs: what is proven holds, and nothing else can be proven."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from archive_service.audit import merkle, offline
from archive_service.audit.merkle import TILE, Frontier, Tree, extends, includes, leaf_hash, root_of

#: Leaves and roots of the test vectors that RFC 6962's implementations share: entries in hexadecimal.
VECTORS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
few = settings(derandomize=True, database=None, max_examples=40, deadline=None)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(sha256(b"%d" % n).digest()) for n in range(count)]


def tree(of: list[bytes]) -> Tree:
    frontier = Frontier()
    for leaf in of:
        frontier.append(leaf)
    return Tree(len(of), frontier.tiles, lambda first, end: of[first:end])


def plain_root(of: list[bytes]) -> bytes:
    """MTH as RFC 9162, 2.1.1, writes it down."""
    if len(of) < 2:
        return of[0] if of else sha256(b"").digest()
    half = 1
    while half * 2 < len(of):
        half *= 2
    return sha256(b"\x01" + plain_root(of[:half]) + plain_root(of[half:])).digest()


def test_the_roots_are_those_of_the_published_vectors() -> None:
    """Other programs that know RFC 9162 come to the same roots."""
    of = [leaf_hash(bytes.fromhex(one)) for one in VECTORS]
    assert {size: root_of(of[:size]).hex() for size in ROOTS} == ROOTS


def test_a_tree_of_any_small_size_has_the_root_of_the_definition() -> None:
    """Grown leaf by leaf, here and in the checker, it is the tree that the standard defines by halving."""
    of = leaves(40)
    there = tree(of)
    growing = offline._Growing()
    for size in range(41):
        assert root_of(of[:size]) == plain_root(of[:size]) == there.root(size)
        assert growing.root() == plain_root(of[:size]).hex()
        if size < 40:
            growing.append(of[size])


@few
@given(st.data())
def test_every_leaf_can_be_proven_and_no_other_in_its_place(data: st.DataObject) -> None:
    """A proof of one leaf does not prove another leaf, place, size or root; here and in the checker."""
    of = leaves(data.draw(st.integers(1, 70)))
    size = data.draw(st.integers(1, len(of)))
    index = data.draw(st.integers(0, size - 1))
    proof, root = tree(of).inclusion(index, size), plain_root(of[:size])
    for check in (includes, offline._includes):
        assert check(root, size, index, of[index], proof)
        assert not check(root, size, index, leaf_hash(b"x"), proof)
        assert not check(leaf_hash(b"x"), size, index, of[index], proof)
        assert not any(check(root, size, other, of[index], proof) for other in range(size) if other != index)
        assert not check(root, size, index, of[index], [*proof, of[0]])
        if proof:
            assert not check(root, size, index, of[index], proof[:-1])


@few
@given(st.data())
def test_a_tree_that_grew_can_be_proven_and_a_rewritten_one_not(data: st.DataObject) -> None:
    """The proof that an older tree is the beginning of a newer one fails once any of its leaves is another."""
    of = leaves(data.draw(st.integers(2, 70)))
    new = data.draw(st.integers(2, len(of)))
    old = data.draw(st.integers(1, new - 1))
    proof = tree(of).consistency(old, new)
    rewritten = list(of)
    rewritten[data.draw(st.integers(0, old - 1))] = leaf_hash(b"x")
    for check in (extends, offline._extends):
        assert check(plain_root(of[:old]), old, plain_root(of[:new]), new, proof)
        assert not check(plain_root(rewritten[:old]), old, plain_root(of[:new]), new, proof)
        forged = tree(rewritten).consistency(old, new)
        assert not check(plain_root(of[:old]), old, plain_root(rewritten[:new]), new, forged)


def test_tiles_give_the_proofs_that_all_leaves_give() -> None:
    """Beyond a tile a proof reads kept roots, and is the same."""
    of = leaves(3 * TILE + 5)
    with_tiles, without = tree(of), Tree(len(of), (), lambda first, end: of[first:end])
    assert len(with_tiles._tiles) == 3
    for index in (0, TILE - 1, TILE, 3 * TILE + 4):
        assert with_tiles.inclusion(index, len(of)) == without.inclusion(index, len(of))
    for old in (1, TILE, 2 * TILE + 1, 3 * TILE + 4):
        assert with_tiles.consistency(old, len(of)) == without.consistency(old, len(of))


def test_a_frontier_that_goes_on_from_what_was_kept_is_the_same_tree() -> None:
    """A checkpoint needs only the subtrees of the one before."""
    of = leaves(TILE + 9)
    begun = Frontier()
    for leaf in of[:700]:
        begun.append(leaf)
    going_on = Frontier(begun.size, list(begun.subtrees))
    for leaf in of[700:]:
        going_on.append(leaf)
    assert going_on.root() == merkle.root_of(of)
    assert len(going_on.tiles) == 1
