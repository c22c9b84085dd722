"""The type of a document from its title, its text and what is known about the case.

A score means: 0.95 and more, the title says so; up to 0.8, only the text speaks for it; below 0.5, a guess.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingest.recognise import normalise
from ingest.recognise.group import Grouped
from ingest.recognise.phrases import Family, Member, Phrases
from ingest.recognise.titles import TITLE_LOOK, TitleHit
from ingest.recognise.values import OTHER, Candidate

_BODY_BEST = 0.8
_UNKNOWN = 0.35
_NOTHING = 0.2
_CARD = 0.93
_MAX_CANDIDATES = 5
_HIGH_KV = 6.0
#: A single phrase speaks for a type only if it is long and of that type alone.
_ONE_PHRASE = 1.2


@dataclass(frozen=True)
class Hints:
    """What is known beside the paper: the case's expected papers, the customer category, whose card it is."""

    expected: frozenset[str] = frozenset()
    category: str | None = None
    #: Person's name -> the card type that his card is in this case.
    people: Mapping[str, str] = field(default_factory=dict)
    #: Name on the card, where there is one.
    card_name: str | None = None


def classify(document: Grouped, phrases: Phrases, hints: Hints) -> list[Candidate]:
    """Return the types that the document may be, best first; OTHER where none fits."""
    body = _body(document, phrases)
    if any(page.card.any for page in document.pages) and not _form_title(document):
        return _ranked(_card(document, phrases, hints), body, phrases)
    hits = _title_hits(document)
    if hits:
        return _ranked(_by_title(hits, document, phrases, hints, body), body, phrases)
    unknown = next((page.title.unknown for page in document.pages if page.title.unknown), None)
    if unknown:
        other = Candidate(OTHER, _UNKNOWN, f"标题“{unknown}”不在资料目录中")
        return [other, *(Candidate(c.code, min(c.confidence, 0.3), c.reason) for c in body[:_MAX_CANDIDATES])]
    return (
        _ranked(_with_prior(body, hints), [], phrases) if body else [Candidate(OTHER, _NOTHING, "没有认出标题和内容")]
    )


def _title_hits(document: Grouped) -> list[tuple[int, TitleHit]]:
    first = document.pages[0]
    hits = [(first.page.page_no, hit) for hit in first.title.hits]
    if not hits or hits[0][1].confidence < 0.5:
        hits += [(page.page.page_no, hit) for page in document.pages[1:] for hit in page.title.hits[:1]]
    return sorted(hits, key=lambda entry: -entry[1].confidence)


def _form_title(document: Grouped) -> bool:
    return any(
        hit.look >= TITLE_LOOK
        and hit.confidence >= 0.9
        and hit.target not in ("identity_card", "A05", "A07", "A09", "A32")
        for page in document.pages
        for hit in page.title.hits[:1]
    )


def _by_title(
    hits: Sequence[tuple[int, TitleHit]], document: Grouped, phrases: Phrases, hints: Hints, body: Sequence[Candidate]
) -> list[Candidate]:
    page_no, best = hits[0]
    kin = {best.target, phrases.family_of.get(best.target, best.target)}
    rival = next(
        (
            hit
            for _, hit in hits[1:]
            if hit.rank[:2] == best.rank[:2]
            and hit.text == best.text
            and not kin & {hit.target, phrases.family_of.get(hit.target, hit.target)}
        ),
        None,
    )
    found: list[Candidate] = []
    spoken = {one.code: one.confidence for one in body}
    for _, hit in hits:
        share = 1.0 if hit is best else 0.55 * hit.coverage / max(best.coverage, 0.01)
        reason = f"标题“{hit.text}”（第 {page_no} 页）" if hit is best else f"标题“{hit.text}”也含有该类字样"
        family = phrases.families.get(hit.target) or phrases.families.get(phrases.family_of.get(hit.target, ""))
        if family and (hit.target in phrases.families or hit.mended):
            found += _members(family, hit, reason, share, document, hints)
        else:
            found.append(Candidate(hit.target, hit.confidence * share, reason))
    if rival and spoken.get(rival.target, 0.0) >= spoken.get(best.target, 0.0):
        # The words of the title fit two types equally well.
        found = [replace(one, confidence=one.confidence * 0.85) for one in found]
    found = _override(found, document, phrases)
    found = [_against_voltage(one, document, phrases) for one in found]
    first = max(found, key=lambda one: one.confidence)
    if best.look < TITLE_LOOK or best.coverage < 0.38:
        support = spoken.get(first.code, 0.0)
        lifted = min(0.9, first.confidence + 0.25 * support) if support >= 0.4 else first.confidence
        found = [replace(one, confidence=lifted) if one is first else one for one in found]
    return _with_prior(found, hints, only_close=True)


def _members(
    family: Family, hit: TitleHit, reason: str, share: float, document: Grouped, hints: Hints
) -> list[Candidate]:
    """Tell the members of a family apart, by the title first, then the voltage, the text and the customer."""
    if family.key == "identity_card":
        return _card_members(family, min(hit.confidence, _CARD) * share, reason, document, hints)
    text = "".join(page.page.joined for page in document.pages)
    named = [member for member in family.members if any(word in hit.text for word in member.title)]
    if "非居民" in hit.text:
        named = [member for member in named if "居民" not in member.title]
    level = _voltage_level(text)
    by_volts = [member for member in family.members if member.volts and member.volts == level]
    spoken = {member.code: sum(text.count(word) for word in member.words) for member in family.members}
    most = max(spoken.values())
    chosen, sure, why = _choose(family, named, by_volts, spoken, most, hints)
    found = []
    for member in family.members:
        if member.code == chosen:
            found.append(Candidate(member.code, hit.confidence * sure * share, reason + why))
        else:
            found.append(Candidate(member.code, hit.confidence * (1 - sure + 0.05) * share, f"同为{family.name}"))
    return found


def _choose(
    family: Family, named: list[Member], by_volts: list[Member], spoken: Mapping[str, int], most: int, hints: Hints
) -> tuple[str, float, str]:
    if named:
        return named[0].code, 1.0, ""
    by_words = [member for member in family.members if most and spoken[member.code] == most]
    by_customer = [member for member in family.members if hints.category and hints.category in member.categories]
    if len(by_volts) == 1:
        return by_volts[0].code, 0.95, "，供电电压相符"
    pool = by_volts or list(family.members)
    if len(by_customer) == 1 and by_customer[0] in pool:
        return by_customer[0].code, 0.93, "，客户类别相符"
    by_words = [member for member in by_words if member in pool]
    if len(by_words) == 1:
        return by_words[0].code, 0.92 if most >= 2 else 0.88, "，正文用语相符"
    if family.key == "authority":
        return family.members[-1].code, 0.9, ""
    return pool[0].code, 0.6, "，但分不清是哪一种"


def _card(document: Grouped, phrases: Phrases, hints: Hints) -> list[Candidate]:
    family = phrases.families.get("identity_card")
    if family is None:
        return [Candidate(OTHER, _NOTHING, "资料目录中没有身份证一类")]
    return _card_members(family, _CARD, f"身份证版面（第 {document.page_numbers} 页）", document, hints)


def _card_members(family: Family, confidence: float, reason: str, document: Grouped, hints: Hints) -> list[Candidate]:
    codes = [member.code for member in family.members]
    text = "".join(page.page.joined for page in document.pages)
    whose = hints.people.get(normalise.bare(hints.card_name or ""))
    why, sure = "，姓名与本业务的人员相符", 1.0
    if whose not in codes:
        stamped = [member.code for member in family.members if any(word in text for word in member.words)]
        wanted = [code for code in codes if code in hints.expected]
        if len(stamped) == 1:
            whose, why, sure = stamped[0], "，页上有注明", 0.95
        elif len(wanted) == 1 and not hints.people:
            whose, why, sure = wanted[0], "，本业务只需要这一种身份证明", 0.88
        elif len(codes) == 1:
            whose, why, sure = codes[0], "", 1.0
        else:
            whose, why, sure = (wanted or codes)[0], "，但不知道是谁的证件", 0.7
    rest = (1 - sure) / 2 + 0.04
    return [
        Candidate(code, confidence * (sure if code == whose else rest), reason + (why if code == whose else ""))
        for code in codes
    ]


def _override(found: list[Candidate], document: Grouped, phrases: Phrases) -> list[Candidate]:
    text = "".join(page.page.joined for page in document.pages)
    best = max(found, key=lambda one: one.confidence)
    for override in phrases.overrides:
        if override.source != best.code:
            continue
        words = [word for word in override.words if word in text]
        if sum(text.count(word) for word in words) >= 2:
            weaker = Candidate(best.code, best.confidence * 0.5, best.reason)
            stronger = Candidate(override.target, best.confidence * 0.92, f"{best.reason}，正文有“{words[0]}”")
            return [stronger, weaker, *(one for one in found if one.code not in (best.code, override.target))]
    return found


def _against_voltage(candidate: Candidate, document: Grouped, phrases: Phrases) -> Candidate:
    """Lower a high-voltage or low-voltage type when the voltage on the paper says otherwise."""
    family = phrases.families.get(phrases.family_of.get(candidate.code, ""))
    member = next((one for one in family.members if one.code == candidate.code), None) if family else None
    level = _voltage_level("".join(page.page.joined for page in document.pages)) if member and member.volts else None
    if not member or level is None or level == member.volts:
        return candidate
    return Candidate(
        candidate.code, candidate.confidence * 0.82, f"{candidate.reason}，但供电电压与此不符", disputed=True
    )


def _voltage_level(text: str) -> str | None:
    """Return high or low by the labelled supply voltage, None where there is none."""
    hit = re.search(
        r"(?:供电电压|受电电压|电压等级|申请电压|用电电压)(?:等级)?[::]?(?:交流|AC)?([\d./]+(?:[kK][vV]|千伏|[vV]|伏)[\d./kKvV]*)",
        text,
    )
    value = normalise.voltage(hit[1]) if hit else None
    if value is None:
        return None
    volts = float(value[:-2]) if value.endswith("kV") else float(value[:-1]) / 1000
    return "high" if volts >= _HIGH_KV else "low"


def _body(document: Grouped, phrases: Phrases) -> list[Candidate]:
    """Return the types that the running text speaks for, at most 0.8 sure."""
    text = "".join(page.page.joined for page in document.pages)
    present = {word for word in phrases.weights if word in text}
    scores: list[tuple[float, str, list[str]]] = []
    for code, words in phrases.body.items():
        here = [word for word in words if word in present]
        here = [word for word in here if not any(word != other and word in other for other in here)]
        weight = sum(phrases.weights[word] for word in here)
        if len(here) >= 2 or weight >= _ONE_PHRASE:
            scores.append((weight, code, here))
    scores.sort(key=lambda entry: -entry[0])
    if not scores:
        return []
    second = scores[1][0] if len(scores) > 1 else 0.0
    found = []
    for score, code, here in scores[: _MAX_CANDIDATES + 1]:
        rival = second if code == scores[0][1] else scores[0][0]
        share = score / (score + rival) if score + rival else 0.0
        confidence = _BODY_BEST * (1 - math.exp(-score / 1.6)) * min(1.0, 1.5 * share)
        longest = sorted(here, key=len, reverse=True)[:3]
        found.append(Candidate(code, confidence, f"正文有{'、'.join(f'“{word}”' for word in longest)}"))
    return found


def _with_prior(found: Sequence[Candidate], hints: Hints, *, only_close: bool = False) -> list[Candidate]:
    """Lean gently towards papers that the case expects."""
    if not hints.expected or not found:
        return list(found)
    best = max(one.confidence for one in found)
    leaned = []
    for one in found:
        factor = 1.0
        if not only_close or best - one.confidence < 0.15:
            factor = 1.02 if one.code in hints.expected else 0.95 if not only_close else 1.0
        leaned.append(replace(one, confidence=min(0.995, one.confidence * factor)))
    return leaned


def _ranked(found: Sequence[Candidate], body: Sequence[Candidate], phrases: Phrases) -> list[Candidate]:
    best: dict[str, Candidate] = {}
    for one in found:
        if one.code in phrases.names and (one.code not in best or best[one.code].confidence < one.confidence):
            best[one.code] = one
    top = max((one.confidence for one in best.values()), default=0.0)
    for one in body:
        if one.code not in best:
            best[one.code] = Candidate(one.code, one.confidence * (0.4 if top > _BODY_BEST else 0.7), one.reason)
    ranked = sorted(best.values(), key=lambda one: -one.confidence)[:_MAX_CANDIDATES]
    if not ranked or ranked[0].confidence < _NOTHING:
        return [Candidate(OTHER, _NOTHING, "标题和内容都不足以归类"), *ranked]
    return [replace(one, confidence=round(one.confidence, 3)) for one in ranked]
