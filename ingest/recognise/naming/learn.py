"""Train the model: choose the grams that tell types apart, then fit a softmax regression by gradient descent."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.recognise.naming.model import Model, features, from_bytes, softmax
from ingest.recognise.naming.words import FIELDS, Words, grams

#: Most grams that count, for each space of features.
SIZES = {"title": 5000, "head": 4000, "body": 6000}
_LEAST_PAPERS = 3
_EPOCHS, _BATCH, _RATE, _DECAY = 14, 256, 0.02, 2e-5
#: How often a space of features is withheld from a paper, so that each learns to stand alone.
_WITHHELD = {"title": 0.2, "head": 0.35, "body": 0.35}
#: Weights smaller than this share of the largest of their type are dropped: they say nothing and cost room.
_DROPPED = 0.02


@dataclass(frozen=True)
class Example:
    """A paper whose type is known."""

    words: Words
    code: str
    #: Papers that belong together: those under one title, those of one household.
    group: str = ""
    #: How much it counts; a confirmed paper is worth more than a generated one.
    weight: float = 1.0


@dataclass(frozen=True)
class _Table:
    """Examples as rows of features: for each its grams, their values, and where each space of features ends."""

    at: list[NDArray[np.int64]]
    value: list[NDArray[np.float32]]
    target: NDArray[np.int64]
    weight: NDArray[np.float32]


def train(examples: Sequence[Example], *, seed: int, facts: Mapping[str, Any] | None = None) -> Model:
    """Return a model of `examples`. The same input gives the same model on the same machine.

    How sure it may be of itself is found by first training without one group in five and looking at those.
    What comes back went through the form of its file, so that it is judged as it will be used.
    """
    kept = [one for one in examples if held_back(one.group)]
    rest = [one for one in examples if not held_back(one.group)]
    temperature = _temperature(_model(rest, seed), kept) if kept and rest else 1.0
    model = replace(_model(examples, seed), temperature=temperature, facts=dict(facts or {}))
    return from_bytes(model.to_bytes())


def held_back(group: str) -> bool:
    """Say whether a group of papers is of the one in five that are kept out of training; always the same ones."""
    return hashlib.sha256(f"held back/{group}".encode()).digest()[0] < 256 // 5


def _model(examples: Sequence[Example], seed: int) -> Model:
    codes = tuple(sorted({one.code for one in examples}))
    vocabulary, rarity = _vocabulary(examples)
    empty = np.zeros((len(rarity), len(codes)), np.float32)
    model = Model(codes, vocabulary, rarity, empty, np.zeros(len(codes), np.float32), 1.0)
    weights, bias = _fit(_table(examples, model), model, seed)
    weights[np.abs(weights) < _DROPPED * np.abs(weights).max(axis=0)] = 0.0
    return replace(model, weights=weights, bias=bias)


def _vocabulary(examples: Sequence[Example]) -> tuple[dict[str, tuple[str, ...]], NDArray[np.float32]]:
    """Return for each space the grams that tell most, and how rare each is."""
    chosen: dict[str, tuple[str, ...]] = {}
    rarity: list[float] = []
    for name in FIELDS:
        seen: Counter[str] = Counter()
        by_code: dict[str, Counter[str]] = defaultdict(Counter)
        for one in examples:
            here = set(grams(one.words.field(name)))
            seen.update(here)
            by_code[one.code].update(here)
        size = Counter(one.code for one in examples)
        common = {gram for gram, count in seen.items() if count >= _LEAST_PAPERS}
        telling: dict[str, float] = defaultdict(float)
        for code, counted in by_code.items():
            for gram in common & counted.keys():
                apart = counted[gram] / size[code] - (seen[gram] - counted[gram]) / max(1, len(examples) - size[code])
                telling[gram] = max(telling[gram], apart)
        best = sorted(telling, key=lambda gram: (-telling[gram], gram))[: SIZES[name]]
        chosen[name] = tuple(sorted(best))
        rarity += [math.log((1 + len(examples)) / (1 + seen[gram])) + 1 for gram in chosen[name]]
    return chosen, np.array(rarity, np.float32)


def _table(examples: Sequence[Example], model: Model) -> _Table:
    place = {code: at for at, code in enumerate(model.codes)}
    rows = [features(one.words, model.rows, model.rarity) for one in examples]
    return _Table(
        [at for at, _, _ in rows],
        [value for _, value, _ in rows],
        np.array([place[one.code] for one in examples], np.int64),
        np.array([one.weight for one in examples], np.float32),
    )


def _fit(table: _Table, model: Model, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weights and bias by Adam over small batches, the rate falling to nothing."""
    rng = np.random.default_rng(seed)
    weights, bias = model.weights.copy(), model.bias.copy()
    moments = [np.zeros_like(part) for part in (weights, weights, bias, bias)]
    count, step = len(table.target), 0
    steps = _EPOCHS * math.ceil(count / _BATCH)
    for _ in range(_EPOCHS):
        order = rng.permutation(count)
        for start in range(0, count, _BATCH):
            chosen = order[start : start + _BATCH]
            step += 1
            inputs = _dense(table, chosen, model, rng)
            chance = softmax(inputs @ weights + bias)
            chance[np.arange(len(chosen)), table.target[chosen]] -= 1
            chance *= (table.weight[chosen] / table.weight[chosen].sum())[:, None]
            rate = _RATE * 0.5 * (1 + math.cos(math.pi * step / steps))
            _adam(weights, inputs.T @ chance + _DECAY * weights, moments[0], moments[1], rate, step)
            _adam(bias, chance.sum(axis=0), moments[2], moments[3], rate, step)
    return weights, bias


def _dense(table: _Table, chosen: NDArray[np.int64], model: Model, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the chosen papers as rows of numbers; now and then a whole space of features is withheld."""
    inputs = np.zeros((len(chosen), len(model.rarity)), np.float32)
    for row, place in enumerate(chosen):
        inputs[row, table.at[place]] = table.value[place]
    start, spared = 0, int(rng.integers(len(FIELDS)))
    for number, name in enumerate(FIELDS):
        end = start + len(model.vocabulary[name])
        gone = rng.random(len(chosen)) < _WITHHELD[name]
        if number != spared:
            inputs[gone, start:end] = 0.0
        start = end
    return inputs


def _adam(
    part: NDArray[np.float32],
    slope: NDArray[np.float32],
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    rate: float,
    step: int,
) -> None:
    first *= 0.9
    first += 0.1 * slope
    second *= 0.999
    second += 0.001 * slope**2
    fair = math.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    part -= rate * fair * first / (np.sqrt(second) + 1e-8)


def _temperature(model: Model, kept_out: Sequence[Example]) -> float:
    """Return the divisor of scores with which the probabilities fit papers that were not learnt from."""
    known = [one for one in kept_out if one.code in model.codes]
    if not known:
        return 1.0
    table = _table(known, model)
    scores: NDArray[np.float32] = np.stack(
        [model.weights[at].T @ value + model.bias for at, value in zip(table.at, table.value, strict=True)]
    )
    places = np.arange(len(known))

    def surprise(divisor: float) -> float:
        return float(-np.log(softmax(np.asarray(scores / divisor, np.float32))[places, table.target] + 1e-9).mean())

    return min((round(0.3 + 0.05 * number, 2) for number in range(75)), key=surprise)
