"""Rules and model vote on what a paper is; what the case expects tips the scale.

Each gives odds; the odds are multiplied. So agreement makes sure, and a contradiction leaves neither side sure enough
to file without a person. Neither can outvote the other alone beyond a limit: a title can mislead, and so can a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingest.recognise.classify import Hints
from ingest.recognise.group import Grouped, PageFacts
from ingest.recognise.naming.model import Model, Named
from ingest.recognise.naming.words import words_of
from ingest.recognise.phrases import Phrases
from ingest.recognise.titles import TITLE_LOOK, looks
from ingest.recognise.values import OTHER, Candidate

#: Odds of a type that no rule names, against those of one that a rule is sure of.
_UNNAMED = 0.05
_SUREST_RULE = 0.98
#: No type is less probable to the model than this, whatever it says: it has not seen everything.
_LEAST_CHANCE = 0.002
#: Where the model finds another type more probable than this, none is sure, however plainly a title names it.
_SECONDED, _NOT_SECONDED = 0.5, 0.8
#: How a type weighs that the case does not expect, where it is known what the case expects.
_UNEXPECTED = 0.7
#: Text alone, without a line set like a title, never makes a type sure.
_WITHOUT_TITLE = 0.8
#: Larger than the text, or centred high up where nothing else is: a line no rule knows is a title then.
_HEADING = 0.7
_HIGHEST = 0.995
_GUESS = 0.45
_MOST = 5


def vote(
    document: Grouped, ruled: Sequence[Candidate], model: Model, phrases: Phrases, hints: Hints
) -> tuple[list[Candidate], tuple[str, ...]]:
    """Return the types that the document may be, best first, and what the model saw where it agrees, as sentences.

    `ruled` is what the rules say, best first.
    """
    best = ruled[0]
    words = words_of([facts.page for facts in document.pages])
    if words.empty or (best.code != OTHER and best.code not in model.codes):
        # A type that the unit added after the model was trained is the rules' to name.
        return list(ruled), ()
    named = model.name(words)
    chances = _chances(named, document, phrases)
    scores = _scores(ruled, chances, phrases, hints)
    total = sum(scores.values())
    shares = sorted(((score / total, code) for code, score in scores.items()), reverse=True)
    titled = any(facts.card.any or _has_heading(facts) for facts in document.pages)
    limit = _HIGHEST if titled or best.confidence > _WITHOUT_TITLE else _WITHOUT_TITLE
    by_rule = {one.code: one for one in ruled}
    spoken = "、".join(f"“{word}”" for word in named.evidence)
    candidates: list[Candidate] = []
    for share, code in shares[:_MOST]:
        sure = min(share, _limit(code, chances, by_rule.get(code), limit=limit))
        reason = by_rule[code].reason if code in by_rule else _by_model(code, phrases, spoken)
        # A type that may not be surer than a limit still stands before those that it outweighs.
        sure = min(sure, candidates[0].confidence) if candidates else sure
        candidates.append(Candidate(code, round(sure, 3), reason))
    first = candidates[0]
    if chances.get(first.code, 0.0) < _SECONDED <= chances.get(named.code, 0.0):
        against = f"，但按用词更像“{phrases.name(named.code)}”" + (f"（{spoken}）" if spoken else "")
        candidates[0] = Candidate(first.code, first.confidence, first.reason + against)
    return candidates, _told(first, named, phrases, spoken, first.code in by_rule)


def _has_heading(facts: PageFacts) -> bool:
    return facts.title.look >= TITLE_LOOK or any(look >= _HEADING for _, look in looks(facts.page))


def _limit(code: str, chances: Mapping[str, float], ruled: Candidate | None, *, limit: float) -> float:
    """Return how sure a type may be at most, whatever the odds."""
    if code == OTHER:
        return _GUESS
    if ruled and ruled.disputed:
        return min(limit, ruled.confidence)
    if chances.get(code, 0.0) >= _SECONDED:
        return limit
    # A model that is sure of nothing neither supports nor contradicts.
    silent = max(chances.values(), default=0.0) < _SECONDED
    return min(limit, ruled.confidence) if ruled and silent else min(limit, _NOT_SECONDED)


def _chances(named: Named, document: Grouped, phrases: Phrases) -> dict[str, float]:
    """Return what the model says of each type; whose card a card is, it cannot know, so all cards count as one."""
    chances = {code: chance for code, chance in named.ranked if code == OTHER or code in phrases.names}
    cards = phrases.families.get("identity_card")
    first = document.pages[0]
    if cards and (first.card.any or bool(first.title.best and first.title.best.target == "identity_card")):
        codes = [member.code for member in cards.members]
        together = sum(chances.get(code, 0.0) for code in codes)
        chances.update(dict.fromkeys(codes, together))
    return chances


def _scores(ruled: Sequence[Candidate], chances: dict[str, float], phrases: Phrases, hints: Hints) -> dict[str, float]:
    odds = {one.code: _odds(one.confidence) for one in ruled}
    scores = {}
    for code in {*odds, *chances, OTHER}:
        expected = not hints.expected or code in hints.expected or code == OTHER
        prior = 1.0 if expected else _UNEXPECTED
        scores[code] = max(odds.get(code, _UNNAMED), _UNNAMED) * max(chances.get(code, 0.0), _LEAST_CHANCE) * prior
    return scores


def _odds(confidence: float) -> float:
    sure = min(confidence, _SUREST_RULE)
    return sure / (1 - sure)


def _by_model(code: str, phrases: Phrases, spoken: str) -> str:
    if code == OTHER:
        return "用词不像资料目录中的任何一类"
    return f"用词像“{phrases.name(code)}”" + (f"：{spoken}" if spoken else "")


def _told(first: Candidate, named: Named, phrases: Phrases, spoken: str, by_rule: bool) -> tuple[str, ...]:
    """Return what the model saw, where it agrees with a rule; otherwise the reason of the type says it already."""
    if not by_rule or first.code != named.code or first.code == OTHER or not spoken:
        return ()
    return (f"用词也像“{phrases.name(first.code)}”：{spoken}",)
