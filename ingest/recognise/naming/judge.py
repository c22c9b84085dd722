"""How well a model names papers whose type is known: shares, types one by one, and what it takes for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ingest.recognise.naming.learn import Example
from ingest.recognise.naming.model import Model


@dataclass(frozen=True)
class TypeScore:
    """One type: papers of it, papers taken for it, and how many were both."""

    code: str
    papers: int
    taken: int
    right: int

    @property
    def precision(self) -> float | None:
        """Share of what was taken for it that is of it; None where nothing was."""
        return self.right / self.taken if self.taken else None

    @property
    def recall(self) -> float | None:
        """Share of the papers of it that were taken for it; None without papers."""
        return self.right / self.papers if self.papers else None


@dataclass(frozen=True)
class Judgement:
    """What a model made of papers: how many, how many right, each type, and the mistakes, most frequent first."""

    papers: int
    right: int
    types: tuple[TypeScore, ...]
    #: Type, what it was taken for, how often.
    mistaken: tuple[tuple[str, str, int], ...]

    @property
    def accuracy(self) -> float | None:
        """Share of papers named right; None without papers."""
        return self.right / self.papers if self.papers else None


def judge(model: Model, papers: Iterable[Example]) -> Judgement:
    """Return how `model` names `papers`, by itself, without rules and case."""
    pairs = Counter((one.code, model.name(one.words).code) for one in papers)
    codes = sorted({code for pair in pairs for code in pair})
    types = tuple(
        TypeScore(
            code,
            sum(count for (true, _), count in pairs.items() if true == code),
            sum(count for (_, taken), count in pairs.items() if taken == code),
            pairs[code, code],
        )
        for code in codes
    )
    wrong = ((true, taken, count) for (true, taken), count in pairs.items() if true != taken)
    mistaken = tuple(sorted(wrong, key=lambda one: (-one[2], one[0], one[1])))
    return Judgement(pairs.total(), sum(one.right for one in types), types, mistaken)
