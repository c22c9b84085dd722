"""Each check of a batch passes on a sound one; each fault of a batch fails the items that it is about, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive_service.properties.batch_facts import BatchFacts, BatchPageFacts, FileFacts
from archive_service.properties.checks import CHECKS
from archive_service.properties.checks.batches import BATCH_CHECKS, REMEDIES
from archive_service.properties.checks.outcome import Result
from archive_service.properties.facts import ObjectFacts, TrailFacts
from archive_service.properties.judge import judge_batch
from archive_service.properties.scheme import standard

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def digest(number: int) -> str:
    return f"{number:064x}"


def file(number: int) -> FileFacts:
    return FileFacts(
        number, "合同.pdf", "pdf", 7, digest(number), AT, False, None, False,
        (BatchPageFacts(1, digest(number + 50), 60, 80),), frozenset({1}), (digest(number), 7), True,
    )  # fmt: skip


def sound() -> BatchFacts:
    files = (file(1), file(2))
    named = [one.digest for one in files] + [page.image for one in files for page in one.pages if page.image]
    objects = {one: ObjectFacts(one, True, 7, AT, False, "intact", 7, True, 60, 80, "clean") for one in named}
    formats = frozenset({"pdf"})
    return BatchFacts(12, "web", "李四", AT, files, (), 0, objects, TrailFacts(9, ()), formats, formats, "ClamAV 1.4")


def with_file(**values: object) -> BatchFacts:
    facts = sound()
    return replace(facts, files=(replace(facts.files[0], **values), facts.files[1]))  # type: ignore[arg-type]


def with_object(number: int, **values: object) -> BatchFacts:
    facts = sound()
    kept = {**facts.objects, digest(number): replace(facts.objects[digest(number)], **values)}  # type: ignore[arg-type]
    return replace(facts, objects=kept)


def refused(code: str) -> BatchFacts:
    """The first file was refused as that."""
    return with_file(refused=True, error=code, told=None, pages=(), decided=frozenset())


FAULTS: dict[str, tuple[Callable[[], BatchFacts], set[str]]] = {
    "bytes changed": (lambda: with_object(1, found="damaged", read_bytes=0), {"digests-match", "bytes-match"}),
    "bytes gone": (lambda: with_object(1, found="missing", read_bytes=0), {"digests-match", "bytes-match"}),
    "another file than handed in": (lambda: with_file(told=(digest(9), 7)), {"digests-match"}),
    "row says another size": (lambda: with_file(size_bytes=8), {"sizes-match", "electronic-properties"}),
    "record says another size": (lambda: with_object(1, size_bytes=8), {"sizes-match"}),
    "no format": (lambda: with_file(format=""), {"electronic-properties", "accepted-format", "lasting-format"}),
    "no record of the object": (lambda: with_object(1, recorded=False), {"content-linked"}),
    "no good copy": (lambda: with_object(1, lost=True), {"content-linked"}),
    "row taken out": (lambda: replace(sound(), vanished=("扫描件 3",)), {"counts-match"}),
    "same bytes twice": (lambda: with_file(digest=digest(2), told=(digest(2), 7)), {"no-duplicates"}),
    "no end on record": (lambda: with_file(ended=False), {"process-recorded"}),
    "no pages": (lambda: with_file(pages=(), decided=frozenset()), {"content-complete"}),
    "page in no document": (lambda: with_file(decided=frozenset()), {"attachments-complete"}),
    "other format": (lambda: with_file(format="heic"), {"accepted-format", "lasting-format"}),
    "picture does not open": (lambda: with_object(51, opens=False), {"content-opens"}),
    "picture of another size": (lambda: with_object(51, width_px=61), {"content-opens"}),
    "virus found today": (lambda: with_object(1, virus="found"), {"virus-free"}),
    "no hand-in on record": (lambda: with_file(told=None), {"nothing-besides"}),
    "trail altered": (lambda: replace(sound(), trail=TrailFacts(9, (4,))), {"process-safe"}),
    "refused: no archive format": (lambda: refused("file.type-not-accepted"), {"accepted-format"}),
    "refused: password": (lambda: refused("file.password"), {"nothing-closed"}),
    "refused: package in package": (lambda: refused("file.zip-nested"), {"nothing-closed"}),
    "refused: virus": (lambda: refused("file.virus"), {"virus-free"}),
    "refused: empty": (lambda: refused("file.empty"), {"content-complete"}),
    "refused: damaged": (lambda: refused("file.damaged"), {"content-opens"}),
    "refused: too large": (lambda: refused("file.too-large"), {"content-opens"}),
    "here before": (lambda: refused("file.duplicate"), set()),
    "sent back by a reviewer": (lambda: refused("review.rejected"), set()),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_of_a_batch_fails_the_items_that_it_is_about_and_no_other(fault: str) -> None:
    make, looks = FAULTS[fault]
    failed = [one for one in judge_batch(standard(), make()) if one.result is Result.FAILED]
    assert {one.item.check for one in failed} == looks
    assert all("扫描件" in one.evidence or one.item.check in ("bytes-match", "no-duplicates", "process-safe")
               for one in failed)  # fmt: skip
    # What to do stands behind what is wrong.
    assert all(one.item.check is not None and REMEDIES[one.item.check] in one.evidence for one in failed)


def test_a_blank_page_belongs_to_no_document_and_is_counted() -> None:
    facts = sound()
    first = facts.files[0]
    back = replace(first.pages[0], page_no=2, blank=True)
    seen = BATCH_CHECKS["attachments-complete"](with_file(pages=(*first.pages, back)))
    assert (seen.result, "另有 1 页空白" in seen.evidence) == (Result.PASSED, True)


def test_a_sound_batch_passes_and_what_is_about_cases_does_not_apply() -> None:
    made = judge_batch(standard(), sound())
    assert {one.item.check for one in made if one.result is Result.PASSED} == set(BATCH_CHECKS)
    assert {one.result for one in made} == {Result.PASSED, Result.NOT_APPLICABLE}
    assert all(one.evidence.strip() for one in made)


def test_every_check_of_a_batch_is_one_of_the_program_and_can_fail() -> None:
    assert set(BATCH_CHECKS) == set(REMEDIES) <= set(CHECKS)
    assert set().union(*(looks for _, looks in FAULTS.values())) == set(BATCH_CHECKS) - {"scanner-present"}


@pytest.mark.parametrize("name", ["digests-match", "sizes-match", "bytes-match", "content-opens", "virus-free"])
def test_what_nobody_looked_at_is_not_checked(name: str) -> None:
    facts = sound()
    unread = {one: ObjectFacts(one, recorded=True, size_bytes=7) for one in facts.objects}
    assert BATCH_CHECKS[name](replace(facts, objects=unread, scanner=None)).result is Result.NOT_CHECKED


def test_evidence_quotes_no_name_of_a_file() -> None:
    """Names may say who the papers are about, and evidence stays when they are destroyed."""
    said = "".join(one.evidence for make, _ in FAULTS.values() for one in judge_batch(standard(), make()))
    assert "合同" not in said
