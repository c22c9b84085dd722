"""Say for a document which marks the catalogue asks for and whether each was seen: seen, not seen, or doubtful.

"Seen" and "not seen" are only said when sure; whatever could be either way is doubtful and left to a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archive_service.catalogue.schema import DocumentType, Edition, Party
from archive_service.completeness.marks import SURE, MarkVerdict, Sight
from ingest.lines import Box
from ingest.marks import parties
from ingest.marks.values import Kind, Mark, PageMarks, Place, Shape, State

#: Share of red up to which a page bears no red ink: fewer pixels than a character.
_NO_RED = 0.00025
#: Confidence that there is no seal where a document in colour has no red ink at all.
_NO_SEAL = 0.9
_SHAPES = {Shape.ROUND: "圆形", Shape.OVAL: "椭圆形", Shape.SQUARE: "方形", Shape.FRAME: "框形"}


@dataclass(frozen=True)
class _Document:
    kind: DocumentType
    edition: Edition
    #: What was found on each page, none where nobody looked.
    pages: Sequence[PageMarks | None]

    def places(self) -> list[tuple[int, Place]]:
        return [(at, place) for at, page in enumerate(self.pages, 1) if page for place in page.places]

    def marks(self, kind: Kind) -> list[tuple[int, Mark]]:
        return [(at, mark) for at, page in enumerate(self.pages, 1) if page for mark in page.of(kind)]


def judge(
    kind: DocumentType | None, pages: Sequence[PageMarks | None], edition: Edition, *, organisation: bool | None
) -> tuple[MarkVerdict, ...]:
    """Return a verdict for each signature and seal that the catalogue asks for on a document of this kind.

    `organisation` says whether the customer is one, none where that is not known: persons have no seal. Nothing comes
    of a document of which no page was looked at.
    """
    if kind is None or not any(pages):
        return ()
    document = _Document(kind, edition, pages)
    signatures = [code for code in kind.signatures if _asked(code, organisation)]
    seals = [code for code in kind.seals if _asked(code, organisation)]
    seals = [code for code in seals if organisation is not False or code != parties.CUSTOMER]
    return (
        *(_signature(document, parties.party_of(edition, code.removesuffix("?"))) for code in signatures),
        *(_seal(document, parties.party_of(edition, code.removesuffix("?"))) for code in seals),
    )


def holding(kind: DocumentType | None, marks: Sequence[MarkVerdict]) -> list[str]:
    """Return what keeps a document from being filed without a person, where the catalogue wants its marks for that."""
    if kind is None or not kind.marks_hold_filing:
        return []
    return [
        f"{mark.name_zh}没有看到或看不准，这类资料须核对后归入" for mark in marks if mark.standing is not Sight.SEEN
    ]


def _asked(code: str, organisation: bool | None) -> bool:
    return not code.endswith("?") or organisation is True


# -- signatures --------------------------------------------------------------------------------------------------------


def _signature(document: _Document, party: Party) -> MarkVerdict:
    if party.count > 1:
        return _signatures(document, party)
    own = _own_places(document, party)
    signed = [each for each in own if each[1].state is State.SIGNED]
    if signed:
        page, place = max(signed, key=lambda each: each[1].confidence)
        return _of_place(party, Sight.SEEN, page, place, f"“{place.label}”处有手写笔迹")
    if own:
        return _unsigned(document, party, own)
    loose = [each for each in document.marks(Kind.SIGNATURE) if not each[1].text]
    if loose:
        page, mark = max(loose, key=lambda each: each[1].confidence)
        return _say(
            "signature", party, Sight.DOUBTFUL, mark.confidence, "没有签字标注，但有疑似手写签字", page, mark.box
        )
    return _say("signature", party, Sight.DOUBTFUL, 0.5, f"没有找到{party.name_zh}签字的位置")


def _own_places(document: _Document, party: Party) -> list[tuple[int, Place]]:
    places = [(at, place, parties.of_place(document.edition, place)) for at, place in document.places()]
    own = [(at, place) for at, place, whose in places if party.code in whose]
    if own or len(document.kind.signatures) > 1:
        return own
    # Only one is to sign here: a place of nobody in particular is theirs.
    return [(at, place) for at, place, whose in places if not whose and "签" in place.label]


def _unsigned(document: _Document, party: Party, own: Sequence[tuple[int, Place]]) -> MarkVerdict:
    asking = [each for each in own if "签" in each[1].label]
    page, place = next((each for each in own if each[1].state is not State.EMPTY), (asking or own)[0])
    if place.state is State.UNCLEAR:
        return _of_place(party, Sight.DOUBTFUL, page, place, f"“{place.label}”处看不准是不是手写签字")
    if place.state is State.PRINTED:
        return _of_place(party, Sight.DOUBTFUL, page, place, f"“{place.label}”处只认出印刷文字")
    if not asking:
        return _of_place(party, Sight.DOUBTFUL, page, place, f"“{place.label}”处为空，未必是签字的位置")
    if "章" in place.label and any(at == page and _near(mark.box, place) for at, mark in document.marks(Kind.SEAL)):
        return _of_place(party, Sight.DOUBTFUL, page, place, f"“{place.label}”处有章，未见手写签字")
    return _of_place(party, Sight.NOT_SEEN, page, place, f"“{place.label}”处为空白")


def _signatures(document: _Document, party: Party) -> MarkVerdict:
    """Say whether as many hands as it takes have signed, in places of their own."""
    places = [each for each in document.places() if "签" in each[1].label or each[1].state is State.SIGNED]
    signed = sorted((each for each in places if each[1].state is State.SIGNED), key=lambda each: -each[1].confidence)
    if len(signed) >= party.count:
        page, place = signed[party.count - 1]
        return _of_place(party, Sight.SEEN, page, place, f"有 {len(signed)} 处手写签字")
    if signed:
        page, place = signed[0]
        return _of_place(party, Sight.DOUBTFUL, page, place, f"只看到 {len(signed)} 处手写签字，应有 {party.count} 处")
    if len(places) >= party.count and all(place.state is State.EMPTY for _, place in places):
        page, place = places[0]
        return _of_place(party, Sight.NOT_SEEN, page, place, "各签字处均为空白")
    if places:
        page, place = places[0]
        return _of_place(party, Sight.DOUBTFUL, page, place, "没有看准签字")
    return _say("signature", party, Sight.DOUBTFUL, 0.5, "没有找到签字的位置")


def _of_place(party: Party, sight: Sight, page: int, place: Place, why: str) -> MarkVerdict:
    return _say("signature", party, sight, place.confidence, why, page, place.area)


def _near(box: Box, place: Place) -> bool:
    area = place.area
    reach = area[3] - area[1]
    return (
        box[0] - reach < area[2] and area[0] < box[2] + reach and box[1] - reach < area[3] and area[1] < box[3] + reach
    )


# -- seals -------------------------------------------------------------------------------------------------------------


def _seal(document: _Document, party: Party) -> MarkVerdict:
    pressed = document.marks(Kind.SEAL)
    if party.framed:
        pressed += document.marks(Kind.TEXT_STAMP)
    whole = [each for each in pressed if each[1].shape is not Shape.RIDING]
    if not whole:
        return _no_seal(document, party, pressed)
    if party.count > 1:
        return _seals(party, whole)
    known = [(at, mark, parties.of_seal(document.edition, mark)) for at, mark in whole]
    own = [(at, mark) for at, mark, whose in known if party.code in whose]
    nobodys = [(at, mark) for at, mark, whose in known if not whose]
    if not own and parties.issues(document.kind, party.code):
        own = nobodys
    if own:
        page, mark = max(own, key=lambda each: each[1].confidence)
        return _of_seal(party, Sight.SEEN, page, mark, _described(mark))
    page, mark = max(whole, key=lambda each: each[1].confidence)
    return _of_seal(party, Sight.DOUBTFUL, page, mark, f"有章，但看不准是不是{party.name_zh}的")


def _seals(party: Party, whole: Sequence[tuple[int, Mark]]) -> MarkVerdict:
    ranked = sorted(whole, key=lambda each: -each[1].confidence)
    page, mark = ranked[min(party.count, len(ranked)) - 1]
    if len(ranked) >= party.count:
        return _of_seal(party, Sight.SEEN, page, mark, f"有 {len(ranked)} 枚章")
    return _of_seal(party, Sight.DOUBTFUL, page, mark, f"只看到 {len(ranked)} 枚章，应有 {party.count} 枚")


def _no_seal(document: _Document, party: Party, riding: Sequence[tuple[int, Mark]]) -> MarkVerdict:
    if riding:
        page, mark = riding[0]
        return _of_seal(party, Sight.DOUBTFUL, page, mark, "只看到骑缝章")
    sight, confidence, why = unsealed(document.pages)
    return _say("seal", party, sight, confidence, why)


def unsealed(pages: Sequence[PageMarks | None]) -> tuple[Sight, float, str]:
    """Return what pages on which no seal was found say: not seen where red would have shown, else doubtful."""
    looked = [page for page in pages if page]
    if len(looked) < len(pages):
        return Sight.DOUBTFUL, 0.5, "有的页没有看过签章"
    if not all(page.colour for page in looked):
        return Sight.DOUBTFUL, 0.5, "黑白影像，没有看到章，但看不准"
    if max(page.red for page in looked) > _NO_RED:
        return Sight.DOUBTFUL, 0.5, "有红色印迹，但不像章"
    return Sight.NOT_SEEN, _NO_SEAL, "各页都没有红色印迹"


def _described(mark: Mark) -> str:
    colour = "红色" if mark.ink == "red" else "黑白影像上的"
    return f"有{colour}{_SHAPES.get(mark.shape, '')}章"


def _of_seal(party: Party, sight: Sight, page: int, mark: Mark, why: str) -> MarkVerdict:
    return _say("seal", party, sight, mark.confidence, why, page, mark.box)


def _say(
    kind: str, party: Party, sight: Sight, confidence: float, why: str, page: int | None = None, box: Box | None = None
) -> MarkVerdict:
    """Return a verdict; what is not sure enough for its word is doubtful."""
    held = sight if confidence >= SURE else Sight.DOUBTFUL
    return MarkVerdict(kind, party.code, party.name_zh, held, round(confidence, 3), page, box, why)
