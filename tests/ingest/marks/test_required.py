"""What the catalogue asks for against what was found: sure words only where they are sure."""

from __future__ import annotations

import pytest

from archive_service.catalogue.load import current
from archive_service.catalogue.schema import DocumentType
from archive_service.completeness.marks import MarkVerdict, Sight
from ingest.marks import parties, required
from ingest.marks.values import Kind, Mark, PageMarks, Place, Shape, State, from_json, to_json
from tests.support.records import TODAY

EDITION = current(TODAY)
BOX = (10, 10, 50, 30)


def seal(confidence: float = 0.95, *, text: str = "", near: tuple[str, ...] = (), shape: Shape = Shape.ROUND) -> Mark:
    return Mark(Kind.SEAL, shape, (100, 100, 300, 300), confidence, "red", text, near)


def place(label: str, state: State, confidence: float = 0.93, above: tuple[str, ...] = ()) -> Place:
    return Place(label, BOX, (50, 5, 200, 35), state, confidence, above)


def page(*found: Mark | Place, colour: bool = True, red: float = 0.0) -> PageMarks:
    marks = tuple(one for one in found if isinstance(one, Mark))
    places = tuple(one for one in found if isinstance(one, Place))
    return PageMarks(marks, places, colour, max([red, *(0.01 for _ in marks)]))


def kind(code: str = "A01", **changed: object) -> DocumentType:
    return EDITION.document_types[code].model_copy(update=changed)


def judged(of: DocumentType, *pages: PageMarks | None, organisation: bool | None = True) -> dict[str, MarkVerdict]:
    return {mark.key: mark for mark in required.judge(of, pages, EDITION, organisation=organisation)}


def sight(of: DocumentType, key: str, *pages: PageMarks | None) -> Sight:
    return judged(of, *pages)[key].standing


CUSTOMER = kind(signatures=("customer",), seals=())
SEALED = kind(signatures=(), seals=("utility",))


@pytest.mark.parametrize(
    ("state", "confidence", "said"),
    [
        (State.SIGNED, 0.95, Sight.SEEN),
        (State.SIGNED, 0.7, Sight.DOUBTFUL),
        (State.EMPTY, 0.93, Sight.NOT_SEEN),
        (State.EMPTY, 0.7, Sight.DOUBTFUL),
        (State.PRINTED, 0.95, Sight.DOUBTFUL),
        (State.UNCLEAR, 0.5, Sight.DOUBTFUL),
    ],
)
def test_a_signature_is_what_stands_at_its_place(state: State, confidence: float, said: Sight) -> None:
    """A printed name may be all that the form wants; a person looks."""
    assert sight(CUSTOMER, "signature:customer", page(place("客户签字", state, confidence))) is said


def test_the_place_of_another_says_nothing() -> None:
    """The account manager (客户经理) is no customer (客户)."""
    found = page(place("客户经理签字", State.SIGNED), place("供电企业签字", State.SIGNED))
    assert sight(kind(signatures=("customer", "manager"), seals=()), "signature:customer", found) is Sight.DOUBTFUL


def test_signed_on_one_of_several_pages_is_signed() -> None:
    """Forms repeat the place on each page."""
    verdict = judged(CUSTOMER, page(place("客户签字", State.EMPTY)), page(place("客户签字", State.SIGNED)))
    assert (verdict["signature:customer"].standing, verdict["signature:customer"].page) == (Sight.SEEN, 2)


def test_a_seal_at_an_empty_place_for_either_is_doubtful() -> None:
    """签章 may mean either; whether the seal is enough is for a person to say."""
    pressed = Mark(Kind.SEAL, Shape.ROUND, (60, 0, 160, 60), 0.95, "red")
    found = page(place("客户签章", State.EMPTY), pressed)
    assert sight(CUSTOMER, "signature:customer", found) is Sight.DOUBTFUL


def test_without_a_place_handwriting_is_doubtful_and_so_is_none() -> None:
    """Nobody knows whether a scribble is the signature, or where it would have to be."""
    loose = Mark(Kind.SIGNATURE, Shape.STROKES, BOX, 0.7, "blue")
    assert sight(CUSTOMER, "signature:customer", page(loose)) is Sight.DOUBTFUL
    assert sight(CUSTOMER, "signature:customer", page()) is Sight.DOUBTFUL


def test_both_sides_have_signed_only_with_two_hands() -> None:
    """One signature leaves the other side open."""
    both = kind(signatures=("both",), seals=())
    one, other = place("法定代表人(签字)", State.SIGNED), place("委托代理人(签字)", State.SIGNED)
    empty = place("甲方(签字)", State.EMPTY)
    assert sight(both, "signature:both", page(one, other)) is Sight.SEEN
    assert sight(both, "signature:both", page(one, empty)) is Sight.DOUBTFUL
    assert sight(both, "signature:both", page(empty, empty)) is Sight.NOT_SEEN


def test_a_seal_of_the_party_is_seen() -> None:
    """Its words say so, or the label beside it."""
    assert sight(SEALED, "seal:utility", page(seal(text="江北供电公司业务专用章"))) is Sight.SEEN
    assert sight(SEALED, "seal:utility", page(seal(near=("供电企业：",)))) is Sight.SEEN
    assert sight(SEALED, "seal:utility", page(seal(0.7, near=("供电企业：",)))) is Sight.DOUBTFUL


def test_the_seal_of_another_is_doubtful() -> None:
    """The customer's seal is not the utility's."""
    assert sight(SEALED, "seal:utility", page(seal(near=("客户（盖章）：",)))) is Sight.DOUBTFUL


def test_a_seal_of_unknown_owner_is_that_of_who_issues_the_paper() -> None:
    """On a paper of a third party it is hardly the customer's."""
    assert sight(SEALED, "seal:utility", page(seal())) is Sight.SEEN
    third = kind("A13")
    assert third.origin == "third"
    assert sight(third, "seal:customer", page(seal())) is Sight.DOUBTFUL


def test_no_seal_is_said_only_of_pages_that_would_show_one() -> None:
    """Red would show on a colour scan; on a grey one, or on one that nobody looked at, it would not."""
    assert sight(SEALED, "seal:utility", page()) is Sight.NOT_SEEN
    assert sight(SEALED, "seal:utility", page(colour=False)) is Sight.DOUBTFUL
    assert sight(SEALED, "seal:utility", page(red=0.002)) is Sight.DOUBTFUL
    assert sight(SEALED, "seal:utility", page(), None) is Sight.DOUBTFUL


def test_a_riding_seal_alone_is_doubtful() -> None:
    """It holds pages together and seals none of them."""
    assert sight(SEALED, "seal:utility", page(seal(shape=Shape.RIDING))) is Sight.DOUBTFUL


def test_a_stamp_of_words_is_a_seal_only_where_the_catalogue_says_so() -> None:
    """竣工图章 is a frame with words."""
    stamp = Mark(Kind.TEXT_STAMP, Shape.FRAME, BOX, 0.9, "red", near=("竣工图",))
    assert sight(kind("C02"), "seal:as_built", page(stamp)) is Sight.SEEN
    assert sight(SEALED, "seal:utility", page(stamp)) is Sight.DOUBTFUL


def test_persons_have_no_seal() -> None:
    """What is marked with a question mark is asked of organisations alone."""
    asked = kind(signatures=(), seals=("customer?",))
    assert list(judged(asked, page())) == ["seal:customer"]
    assert judged(asked, page(), organisation=False) == judged(asked, page(), organisation=None) == {}
    assert judged(kind(signatures=(), seals=("customer",)), page(), organisation=False) == {}


def test_nothing_is_said_of_pages_that_nobody_looked_at() -> None:
    """Scans of before this was looked for have no verdict, rather than a wrong one."""
    assert required.judge(CUSTOMER, [None], EDITION, organisation=True) == ()
    assert required.judge(None, [page()], EDITION, organisation=True) == ()


def test_only_where_the_catalogue_says_so_do_marks_hold_a_paper_up() -> None:
    """Elsewhere it is filed, and shown as doubtful in the household file."""
    marks = tuple(judged(CUSTOMER, page(place("客户签字", State.UNCLEAR, 0.5))).values())
    assert required.holding(CUSTOMER, marks) == []
    (said,) = required.holding(kind(signatures=("customer",), seals=(), marks_hold_filing=True), marks)
    assert said.startswith("客户签字")


def test_every_type_of_every_edition_can_be_judged() -> None:
    """All who sign and seal have a name and, but for both sides, words to be known by."""
    for document_type in EDITION.document_types.values():
        for code in (*document_type.signatures, *document_type.seals):
            party = parties.party_of(EDITION, code.removesuffix("?"))
            assert party.code != party.name_zh
            assert party.count > 1 or party.labels
        found = required.judge(document_type, [page()], EDITION, organisation=True)
        assert len(found) == len(document_type.signatures) + len(document_type.seals)


def test_what_was_found_on_a_page_is_written_and_read_back_the_same() -> None:
    """Verdicts are made from what is stored."""
    found = page(seal(text="章", near=("甲方",)), place("客户签字", State.EMPTY, above=("用电方",)), colour=False)
    assert from_json(to_json(found)) == found
