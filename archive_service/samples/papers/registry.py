"""Find the function that makes a document type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from archive_service.errors import Invalid
from archive_service.samples.cases import Case
from archive_service.samples.document import Document
from archive_service.samples.papers import applications, cards, contracts, letters, proofs, schemes, works, worksheets

Maker = Callable[[Case, Random], Document]
PAPERS: Mapping[str, Maker] = {
    **applications.PAPERS,
    **cards.PAPERS,
    **proofs.PAPERS,
    **letters.PAPERS,
    **schemes.PAPERS,
    **contracts.PAPERS,
    **worksheets.PAPERS,
    **works.PAPERS,
}


def one_document(code: str, case: Case, rng: Random) -> Document:
    """Make one paper of this type for a case. Raises Invalid for a type that has no sample."""
    if code not in PAPERS:
        raise Invalid(
            "samples.no-such-paper", f"没有类型“{code[:8]}”的样张。请改用目录中已有样张的类型。", given=code[:8]
        )
    return PAPERS[code](case, rng)


def stray(case: Case, rng: Random) -> Document:
    """Make a paper that no catalogue knows and that does not belong to the case."""
    return rng.choice(letters.STRAYS)(case, rng)
