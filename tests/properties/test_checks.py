"""Each check passes on sound facts with evidence, fails on its own fault alone, and says why where it cannot look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive_service.completeness.observations import Agreement
from archive_service.errors import Invalid
from archive_service.properties.checks import CHECKS, OF_PACKAGES
from archive_service.properties.checks.outcome import Result, passed
from archive_service.properties.facts import (
    CaseFacts,
    Compared,
    CrossCheck,
    Facts,
    HandOverFacts,
    Known,
    ObjectFacts,
    PackageFacts,
    PageFacts,
    PaperFacts,
    ScanFacts,
    TrailFacts,
)
from archive_service.properties.judge import Answered, check_answer, judge, state_of
from archive_service.properties.scheme import Moment, read, standard
from tests.properties.test_scheme import edited

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
NO = "202611010001"


def digest(number: int) -> str:
    return f"{number:064x}"


def paper(number: int) -> PaperFacts:
    pages = tuple(
        PageFacts(n, digest(number * 100), n, *(digest(number * 100 + n * 10 + part) for part in (1, 2, 3)), 60, 80)
        for n in (1, 2)
    )
    scan = ScanFacts("合同.pdf", "pdf", 7, digest(number * 100), AT, "filed", 2, 1)
    return PaperFacts(
        number, number, NO, "A02R", "用电登记表", date(2026, 11, 1), "internal", "original", 0.9, AT,
        {"account_no": "5100000001"}, pages, scan, number, "date", held=number == 1,
    )  # fmt: skip


def sound() -> Facts:
    """Two papers of a case, of a package that came with them, with everything read back."""
    papers = (paper(1), paper(2))
    objects = {
        one: ObjectFacts(one, True, 7, AT, False, "intact", 7, True, 60, 80, "clean")
        for row in papers for page in row.pages for one in page.digests
    }  # fmt: skip
    over = HandOverFacts(1, 2, "accepted", {1: 2, 2: 2})
    case = CaseFacts(
        NO, "LR", "NEW", date(2026, 11, 1), date(2026, 11, 9), "filed", True, 0, "2018", "KH-2026-00007", "KH-2026-", 7,
        {"ACCEPT": date(2026, 11, 1)}, ("submit", "accept", "file"), (1, 2), over,
    )  # fmt: skip
    known = Known(frozenset({"A02R"}), frozenset({"LR"}), frozenset({"NEW"}), frozenset({"pdf"}), frozenset({"pdf"}))
    package = PackageFacts("bagit", (), ("bagit.txt",), True, "a" * 64, "a" * 64, 3, 3, 2, ())
    return Facts(
        date(2026, 11, 20), "5100000001", "李四", "清河路 12 号", "城关供电所", (case,), papers, objects,
        TrailFacts(9, ()), known, "ClamAV 1.4", package,
    )  # fmt: skip


def with_paper(**values: object) -> Facts:
    facts = sound()
    return replace(facts, papers=(replace(facts.papers[0], **values), facts.papers[1]))  # type: ignore[arg-type]


def with_case(**values: object) -> Facts:
    facts = sound()
    return replace(facts, cases=(replace(facts.cases[0], **values),))  # type: ignore[arg-type]


def with_cross_check(rule: str, *, fails: bool, status: Agreement = Agreement.DIFFERS, excused: bool = False) -> Facts:
    """Sound facts with a cross-check of the case that came to something, and the edition's weight of it."""
    facts = with_case(cross_checks=(CrossCheck(rule, status, (1, 2), excused),))
    return replace(facts, compared=(Compared(rule, "容量不一致", fails),))


def alike(rule: str, *, fails: bool, **values: object) -> Facts:
    """Two papers, the second like the first but for `values`, and the edition's weight of a comparison."""
    facts = sound()
    papers = (facts.papers[0], replace(facts.papers[1], **values))  # type: ignore[arg-type]
    return replace(facts, papers=papers, compared=(Compared(rule, "同题名", fails),))


def with_same_number(*, fails: bool) -> Facts:
    """Two papers of a type whose numbers are the same but for the way they are written."""
    facts = alike("same-number", fails=fails, fields={"document_no": "电 2026-7"})
    return replace(facts, papers=(replace(facts.papers[0], fields={"document_no": "电２０２６7"}), facts.papers[1]))


def with_object(name: str, **values: object) -> Facts:
    """Sound facts with another finding about the original or the image of the first page."""
    facts = sound()
    key = getattr(facts.papers[0].pages[0], name)
    return replace(facts, objects={**facts.objects, key: replace(facts.objects[key], **values)})  # type: ignore[arg-type]


def with_package(**values: object) -> Facts:
    facts = sound()
    assert facts.package is not None
    return replace(facts, package=replace(facts.package, **values))  # type: ignore[arg-type]


def with_page(**values: object) -> Facts:
    facts = sound()
    first = facts.papers[0]
    return with_paper(pages=(replace(first.pages[0], **values), first.pages[1]))  # type: ignore[arg-type]


def scanned(**values: object) -> Facts:
    scan = sound().papers[0].scan
    assert scan is not None
    return with_paper(scan=replace(scan, **values))  # type: ignore[arg-type]


FAULTS: dict[str, Callable[[], Facts]] = {
    "digests-match": lambda: with_object("original", found="damaged"),
    "field-lengths": lambda: with_paper(title="长" * 201),
    "field-types": lambda: with_paper(document_type="a-2"),
    "controlled-values": lambda: with_paper(document_type="Z99"),
    "plausible-values": lambda: with_paper(document_date=date(2027, 1, 1)),
    "no-odd-characters": lambda: with_paper(title="用电\ue000登记表"),
    "archive-code": lambda: with_case(serial=8),
    "no-duplicates": lambda: with_page(original=digest(200), original_page=1),
    "sizes-match": lambda: with_object("lines", read_bytes=6),
    "electronic-properties": lambda: scanned(size_bytes=8),
    "content-linked": lambda: with_object("image", recorded=False),
    "package-lists": lambda: with_package(lists=()),
    "package-structure": lambda: with_package(findings=("目录多了一层",)),
    "package-digest": lambda: with_package(manifest_found="b" * 64),
    "counts-match": lambda: with_package(papers_told=3),
    "bytes-match": lambda: with_object("lines", read_bytes=6),
    "elements-present": lambda: with_paper(sensitivity=""),
    "mandatory-filled": lambda: with_case(accepted_on=None),
    "process-recorded": lambda: with_case(steps=("submit", "file")),
    "numbers-continuous": lambda: with_page(page_no=3),
    "content-complete": lambda: with_paper(pages=()),
    "attachments-complete": lambda: scanned(document_pages=3),
    "scope-complete": lambda: with_case(complete=False, lacking=1),
    "package-metadata": lambda: with_package(metadata_reads=False),
    "package-files": lambda: with_package(files_found=4),
    "package-reads": lambda: with_package(metadata_reads=False),
    "reads-back": lambda: replace(sound(), papers=()),
    "accepted-format": lambda: scanned(format="heic"),
    "content-opens": lambda: with_object("image", opens=False),
    "lasting-format": lambda: scanned(format="heic"),
    "nothing-closed": lambda: scanned(state="received"),
    "virus-free": lambda: with_object("original", virus="found"),
    "nothing-besides": lambda: with_package(besides=("data/x.exe",)),
    "process-safe": lambda: replace(sound(), trail=TrailFacts(9, (4,))),
}
#: Other ways in which an item can be wrong.
MORE: tuple[tuple[str, Callable[[], Facts]], ...] = (
    ("digests-match", lambda: with_object("image", found="missing")),
    ("field-lengths", lambda: with_case(application_no="9" * 41)),
    ("field-types", lambda: with_paper(fields={"signed_on": "去年"})),
    ("field-types", lambda: with_paper(fields={"capacity": "约 8"})),
    ("controlled-values", lambda: with_case(business="MOVE")),
    ("controlled-values", lambda: with_paper(medium="plastic")),
    ("plausible-values", lambda: with_case(energised_on=date(2026, 10, 1))),
    ("plausible-values", lambda: with_cross_check("XC06", fails=True)),
    ("no-duplicates", lambda: alike("same-title", fails=True, title=" 用电登记表。")),
    ("no-duplicates", lambda: with_same_number(fails=True)),
    ("process-safe", lambda: scanned(returned_batch=12)),
    ("content-linked", lambda: with_object("original", lost=True)),
    ("content-opens", lambda: with_object("image", width_px=61)),
)
#: What can only be lacking, never wrong: such an item is not checked instead.
NEVER_WRONG = {"scanner-present", "kept-by-rule"}


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_check_passes_on_sound_facts_and_says_what_it_saw(name: str) -> None:
    seen = CHECKS[name](sound())
    assert (seen.result, bool(seen.evidence.strip())) == (Result.PASSED, True), seen


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_check_fails_on_its_own_fault(name: str) -> None:
    seen = CHECKS[name](FAULTS[name]())
    assert seen.result is Result.FAILED, seen
    assert seen.evidence


@pytest.mark.parametrize(("name", "make"), MORE)
def test_a_check_fails_on_another_fault_of_its_own(name: str, make: Callable[[], Facts]) -> None:
    assert CHECKS[name](make()).result is Result.FAILED


def test_what_left_a_kept_case_on_record_or_came_to_it_later_is_no_fault() -> None:
    """A paper that was destroyed by a disposal is not lost, and a supplement is not besides the list."""
    facts = replace(sound(), package=None)
    case, first = facts.cases[0], facts.papers[0]
    kept = replace(facts, papers=(first,), cases=(replace(case, filed_at=AT, left=frozenset({2})),))
    assert CHECKS["counts-match"](kept).result is Result.PASSED
    assert CHECKS["counts-match"](replace(kept, cases=(replace(case, filed_at=AT),))).result is Result.FAILED
    later = replace(paper(3), place=None, filed_at=AT + timedelta(days=1))
    supplement = replace(facts, papers=(*facts.papers, later), cases=(replace(case, filed_at=AT),))
    assert CHECKS["nothing-besides"](supplement).result is Result.PASSED
    assert CHECKS["nothing-besides"](replace(supplement, cases=(case,))).result is Result.FAILED


@pytest.mark.parametrize(
    ("check", "facts", "said"),
    [
        ("plausible-values", with_cross_check("XC06", fails=False), "XC06 容量不一致（第 001 件、第 002 件）"),
        ("no-duplicates", alike("same-title", fails=False), "同题名（第 001 件、第 002 件）"),
        ("no-duplicates", with_same_number(fails=False), "同题名（第 001 件、第 002 件）"),
    ],
)
def test_what_an_edition_weighs_as_a_hint_stands_in_the_evidence_and_fails_nothing(
    check: str, facts: Facts, said: str
) -> None:
    seen = CHECKS[check](facts)
    assert seen.result is Result.PASSED
    assert "提示 1 处" in seen.evidence
    assert said in seen.evidence


def test_a_cross_check_fails_nothing_where_nobody_compares_or_a_person_called_it_a_false_alarm() -> None:
    """And what could not be compared is told as such, not as agreeing."""
    unlisted = replace(with_cross_check("XC06", fails=True), compared=())
    assert CHECKS["plausible-values"](unlisted).result is Result.PASSED
    assert "没有列出交叉核对" in CHECKS["plausible-values"](unlisted).evidence
    excused = CHECKS["plausible-values"](with_cross_check("XC06", fails=True, excused=True))
    assert (excused.result, "1 项经人员说明为误报" in excused.evidence) == (Result.PASSED, True)
    untold = CHECKS["plausible-values"](with_cross_check("XC06", fails=True, status=Agreement.CANNOT_TELL))
    assert (untold.result, "1 项没有可比的值" in untold.evidence) == (Result.PASSED, True)


def test_papers_of_other_titles_days_numbers_or_cases_are_no_duplicates() -> None:
    for facts in (
        alike("same-title", fails=True, title="用电登记表（二）"),
        alike("same-title", fails=True, document_date=date(2026, 11, 2)),
        alike("same-title", fails=True, application_no="202611010002"),
        alike("same-title", fails=True, document_date=None),
        alike("same-number", fails=True),
    ):
        assert CHECKS["no-duplicates"](facts).result is Result.PASSED


@pytest.mark.parametrize("moment", [Moment.FILING, Moment.LONGTERM])
def test_what_is_about_a_package_does_not_apply_where_there_is_none(moment: Moment) -> None:
    made = judge(standard(), moment, replace(sound(), package=None))
    told = {one.result for one in made if one.item.check in OF_PACKAGES}
    assert told == {Result.NOT_APPLICABLE}


def test_every_check_has_a_fault_to_find() -> None:
    assert set(FAULTS) | NEVER_WRONG == set(CHECKS)


#: Items that look at the same fault for another reason: a size that differs is one of all bytes too.
ALONGSIDE: dict[str, set[str]] = {
    "field-types": {"controlled-values"},
    "sizes-match": {"bytes-match"},
    "bytes-match": {"sizes-match"},
    "counts-match": {"package-metadata"},
    "elements-present": {"controlled-values"},
    "content-complete": {"attachments-complete"},
    "package-metadata": {"package-reads"},
    "package-reads": {"package-metadata"},
    "reads-back": {"content-complete", "counts-match", "package-metadata"},
    "accepted-format": {"lasting-format"},
    "lasting-format": {"accepted-format"},
}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_fails_no_item_that_is_not_about_it(name: str) -> None:
    made = [one for moment in Moment for one in judge(standard(), moment, FAULTS[name]())]
    failed = {one.item.check for one in made if one.result is Result.FAILED}
    assert failed == {name} | ALONGSIDE.get(name, set())


def test_a_transfer_list_is_held_against_the_case() -> None:
    """Without a package the list of the hand-over counts: fewer pages, papers beside it, one person on both sides."""
    facts = replace(sound(), package=None)
    case = facts.cases[0]
    assert case.hand_over is not None

    def over(**values: object) -> Facts:
        assert case.hand_over is not None
        return replace(facts, cases=(replace(case, hand_over=replace(case.hand_over, **values)),))  # type: ignore[arg-type]

    assert CHECKS["counts-match"](facts).result is Result.PASSED
    assert CHECKS["counts-match"](over(papers={1: 2, 2: 1})).result is Result.FAILED
    assert CHECKS["counts-match"](over(papers={1: 2, 2: 2, 3: 1})).result is Result.FAILED
    unplaced = replace(over(papers={1: 2}), papers=tuple(replace(one, place=None) for one in facts.papers))
    assert CHECKS["nothing-besides"](unplaced).result is Result.FAILED
    assert CHECKS["process-safe"](over(receiver_id=1)).result is Result.FAILED


def nothing_known() -> Facts:
    """A paper that came in otherwise, of which nothing was read back, without a scanner and without a package."""
    facts = sound()
    bare = tuple(replace(one, scan=None, due=None) for one in facts.papers)
    objects = {key: ObjectFacts(key, recorded=True, size_bytes=7) for key in facts.objects}
    case = replace(facts.cases[0], archive_code=None, hand_over=None, steps=())
    return replace(facts, papers=bare, objects=objects, cases=(case,), scanner=None, package=None)


@pytest.mark.parametrize(
    "name",
    sorted(
        {
            "digests-match", "sizes-match", "bytes-match", "content-opens", "electronic-properties", "accepted-format",
            "lasting-format", "attachments-complete", "nothing-closed", "archive-code", "scanner-present", "virus-free",
            "counts-match", "nothing-besides", "process-recorded", "kept-by-rule", *OF_PACKAGES,
        }
    ),
)  # fmt: skip
def test_what_nobody_looked_at_is_not_checked_and_says_why(name: str) -> None:
    seen = CHECKS[name](nothing_known())
    assert seen.result is Result.NOT_CHECKED
    assert seen.evidence


def test_a_scanner_that_is_away_says_nothing_of_viruses() -> None:
    away = replace(sound(), scanner="")
    assert CHECKS["virus-free"](away).result is Result.NOT_CHECKED
    assert CHECKS["scanner-present"](away).result is Result.NOT_CHECKED


def test_nothing_passes_without_evidence() -> None:
    with pytest.raises(ValueError, match="evidence"):
        passed("  ")


@settings(derandomize=True, database=None, deadline=None, max_examples=60)
@given(st.sampled_from(sorted(FAULTS)), st.sampled_from(list(Moment)))
def test_one_fault_never_leaves_a_run_passed_and_every_item_says_something(fault: str, moment: Moment) -> None:
    """Whatever else is well: the run fails where an item of this moment looks at the fault."""
    made = judge(standard(), moment, FAULTS[fault]())
    assert all(one.evidence.strip() for one in made)
    looks = any(one.item.check == fault for one in made)
    if looks:
        assert state_of([one.result for one in made]) == "failed"
    assert len({one.code for one in made}) == len(made)


def test_a_manual_item_waits_only_where_it_is_demanded_or_asked_for() -> None:
    made, _ = read(edited(n3_6={"demanded": ["transfer"]}))
    assert made is not None

    def waiting(moment: Moment, **said: object) -> list[str]:
        judged = judge(made, moment, sound(), **said)  # type: ignore[arg-type]
        return [one.code for one in judged if one.result is Result.OPEN]

    assert waiting(Moment.TRANSFER) == ["YJ-3-6"]
    assert waiting(Moment.LONGTERM) == []
    assert waiting(Moment.LONGTERM, ask_people=True) == ["CQ-3-6", "CQ-3-7", "CQ-5-2", "CQ-5-3"]
    answers = {"YJ-3-6": Answered("passed", "核对了版本", 1, AT)}
    assert waiting(Moment.TRANSFER, answers=answers) == []


def test_a_failed_item_outweighs_one_that_waits() -> None:
    assert state_of(["passed", "open", "failed"]) == "failed"
    assert state_of(["passed", "open", "not_checked"]) == "open"
    assert state_of(["passed", "not_checked", "not_applicable"]) == "passed"


@pytest.mark.parametrize(
    ("result", "evidence"), [("open", "看过了"), ("perhaps", "看过了"), ("passed", " "), ("passed", "看" * 301)]
)
def test_an_answer_is_a_result_and_what_was_seen(result: str, evidence: str) -> None:
    with pytest.raises(Invalid):
        check_answer(result, evidence)
