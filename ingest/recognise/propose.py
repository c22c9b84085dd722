"""From read pages to proposals: which documents there are, what each is, what it says, where it belongs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from archive_service.catalogue.schema import Edition
from ingest.lines import PageText
from ingest.recognise import cases, classify, confirm, decide, extract, group, match, normalise, pages, phrases
from ingest.recognise.classify import Hints
from ingest.recognise.group import Announced, Grouped, PageFacts
from ingest.recognise.naming import shipped
from ingest.recognise.naming.model import Model
from ingest.recognise.naming.vote import vote
from ingest.recognise.papers import Paper, Register
from ingest.recognise.parse import Patterns
from ingest.recognise.phrases import Phrases
from ingest.recognise.sections import Section, said_of, section_of, sections, starts
from ingest.recognise.values import (
    OTHER,
    Candidate,
    FieldFound,
    KnownHousehold,
    Lookup,
    Match,
    Proposal,
    Said,
    Sheet,
    Thresholds,
)

_ROLES = (("agent_name", "A09"), ("legal_rep_name", "A07"), ("account_name", "A05"))
_CARD_TYPES = frozenset({"A05", "A07", "A09"})
#: From here on it is known whose card a card is.
_SURE_CARD = 0.8


@dataclass
class _Draft:
    """A document on its way to a proposal."""

    grouped: Grouped
    candidates: list[Candidate]
    fields: dict[str, FieldFound]
    #: What was said of it, by a sheet or by the person who handed the scan in.
    said: Said
    match: Match = field(default_factory=Match)
    #: What the model saw, where it agrees with the rules.
    seen: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return self.candidates[0].code

    @property
    def paper(self) -> Paper:
        text = " ".join(line.text for page in self.grouped.pages for line in page.page.lines)
        numbers = re.findall(r"(?<![0-9A-Za-z])\d{6,20}(?![0-9A-Za-z])", text)
        return Paper(self.fields, tuple(dict.fromkeys(numbers)), self.grouped.pages[0].page.page_no)


@dataclass(frozen=True)
class _Desk:
    """Everything that is known before the first page is looked at."""

    edition: Edition
    phrases: Phrases
    patterns: Patterns
    said: Said
    thresholds: Thresholds
    model: Model


def propose(
    sources: Sequence[PageText],
    *,
    edition: Edition,
    lookup: Lookup,
    said: Said,
    thresholds: Thresholds,
    account_pattern: str,
    application_pattern: str,
    cut: Sequence[Sequence[int]] = (),
    sheets: Sequence[Sheet] = (),
    pictures: Collection[int] = (),
    model: Model | None = None,
) -> list[Proposal]:
    """Return the documents among the pages of one scan, in order; `sheets` lie between the pages and are none of them.

    `pictures` are pages that show something but no words: documents only behind a sheet that says of what type.
    `model` names the documents beside the rules; the one of the package unless another was trained.

    Every page is in exactly one proposal or named as blank in the reasons of the document before it. Where a person
    has said which pages belong together, `cut` has their numbers, document by document; then only those documents
    are returned, with their readable pages, and one without such a page is left out.
    """
    known, patterns = phrases.for_edition(edition), Patterns(account_pattern, application_pattern)
    desk = _Desk(edition, known, patterns, said, thresholds, model or shipped.model())
    facts = [
        group.look_at(page, desk.phrases, lambda one: extract.account_no(one, desk.patterns))
        for page in pages.prepare(sources)
    ]
    register = Register(lookup)
    begun = starts(sheets, [one.page.page_no for one in facts if not one.page.blank or one.page.page_no in pictures])
    announced = Announced(begun, frozenset(pictures))
    drafts: list[_Draft] = []
    for part in _parts(facts, cut, sections(sheets, said, register)):
        drafts += _of_part(part, replace(desk, said=part.section.said), announced, register)
    if not drafts:
        return [] if cut else _all_blank(sources)
    placed = {one.page.page_no for draft in drafts for one in draft.grouped.pages}
    _note_blank(drafts, [] if cut else [n for one in facts if one.page.blank and (n := one.page.page_no) not in placed])
    return [_proposal(draft, desk) for draft in drafts]


@dataclass(frozen=True)
class _Part:
    """The pages between two sheets that name a case, or all pages of the scan."""

    section: Section
    facts: Sequence[PageFacts]
    cut: Sequence[Sequence[int]]
    given: bool


def _parts(facts: Sequence[PageFacts], cut: Sequence[Sequence[int]], found: Sequence[Section]) -> list[_Part]:
    """Return the pages by their sections; a document that a person made lies where its first page does."""
    if cut:
        # Pages may have been moved across a sheet: a section then needs to see all of them.
        return [
            _Part(one, facts, mine, True)
            for at, one in enumerate(found)
            if (mine := [numbers for numbers in cut if numbers and section_of(numbers[0], found) == at])
        ]
    lie = [section_of(one.page.page_no, found) for one in facts]
    return [
        _Part(section, [one for one, place in zip(facts, lie, strict=True) if place == at], (), False)
        for at, section in enumerate(found)
    ]


def _of_part(part: _Part, desk: _Desk, announced: Announced, register: Register) -> list[_Draft]:
    if part.given:
        grouping = group.as_said(part.facts, part.cut, announced)
    else:
        grouping = group.group(part.facts, desk.phrases, announced)
    for document in grouping.documents:
        document.doubts += [*part.section.doubts, *_against_person(document, desk)]
    drafts = [_draft(document, desk) for document in grouping.documents]
    papers = [one.paper for one in drafts]
    for draft, found in zip(drafts, match.match_all(papers, register, desk.said), strict=True):
        draft.match = found
    _look_again(drafts, desk)
    drafts = drafts if part.given else _attach_cards(drafts, desk)
    for draft in drafts:
        _confirm(draft, desk)
    common = _common_application(drafts)
    for draft in drafts:
        cases.choose_case(draft.match, draft.paper, draft.code, draft.said, common.get)
    return drafts


def _against_person(document: Grouped, desk: _Desk) -> list[str]:
    """Say where a separator gives another type than the person who handed the file in."""
    given, said = document.said_type, desk.said.document_type
    if not given or not said or given == said:
        return []
    return [f"交件人指定为“{desk.phrases.name(said)}”，但分隔页是“{desk.phrases.name(given)}”"]


def _draft(document: Grouped, desk: _Desk) -> _Draft:
    only_pages = [facts.page for facts in document.pages]
    candidates, seen = _candidates(
        document, desk, Hints(card_name=extract.card_name(only_pages) if _is_card(document) else None)
    )
    said = said_of(document.said_type, desk.said)
    return _Draft(document, candidates, _fields(document, candidates[0].code, desk), said, seen=seen)


def _fields(document: Grouped, code: str, desk: _Desk) -> dict[str, FieldFound]:
    only_pages = [facts.page for facts in document.pages]
    card = code in _CARD_TYPES and _is_card(document)
    return extract.extract(only_pages, code, desk.edition, desk.patterns, card=card)


def _candidates(document: Grouped, desk: _Desk, hints: Hints) -> tuple[list[Candidate], tuple[str, ...]]:
    """Return what the document may be, by what was said, the rules and the model, and what the model saw in it."""
    ruled = classify.classify(document, desk.phrases, hints)
    found, seen = vote(document, ruled, desk.model, desk.phrases, hints)
    said = said_of(document.said_type, desk.said)
    wanted = said.document_type
    if not wanted:
        return found, seen
    name = desk.phrases.name(wanted)
    reason = f"{said.who_type}指定为“{name}”"
    return [Candidate(wanted, 1.0, reason), *(one for one in found if one.code != wanted)], ()


def _look_again(drafts: Sequence[_Draft], desk: _Desk) -> None:
    """Classify once more with what the batch and the register have taught: whose card it is, what the case expects."""
    for draft in drafts:
        household = draft.match.household
        if household is None and not _is_card(draft.grouped):
            continue
        expected = frozenset(code for case in household.cases for code in case.expected) if household else frozenset()
        only_pages = [facts.page for facts in draft.grouped.pages]
        hints = Hints(
            expected,
            household.customer_category if household else None,
            _people(drafts, draft),
            extract.card_name(only_pages) if _is_card(draft.grouped) else None,
        )
        before = draft.code
        found, draft.seen = _candidates(draft.grouped, desk, hints)
        draft.candidates = _not_the_holders(found, hints, household)
        if draft.code != before:
            draft.fields = _fields(draft.grouped, draft.code, desk)


def _not_the_holders(candidates: list[Candidate], hints: Hints, household: KnownHousehold | None) -> list[Candidate]:
    """Put the agent's card before the holder's where it bears another name; it stays as doubtful as it was."""
    best, other = candidates[0], next((one for one in candidates if one.code == "A09"), None)
    if not household or not other or best.code != "A05" or best.confidence >= _SURE_CARD or not hints.card_name:
        return candidates
    if normalise.same_text(hints.card_name, household.account_name):
        return candidates
    agent = Candidate("A09", best.confidence, f"{best.reason}；姓名不是户名")
    return [
        agent,
        Candidate("A05", other.confidence, other.reason),
        *(one for one in candidates if one not in (best, other)),
    ]


def _attach_cards(drafts: Sequence[_Draft], desk: _Desk) -> list[_Draft]:
    """Join the card of a legal representative to the letter about the same person that it follows."""
    joined: list[_Draft] = []
    for draft in drafts:
        letter = joined[-1] if joined else None
        name = draft.fields.get("legal_rep_name")
        if (
            letter
            and name
            and draft.grouped.said_type is None
            and draft.code == letter.code == "A07"
            and _is_card(draft.grouped)
            and not _is_card(letter.grouped)
        ):
            letter.grouped.pages += draft.grouped.pages
            letter.grouped.reasons.append(f"第 {draft.grouped.page_numbers} 页是“{name.value}”的身份证，随证明书")
            letter.fields = _fields(letter.grouped, letter.code, desk)
        else:
            joined.append(draft)
    return joined


def _confirm(draft: _Draft, desk: _Desk) -> None:
    """Let the register confirm what the paper says of its household, if it surely is its household."""
    household = draft.match.household
    if household is not None and draft.match.confidence >= desk.thresholds.match_confidence and not draft.match.doubts:
        only_pages = [facts.page for facts in draft.grouped.pages]
        wanted = extract.wanted(draft.code, desk.edition)
        draft.fields = confirm.confirmed(draft.fields, only_pages, household, wanted)


def _people(drafts: Sequence[_Draft], about: _Draft) -> dict[str, str]:
    """Return the persons of the household's papers in this batch with the type that a card of theirs is."""
    people: dict[str, str] = {}
    household = about.match.household
    for name, code in _ROLES:
        for draft in drafts:
            other = draft.match.household
            found = draft.fields.get(name)
            strangers = household is not None and other is not None and household.id != other.id
            if draft is not about and found and not strangers and not _is_card(draft.grouped):
                people[normalise.bare(found.value)] = code
    if household:
        people[normalise.bare(household.account_name)] = "A05"
    return people


def _is_card(document: Grouped) -> bool:
    best = document.pages[0].title.best
    return document.pages[0].card.any or bool(best and best.target == "identity_card")


def _common_application(drafts: Sequence[_Draft]) -> dict[int, str | None]:
    """Return for each household the application number that most of its papers in this batch bear."""
    counted: dict[int, Counter[str]] = {}
    for draft in drafts:
        number = draft.fields.get("application_no")
        if draft.match.household and number:
            counted.setdefault(draft.match.household.id, Counter())[number.value] += 1
    return {household: numbers.most_common(1)[0][0] for household, numbers in counted.items()}


def _note_blank(drafts: Sequence[_Draft], blank: Sequence[int]) -> None:
    for page_no in blank:
        before = [draft for draft in drafts if draft.grouped.pages[0].page.page_no < page_no]
        holder = before[-1] if before else drafts[0]
        holder.grouped.reasons.append(f"第 {page_no} 页没有可读的文字，作为空白页不归入任何一份")


def _proposal(draft: _Draft, desk: _Desk) -> Proposal:
    found = decide.doubts(
        draft.candidates,
        draft.fields,
        draft.match,
        thresholds=desk.thresholds,
        said=draft.said,
        phrases=desk.phrases,
        edition=desk.edition,
    )
    best = draft.candidates[0]
    return Proposal(
        pages=tuple(facts.page.page_no for facts in draft.grouped.pages),
        document_type=best.code,
        confidence=best.confidence,
        candidates=tuple((one.code, one.confidence) for one in draft.candidates),
        fields=draft.fields,
        reasons=tuple(dict.fromkeys([best.reason, *draft.seen, *draft.grouped.reasons, *draft.match.reasons])),
        doubts=tuple(dict.fromkeys([*draft.grouped.doubts, *found])),
        household_id=draft.match.household.id if draft.match.household else None,
        case_id=draft.match.case.id if draft.match.case else None,
        match_confidence=round(draft.match.confidence, 3),
        named_by=desk.model.digest,
    )


def _all_blank(sources: Sequence[PageText]) -> list[Proposal]:
    if not sources:
        return []
    numbers = tuple(source.page_no for source in sources)
    reason = f"第 {'、'.join(str(number) for number in numbers)} 页没有可读的文字"
    return [Proposal(numbers, OTHER, 0.0, ((OTHER, 0.0),), {}, (reason,), (f"{reason}，请人工查看",), None, None, 0.0)]
