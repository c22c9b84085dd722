"""The model that names papers: a linear one over sequences of characters, its file, and what it says of a paper."""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.recognise.naming.words import FIELDS, Words, grams

_MAGIC = b"archive-naming-1\n"
#: Weight of each space of features: the title says most.
FIELD_WEIGHTS = {"title": 1.0, "head": 0.7, "body": 0.7}
#: No model is larger; a file that claims more is no model.
_MOST_BYTES = 64 * 1024 * 1024
_MOST_EVIDENCE = 3
_SHORTEST_EVIDENCE = 2


class DamagedModel(ValueError):
    """The bytes are no model: cut off, altered, or made by another program."""


@dataclass(frozen=True)
class Named:
    """What the model takes a paper for: types with their probability, best first, and what it went by."""

    ranked: tuple[tuple[str, float], ...]
    #: Words of the paper that speak most for the first type.
    evidence: tuple[str, ...]

    @property
    def code(self) -> str:
        """The most probable type."""
        return self.ranked[0][0]

    @property
    def probability(self) -> float:
        """How probable the first type is, 0 to 1."""
        return self.ranked[0][1]

    def of(self, code: str) -> float:
        """Return the probability of a type, 0 for one the model does not know."""
        return dict(self.ranked).get(code, 0.0)


@dataclass(frozen=True)
class Model:
    """A trained model. `weights` has a row a gram and a column a code; `facts` says when and on what it was trained."""

    codes: tuple[str, ...]
    #: For each field the grams that count, in the order of their rows.
    vocabulary: Mapping[str, tuple[str, ...]]
    rarity: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    #: Divides the scores before they become probabilities; from papers kept out of training.
    temperature: float
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: Its file, and the sha256 of that; empty for one that was in no file yet.
    data: bytes = b""
    digest: str = ""

    @cached_property
    def rows(self) -> Mapping[str, Mapping[str, int]]:
        """Place of each gram of each field among the rows."""
        found, start = {}, 0
        for name in FIELDS:
            found[name] = {gram: start + at for at, gram in enumerate(self.vocabulary[name])}
            start += len(self.vocabulary[name])
        return found

    def name(self, words: Words) -> Named:
        """Return what the model takes a paper for."""
        at, value, texts = features(words, self.rows, self.rarity)
        scores = self.weights[at].T @ value + self.bias
        chance = softmax(scores[None, :] / self.temperature)[0]
        order = np.argsort(-chance, kind="stable")
        ranked = tuple((self.codes[place], float(chance[place])) for place in order[:6])
        return Named(ranked, self._evidence(words, at, value, texts, int(order[0])))

    def _evidence(
        self, words: Words, at: NDArray[np.int64], value: NDArray[np.float32], texts: Sequence[str], best: int
    ) -> tuple[str, ...]:
        """Return the words that speak most for the column `best`: its strongest grams, joined where they overlap."""
        against = self.weights[at].mean(axis=1)
        gain = (self.weights[at, best] - against) * value
        strong = [(float(gain[place]), texts[place]) for place in np.argsort(-gain)[:24] if gain[place] > 0]
        spoken: dict[str, float] = {}
        for name in FIELDS:
            for line in words.field(name).split("|"):
                for span, worth in _spans(line, strong):
                    # Which number it was is not known here, so none is shown.
                    text = span.strip("0")
                    if len(text) >= _SHORTEST_EVIDENCE:
                        spoken[text] = max(spoken.get(text, 0.0), worth)
        ordered = sorted(spoken, key=lambda text: (-spoken[text], text))
        kept: list[str] = []
        for text in ordered:
            if not any(text in other or other in text for other in kept):
                kept.append(text)
        return tuple(kept[:_MOST_EVIDENCE])

    def to_bytes(self) -> bytes:
        """Return the model as its file: the same model gives the same bytes."""
        scale = np.maximum(np.abs(self.weights).max(axis=0), 1e-6).astype(np.float32) / 127
        small = np.rint(self.weights / scale).astype(np.int8)
        head = {
            "codes": list(self.codes),
            "vocabulary": {name: list(self.vocabulary[name]) for name in FIELDS},
            "temperature": self.temperature,
            "facts": dict(self.facts),
        }
        text = json.dumps(head, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        arrays = (
            scale.astype("<f4"),
            self.bias.astype("<f4"),
            self.rarity.astype("<f4"),
            np.ascontiguousarray(small.T),
        )
        content = len(text).to_bytes(8, "big") + text + b"".join(array.tobytes() for array in arrays)
        packed = lzma.compress(content, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC32, preset=6)
        return _MAGIC + hashlib.sha256(packed).hexdigest().encode() + b"\n" + packed


def from_bytes(data: bytes) -> Model:
    """Return the model in a file. Raises DamagedModel for anything that is not one, whole and unaltered."""
    head, packed = data[: len(_MAGIC) + 65], data[len(_MAGIC) + 65 :]
    if not head.startswith(_MAGIC) or head[len(_MAGIC) : -1] != hashlib.sha256(packed).hexdigest().encode():
        raise DamagedModel("not a model, or not the bytes that were written")
    try:
        return replace(_unpacked(packed), data=data, digest=hashlib.sha256(data).hexdigest())
    except (lzma.LZMAError, ValueError, KeyError, TypeError, UnicodeDecodeError) as e:
        raise DamagedModel(f"a model that cannot be read ({type(e).__name__})") from e


def _unpacked(packed: bytes) -> Model:
    unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_XZ)
    content = unpacker.decompress(packed, _MOST_BYTES)
    length = int.from_bytes(content[:8], "big")
    told = json.loads(content[8 : 8 + length])
    codes, vocabulary = tuple(told["codes"]), {name: tuple(told["vocabulary"][name]) for name in FIELDS}
    grams_, columns, at = sum(map(len, vocabulary.values())), len(codes), 8 + length
    if len(content) != at + 4 * (2 * columns + grams_) + grams_ * columns:
        raise DamagedModel("a model of another size than it says")
    scale = np.frombuffer(content, "<f4", columns, at)
    bias = np.frombuffer(content, "<f4", columns, at + 4 * columns)
    rarity = np.frombuffer(content, "<f4", grams_, at + 8 * columns)
    small = np.frombuffer(content, np.int8, grams_ * columns, at + 8 * columns + 4 * grams_).reshape(columns, grams_)
    weights = np.ascontiguousarray(small.T.astype(np.float32) * scale)
    return Model(codes, vocabulary, rarity, weights, bias, float(told["temperature"]), told["facts"])


def features(
    words: Words, rows: Mapping[str, Mapping[str, int]], rarity: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32], list[str]]:
    """Return the rows of the known grams of a paper, their values and the grams; each field has the same length."""
    places: list[int] = []
    values: list[NDArray[np.float32]] = []
    texts: list[str] = []
    for name in FIELDS:
        known = rows[name]
        counted = [(known[gram], count, gram) for gram, count in grams(words.field(name)).items() if gram in known]
        if not counted:
            continue
        at = np.fromiter((place for place, _, _ in counted), np.int64, len(counted))
        count = np.fromiter((count for _, count, _ in counted), np.float32, len(counted))
        value = (1 + np.log(count)) * rarity[at]
        values.append((FIELD_WEIGHTS[name] * value / np.sqrt((value**2).sum())).astype(np.float32))
        places += at.tolist()
        texts += [gram for _, _, gram in counted]
    joined = np.concatenate(values) if values else np.zeros(0, np.float32)
    return np.array(places, np.int64), joined, texts


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probabilities of each row of scores."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def _spans(line: str, strong: Sequence[tuple[float, str]]) -> list[tuple[str, float]]:
    """Return the stretches of `line` that strong grams cover, with the sum of what the grams are worth."""
    worth = [0.0] * len(line)
    for gain, gram in strong:
        plain = gram.strip("^$")
        start = line.find(plain) if len(plain) >= 2 else -1
        for place in range(start, start + len(plain)) if start >= 0 else ():
            worth[place] += gain / len(plain)
    spans, begun = [], None
    for place, gain in enumerate([*worth, 0.0]):
        if gain and begun is None:
            begun = place
        elif not gain and begun is not None:
            spans.append((line[begun:place], sum(worth[begun:place])))
            begun = None
    return spans
