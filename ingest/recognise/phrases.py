"""The words by which papers are recognised: the catalogue's keywords and `phrases.yaml`, made ready for matching."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from archive_service.catalogue.schema import Edition
from ingest.recognise import normalise

#: Shorter keywords are words of everyday forms; they speak for a type only in the body.
_TITLE_KEYWORD_LENGTH = 4
#: Words at least this long may be found in spite of a reading error.
_FUZZY_LENGTH = 4


@dataclass(frozen=True)
class TitleRule:
    """What must stand in a title: an alternative of each group in `wanted`, none of `unwanted`."""

    target: str
    wanted: tuple[tuple[str, ...], ...]
    unwanted: tuple[str, ...]

    def marks(self, text: str) -> set[int]:
        """Return the places of `text` that the rule explains; empty if it does not hold."""
        if any(word in text for word in self.unwanted):
            return set()
        marked: set[int] = set()
        for group in self.wanted:
            here = [(word, start) for word in group if (start := _find(word, text)) >= 0]
            if not here:
                return set()
            for word, start in here:
                marked.update(range(start, start + len(word)))
        return marked


def _find(word: str, text: str) -> int:
    """Return where `word` stands in `text`, -1 if nowhere; 居民 in 非居民 is the opposite of it."""
    start = text.find(word)
    while start > 0 and text[start - 1] == "非":
        start = text.find(word, start + 1)
    return start


@dataclass(frozen=True)
class Member:
    """One type of a family with what tells it apart."""

    code: str
    title: tuple[str, ...]
    words: tuple[str, ...]
    categories: frozenset[str]
    #: high, low or empty: the supply voltage with which the type goes.
    volts: str


@dataclass(frozen=True)
class Family:
    """Types whose papers bear one title."""

    key: str
    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Override:
    """A type that gives way to another when words of that other are on the page."""

    source: str
    target: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Phrases:
    """Everything that recognition of types looks for, for one edition of the catalogue."""

    rules: tuple[TitleRule, ...]
    families: Mapping[str, Family]
    family_of: Mapping[str, str]
    body: Mapping[str, tuple[str, ...]]
    #: How telling a body phrase is: long and shared by few types.
    weights: Mapping[str, float]
    #: Words that may be mended in a title in spite of a reading error.
    vocabulary: tuple[str, ...]
    #: Pairs of signs that occur in known words; a pair that does was hardly misread.
    pairs: frozenset[str]
    overrides: tuple[Override, ...]
    names: Mapping[str, str]
    many_pages: frozenset[str]
    title_ends: tuple[str, ...]
    #: Words of titles that neither speak for a type nor against it.
    fillers: tuple[str, ...]
    part_heads: tuple[str, ...]
    card_front: tuple[str, ...]
    card_back: tuple[str, ...]

    def name(self, code: str) -> str:
        """Return the Chinese name of a type, "其他资料" for one outside the catalogue."""
        return self.names.get(code, "其他资料")


def for_edition(edition: Edition) -> Phrases:
    """Return the phrases for `edition`; types that the edition does not have are left out."""
    keywords = tuple((t.code, t.name_zh, tuple(t.title_keywords)) for t in edition.document_types.values())
    return _build(keywords)


@lru_cache(maxsize=8)
def _build(types: tuple[tuple[str, str, tuple[str, ...]], ...]) -> Phrases:
    data = _data()
    names = {code: name for code, name, _ in types}
    families = {key: _family(key, entry, names) for key, entry in data["families"].items()}
    families = {key: family for key, family in families.items() if family.members}
    family_of = {member.code: key for key, family in families.items() for member in family.members}
    keywords = {code: tuple(normalise.compact(word) for word in words) for code, _, words in types}
    rules = [rule for code in names for rule in _rules(code, data["types"].get(code, {}).get("titles", []))]
    rules += [rule for key in families for rule in _rules(key, data["families"][key]["titles"])]
    unwanted = {code: {word for rule in rules if rule.target == code for word in rule.unwanted} for code in names}
    rules += [
        TitleRule(
            _owner(code, word, keywords, family_of),
            ((word,),),
            # A keyword alone does not see the word that makes the title another one: 竣工检验 and 竣工检验申请.
            tuple(sorted(other for other in unwanted[code] if other not in word)),
        )
        for code, words in keywords.items()
        for word in (*words, *_name_phrases(names[code]))
        if len(word) >= _TITLE_KEYWORD_LENGTH
    ]
    body = {
        code: tuple(dict.fromkeys([*data["types"].get(code, {}).get("body", []), *keywords[code]])) for code in names
    }
    spread = Counter(word for words in body.values() for word in set(words))
    vocabulary = {word for rule in rules for group in rule.wanted for word in group if len(word) >= _FUZZY_LENGTH}
    return Phrases(
        rules=tuple(rules),
        families=families,
        family_of=family_of,
        body=body,
        weights={word: min(len(word) / 4, 1.5) / count for word, count in spread.items()},
        vocabulary=tuple(sorted(vocabulary, key=lambda word: (-len(word), word))),
        pairs=frozenset(word[i : i + 2] for word in _all_words(rules, body) for i in range(len(word) - 1)),
        overrides=tuple(
            Override(entry["from"], entry["to"], tuple(entry["words"]))
            for entry in data["overrides"]
            if entry["from"] in names and entry["to"] in names
        ),
        names=names,
        many_pages=frozenset(data["many_pages"]),
        title_ends=tuple(data["title_ends"]),
        fillers=tuple(sorted(data["fillers"], key=lambda word: (-len(word), word))),
        part_heads=tuple(data["part_heads"]),
        card_front=tuple(data["cards"]["front"]),
        card_back=tuple(data["cards"]["back"]),
    )


def _all_words(rules: Sequence[TitleRule], body: Mapping[str, tuple[str, ...]]) -> set[str]:
    words = {word for rule in rules for group in (*rule.wanted, rule.unwanted) for word in group}
    return words | {word for entries in body.values() for word in entries}


def _owner(code: str, word: str, keywords: Mapping[str, tuple[str, ...]], family_of: Mapping[str, str]) -> str:
    """Return the family instead of the type for a keyword that several members of a family have."""
    family = family_of.get(code)
    shared = [other for other, words in keywords.items() if word in words and family_of.get(other) == family]
    return family if family and len(shared) > 1 else code


def _family(key: str, entry: dict[str, Any], names: Mapping[str, str]) -> Family:
    members = tuple(
        Member(
            code,
            tuple(member.get("title", ())),
            tuple(member.get("words", ())),
            frozenset(member.get("categories", ())),
            member.get("volts", ""),
        )
        for code, member in entry["members"].items()
        if code in names
    )
    return Family(key, entry["name"], members)


def _rules(target: str, texts: list[str]) -> list[TitleRule]:
    rules = []
    for text in texts:
        groups = [normalise.compact(group) for group in text.split("&")]
        wanted = tuple(tuple(group.split("|")) for group in groups if not group.startswith("!"))
        unwanted = tuple(word for group in groups if group.startswith("!") for word in group[1:].split("|"))
        rules.append(TitleRule(target, wanted, unwanted))
    return rules


def _name_phrases(name: str) -> list[str]:
    """Return the parts of a catalogue name that may stand as a title, without its bracketed remarks."""
    plain, depth = "", 0
    for char in normalise.compact(name):
        depth += (char == "(") - (char == ")")
        plain += char if not depth and char != ")" else ""
    return plain.split("/") if "/" not in plain else [part for part in plain.split("/") if len(part) > _FUZZY_LENGTH]


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    text = files("ingest.recognise").joinpath("phrases.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
