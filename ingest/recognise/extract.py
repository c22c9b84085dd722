"""The fields of a document: labels to values, with where they stand and how sure they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from archive_service.catalogue.schema import Edition
from ingest.recognise import cells, dating, labels, mentions, parse, prose, unlabelled
from ingest.recognise.cells import Labelled, Piece
from ingest.recognise.pages import Page
from ingest.recognise.parse import Patterns, Value
from ingest.recognise.prose import Spoken, Text
from ingest.recognise.values import FieldFound

#: Read wherever it is labelled, whatever the catalogue says of the type.
CORE = (
    "account_no", "application_no", "account_name", "service_address", "id_number", "credit_code", "agent_name",
    "agent_id_number", "phone", "capacity", "voltage", "usage_class", "amount", "meter_no", "contract_no",
)  # fmt: skip
#: Part of every paper's identity, even of a stranger's.
_ALWAYS = ("account_no", "application_no")
_PERSON_ROLES = {"agent_name": "agent_id_number", "legal_rep_name": "legal_rep_id_number"}
#: In letters, who somebody is and his number stand on lines of their own.
_LETTERS = frozenset({"A07", "A08", "K06"})
#: A label of an identity number that does not say whose it is.
_PLAIN_ID_LABEL = re.compile(
    r"(?:居民|公民|有效|有效身份|法定)?(?:身份证|证件|身份证件|身份证明|身份)(?:号|号码|编号)?"
)
_SEAL_OR_SIGNATURE = re.compile("章|签")
#: What running text says without any label.
_PHRASED: dict[str, Callable[[Sequence[Text]], Iterable[tuple[int, Spoken]]]] = {
    "owner_name": prose.owners,
    "service_address": prose.places,
    "voltage": prose.voltages,
    "usage_class": prose.usages,
}
#: So many signs tell what a label is about: 申请 of 申请容量.
_STEM = 2
_PROSE = 0.9
_HOLDER = 0.85


@dataclass(frozen=True)
class _Reading:
    value: Value
    piece: Piece
    page: int
    #: Place of the label in the list of labels; earlier is better.
    rank: int
    remark: str

    @property
    def confidence(self) -> float:
        checked = {True: 1.02, False: 0.6, None: 1.0}[self.value.checked]
        return min(0.995, self.piece.confidence * self.piece.quality * self.value.factor * checked)


def extract(
    pages: Sequence[Page], code: str, edition: Edition, patterns: Patterns, *, card: bool = False
) -> dict[str, FieldFound]:
    """Return the fields of a document of type `code`; page numbers of the result count within the document.

    `card` says that it is an identity card and not a letter about a person.
    """
    found_labels = [(number, one) for number, page in enumerate(pages, 1) for one in cells.labelled(page)]
    texts = [prose.running(page) for page in pages]
    roles = _roles(found_labels, reach=2 if code in _LETTERS else 0)
    fields: dict[str, FieldFound] = {}
    for name in _wanted(code, edition, card=card):
        readings = [
            *_readings(name, code, found_labels, roles, patterns),
            *_spoken(name, code, texts, patterns),
        ]
        chosen = _choose(readings, name)
        if chosen:
            fields[name] = chosen
    unlabelled.sort_numbers(fields)
    unlabelled.entrusted(fields, texts, code)
    unlabelled.free_numbers(fields, texts, code)
    date = None if card else dating.document_date(pages, found_labels, code)
    if date:
        fields["document_date"] = date
    return fields


def account_no(page: Page, patterns: Patterns) -> str | None:
    """Return the labelled account number of one page, if it has the form of one."""
    entries = [(1, one) for one in cells.labelled(page) if one.label in _labels_of("account_no", "")]
    chosen = _choose(list(_readings("account_no", "", entries, {}, patterns)), "account_no")
    return chosen.value if chosen and chosen.checked is not False else None


def card_name(pages: Sequence[Page]) -> str | None:
    """Return the name on an identity card."""
    for page in pages:
        for one in cells.labelled(page):
            if one.label == "姓名":
                for piece in one.pieces:
                    value = parse.person(piece.text)
                    if value:
                        return value.value
    return None


def wanted(code: str, edition: Edition) -> tuple[str, ...]:
    """Return the fields that a paper of type `code` may name: those of the catalogue, and on the customer's own papers
    always who and where.
    """
    kind = edition.document_types.get(code)
    stranger = code in labels.vocabulary().data["only_named"]
    return (*(kind.key_fields if kind else ()), *(() if stranger else ("account_name", "service_address")))


def _wanted(code: str, edition: Edition, *, card: bool) -> list[str]:
    kind = edition.document_types.get(code)
    named = [name for name in (kind.key_fields if kind else ()) if name != "document_date"]
    known = labels.vocabulary().data["fields"]
    core = _ALWAYS if card else (*CORE, "old_name", "new_name")
    return [name for name in dict.fromkeys([*_ALWAYS, *named, *core]) if name in known or name == "credit_code"]


@lru_cache(maxsize=1024)
def _labels_of(name: str, code: str) -> tuple[str, ...]:
    """Return the labels of a field on a type, the most telling first."""
    data = labels.vocabulary().data
    own = data["types"].get(code, {}).get(name, ())
    general = data["fields"].get(name, {}).get("labels", ())
    if code in data["only_named"]:
        # A stranger's paper: only labels that cannot mean anybody but the customer.
        named = tuple(own or data["strict"].get(name, ()) or (() if name in data["guarded"] else general))
        # Numbers that a utility gives are nobody else's, and a receipt says in many words what was paid.
        more = name in _ALWAYS or (name == "amount" and own)
        return (*named, *data["made"].get(name, ())) if more else named
    if own and name in ("account_name", "service_address", "credit_code"):
        return tuple(own)
    made = data["made"].get(name, ())
    stems = tuple(dict.fromkeys(label[:_STEM] for label in own))
    akin = sorted((label for label in made if label.startswith(stems)), key=lambda label: stems.index(label[:_STEM]))
    # A short label that others end with, such as 金额, also heads the columns of tables: it comes last.
    short = [label for label in general if made and len(label) <= _STEM]
    bare = {label for label in short if any(one != label and one.endswith(label) for one in general)}
    telling = [label for label in general if label not in bare]
    return tuple(dict.fromkeys([*own, *akin, *telling, *made, *general]))


def _readings(
    name: str, code: str, entries: Iterable[tuple[int, Labelled]], roles: dict[int, str], patterns: Patterns
) -> Iterable[_Reading]:
    known = _labels_of(name, code)
    kind = "credit" if name == "credit_code" else labels.vocabulary().data["fields"][name]["kind"]
    for number, one in entries:
        if one.label not in known and roles.get(id(one)) != name:
            continue
        if roles.get(id(one), name) != name:
            continue
        if kind in ("name", "person") and _SEAL_OR_SIGNATURE.search(one.remark):
            continue
        rank = known.index(one.label) if one.label in known else len(known)
        for piece in one.pieces:
            value = parse.parse(kind, piece.text, one.remark, patterns)
            if value:
                yield _Reading(value, piece, number, rank, one.remark)
                break


def _spoken(name: str, code: str, texts: Sequence[Text], patterns: Patterns) -> Iterable[_Reading]:
    """Yield what the running text says of a field; cells are more telling."""
    known = _labels_of(name, code)
    kind = "credit" if name == "credit_code" else labels.vocabulary().data["fields"][name]["kind"]
    for number, one in prose.spoken(texts, kind, known, patterns):
        piece = Piece("", one.box, one.confidence, _PROSE)
        yield _Reading(one.value, piece, number, known.index(one.label), "")
    phrased: Iterable[tuple[int, Spoken]] = _PHRASED[name](texts) if name in _PHRASED else ()
    if name == "account_name" and code not in labels.vocabulary().data["only_named"]:
        phrased = prose.holders(texts, code)
    for rank, said in enumerate((phrased, prose.sentences(texts, name), _mentioned(name, code, texts)), len(known) + 1):
        for number, one in said:
            yield _Reading(one.value, Piece("", one.box, one.confidence, _HOLDER), number, rank, "")


def _mentioned(name: str, code: str, texts: Sequence[Text]) -> Iterable[tuple[int, Spoken]]:
    """Return what running text says without label or fixed phrase; only letters speak of people in that way."""
    if code not in labels.vocabulary().data["letters"]:
        return ()
    if name == "service_address":
        return list(mentions.places(texts))[:1]
    whose = {number: role for role, number in _PERSON_ROLES.items()}.get(name)
    found = mentions.numbers_of(texts, whose) if whose else mentions.named(texts, name)
    return list(found)[:1]


def _roles(entries: Sequence[tuple[int, Labelled]], reach: int) -> dict[int, str]:
    """Return for plain "证件号码" labels whose number it is, where the row or up to `reach` rows before say so."""
    data = labels.vocabulary().data["fields"]
    owners = {label: number for role, number in _PERSON_ROLES.items() for label in data[role]["labels"]}
    owners |= dict.fromkeys(data["account_name"]["labels"], "id_number")
    roles: dict[int, str] = {}
    last: tuple[int, int, str] | None = None
    for page, one in entries:
        if one.label in owners:
            last = (page, one.row, owners[one.label])
        elif _PLAIN_ID_LABEL.fullmatch(one.label) and last and last[0] == page and one.row - last[1] <= reach:
            roles[id(one)] = last[2]
        elif _PLAIN_ID_LABEL.fullmatch(one.label) and one.left_of in owners:
            roles[id(one)] = owners[one.left_of]
    return roles


def _choose(readings: Sequence[_Reading], name: str) -> FieldFound | None:
    """Return the best reading: the most telling label, then the surest; readings that agree strengthen each other."""
    if not readings:
        return None
    if name in ("account_no", "application_no", "id_number", "credit_code", "agent_id_number"):
        best = max(
            readings,
            key=lambda one: (
                one.value.checked is not False,
                one.value.checked is True,
                round(one.confidence, 2),
                -one.rank,
            ),
        )
    else:
        best = min(readings, key=lambda one: (one.rank, one.page if one.piece.quality > 0.8 else 99, -one.confidence))
    best = _longer(best, readings)
    elsewhere = [one for one in readings if one is not best and not _same_place(one, best)]
    others = [one.value.value for one in elsewhere if one.value.checked is not False]
    confidence = best.confidence
    if best.value.value in others:
        confidence = min(0.995, confidence + 0.5 * (1 - confidence))
    elif others and name in ("account_no", "application_no"):
        confidence *= 0.8
    return _field(best.value, best.piece, best.page, confidence)


def _same_place(one: _Reading, other: _Reading) -> bool:
    """Say whether two readings are of the same ink, so that they cannot confirm each other."""
    a, b = one.piece.box, other.piece.box
    return one.page == other.page and a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _longer(best: _Reading, readings: Sequence[_Reading]) -> _Reading:
    """Return the reading that goes on where `best` breaks off at the end of a line."""
    if not re.search(r"[\u4e00-\u9fff]", best.value.value):
        return best
    same = [one for one in readings if one.rank == best.rank and one.page == best.page]
    longer = [one for one in same if one.value.value.startswith(best.value.value) and best.value.unit is None]
    return max(longer, key=lambda one: len(one.value.value)) if longer else best


def _field(value: Value, piece: Piece, page: int, confidence: float) -> FieldFound:
    return FieldFound(value.value, value.unit, round(confidence, 4), page, piece.box, value.checked)
