"""From read pages to proposals: which documents there are, what each is, what it says, where it belongs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from archive_service.catalogue.schema import Edition
from ingest.lines import PageText
from ingest.recognise import cases, classify, decide, extract, group, match, normalise, pages, phrases
from ingest.recognise.classify import Hints
from ingest.recognise.group import Grouped
from ingest.recognise.papers import Paper, Register
from ingest.recognise.parse import Patterns
from ingest.recognise.phrases import Phrases
from ingest.recognise.values import OTHER, Candidate, FieldFound, Lookup, Match, Proposal, Said, Thresholds

_ROLES = (("agent_name", "A09"), ("legal_rep_name", "A07"), ("account_name", "A05"))
_CARD_TYPES = frozenset({"A05", "A07", "A09"})


@dataclass
class _Draft:
    """A document on its way to a proposal."""

    grouped: Grouped
    candidates: list[Candidate]
    fields: dict[str, FieldFound]
    match: Match = field(default_factory=Match)

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
) -> list[Proposal]:
    """Return the documents among the pages of one scan, in order.

    Every page is in exactly one proposal or named as blank in the reasons of the document before it. Where a person
    has said which pages belong together, `cut` has their numbers, document by document; then only those documents
    are returned, with their readable pages, and one without such a page is left out.
    """
    desk = _Desk(
        edition, phrases.for_edition(edition), Patterns(account_pattern, application_pattern), said, thresholds
    )
    facts = [
        group.look_at(page, desk.phrases, lambda one: extract.account_no(one, desk.patterns))
        for page in pages.prepare(sources)
    ]
    grouping = group.as_said(facts, cut) if cut else group.group(facts, desk.phrases)
    if not grouping.documents:
        return [] if cut else _all_blank(sources)
    register = Register(lookup)
    drafts = [_draft(document, desk) for document in grouping.documents]
    for draft, found in zip(drafts, match.match_all([one.paper for one in drafts], register, said), strict=True):
        draft.match = found
    _look_again(drafts, desk)
    drafts = drafts if cut else _attach_cards(drafts, desk)
    common = _common_application(drafts)
    for draft in drafts:
        cases.choose_case(draft.match, draft.paper, draft.code, said, common.get)
    _note_blank(drafts, grouping.blank)
    return [_proposal(draft, desk) for draft in drafts]


def _draft(document: Grouped, desk: _Desk) -> _Draft:
    only_pages = [facts.page for facts in document.pages]
    candidates = _candidates(
        document, desk, Hints(card_name=extract.card_name(only_pages) if _is_card(document) else None)
    )
    return _Draft(document, candidates, _fields(document, candidates[0].code, desk))


def _fields(document: Grouped, code: str, desk: _Desk) -> dict[str, FieldFound]:
    only_pages = [facts.page for facts in document.pages]
    card = code in _CARD_TYPES and _is_card(document)
    return extract.extract(only_pages, code, desk.edition, desk.patterns, card=card)


def _candidates(document: Grouped, desk: _Desk, hints: Hints) -> list[Candidate]:
    found = classify.classify(document, desk.phrases, hints)
    wanted = desk.said.document_type
    if not wanted:
        return found
    name = desk.phrases.name(wanted)
    return [Candidate(wanted, 1.0, f"交件人指定为“{name}”"), *(one for one in found if one.code != wanted)]


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
        draft.candidates = _candidates(draft.grouped, desk, hints)
        if draft.code != before:
            draft.fields = _fields(draft.grouped, draft.code, desk)


def _attach_cards(drafts: Sequence[_Draft], desk: _Desk) -> list[_Draft]:
    """Join the card of a legal representative to the letter about the same person that it follows."""
    joined: list[_Draft] = []
    for draft in drafts:
        letter = joined[-1] if joined else None
        name = draft.fields.get("legal_rep_name")
        if (
            letter
            and name
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
        draft.candidates, draft.fields, draft.match, thresholds=desk.thresholds, said=desk.said, phrases=desk.phrases
    )
    best = draft.candidates[0]
    return Proposal(
        pages=tuple(facts.page.page_no for facts in draft.grouped.pages),
        document_type=best.code,
        confidence=best.confidence,
        candidates=tuple((one.code, one.confidence) for one in draft.candidates),
        fields=draft.fields,
        reasons=tuple(dict.fromkeys([best.reason, *draft.grouped.reasons, *draft.match.reasons])),
        doubts=tuple(dict.fromkeys([*draft.grouped.doubts, *found])),
        household_id=draft.match.household.id if draft.match.household else None,
        case_id=draft.match.case.id if draft.match.case else None,
        match_confidence=round(draft.match.confidence, 3),
    )


def _all_blank(sources: Sequence[PageText]) -> list[Proposal]:
    if not sources:
        return []
    numbers = tuple(source.page_no for source in sources)
    reason = f"第 {'、'.join(str(number) for number in numbers)} 页没有可读的文字"
    return [Proposal(numbers, OTHER, 0.0, ((OTHER, 0.0),), {}, (reason,), (f"{reason}，请人工查看",), None, None, 0.0)]
