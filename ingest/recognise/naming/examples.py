"""Generated papers as examples to learn from."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from archive_service.catalogue.schema import Edition
from ingest.recognise import pages
from ingest.recognise.naming import generate
from ingest.recognise.naming.learn import Example
from ingest.recognise.naming.words import words_of

#: Papers generated of every type, and of none.
EACH, OTHERS = 60, 2400


def generated(
    edition: Edition, *, seed: int, each: int = EACH, others: int = OTHERS, without: frozenset[str] = frozenset()
) -> Iterator[Example]:
    """Yield generated papers as examples, grouped by their titles; the same seed gives the same ones.

    No title in `without`, nor one that holds it, is printed.
    """
    # Training needs numbers that can be repeated, not secrets.
    rng = Random(seed)  # noqa: S311
    for paper in generate.papers(rng, edition, each=each, others=others, without=without):
        yield Example(words_of(pages.prepare(paper.pages)), paper.code, f"title/{paper.title}")
