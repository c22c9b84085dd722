"""Train a model and hold it against the one in use, on papers that neither learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from archive_service.catalogue.schema import Edition
from ingest.recognise.naming import examples, learn
from ingest.recognise.naming.judge import Judgement, judge
from ingest.recognise.naming.learn import Example
from ingest.recognise.naming.model import Model

#: A confirmed document counts as much as so many generated ones: it is what really comes in.
_CONFIRMED_WEIGHT = 3.0
#: Papers are generated anew for judging; between two models that are as good, so much is chance.
_CHANCE = 0.01
_TRAINING_SEED, _JUDGING_SEED = 1, 2
_JUDGED_SHARE = 5


@dataclass(frozen=True)
class Trained:
    """A new model with how it and the one in use do on confirmed documents held back, and on generated papers."""

    model: Model
    confirmed: int
    generated: int
    before: Judgement
    after: Judgement
    generated_before: Judgement
    generated_after: Judgement

    @property
    def worse(self) -> bool:
        """Say whether the new model names fewer of the held-back documents right, or clearly fewer generated ones."""
        slack = _CHANCE * self.generated_before.papers
        return self.after.right < self.before.right or self.generated_after.right < self.generated_before.right - slack


def train(confirmed: Sequence[Example], in_use: Model, edition: Edition, *, each: int) -> Trained:
    """Return a model of generated papers, `each` of every type, and of the confirmed ones but those held back.

    Which ones are held back follows from the household, so that a later training holds back the same, and no model
    is judged on what it has seen.
    """
    held = held_back(confirmed)
    learnt = [replace(one, weight=_CONFIRMED_WEIGHT) for one in confirmed if not learn.held_back(one.group)]
    others = each * examples.OTHERS // examples.EACH
    generated = list(examples.generated(edition, seed=_TRAINING_SEED, each=each, others=others))
    facts = {"origin": "trained", "generated": len(generated), "confirmed": len(learnt)}
    model = learn.train([*generated, *learnt], seed=_TRAINING_SEED, facts=facts)
    fresh = fresh_papers(edition, each=each)
    return Trained(
        model,
        len(learnt),
        len(generated),
        judge(in_use, held),
        judge(model, held),
        judge(in_use, fresh),
        judge(model, fresh),
    )


def held_back(confirmed: Sequence[Example]) -> list[Example]:
    """Return the confirmed documents that no training learns from."""
    return [one for one in confirmed if learn.held_back(one.group)]


def fresh_papers(edition: Edition, *, each: int) -> list[Example]:
    """Return generated papers for judging, a part of what training takes, others than those."""
    each = max(1, each // _JUDGED_SHARE)
    others = each * examples.OTHERS // examples.EACH
    return list(examples.generated(edition, seed=_JUDGING_SEED, each=each, others=others))
