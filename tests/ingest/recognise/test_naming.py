"""Papers are named under titles that nobody foresaw, others stay other, rules and model check each other."""

from __future__ import annotations

import hashlib
import lzma
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from random import Random

import pytest

from benchmarks import naming_papers
from benchmarks.naming_papers import HeldBack
from ingest.recognise import classify, group, pages, phrases
from ingest.recognise.naming import examples, generate, judge, learn, shipped
from ingest.recognise.naming.model import DamagedModel, Model, from_bytes
from ingest.recognise.naming.vote import vote
from ingest.recognise.naming.words import words_of
from ingest.recognise.phrases import TitleRule
from ingest.recognise.values import OTHER, Candidate
from tests.support import read_pages as build

KNOWN = phrases.for_edition(build.EDITION)
FILED = 0.85


@lru_cache(maxsize=1)
def small() -> Model:
    """Return a model of few papers, good enough for what is asked of it here."""
    return learn.train(list(examples.generated(build.EDITION, seed=4, each=3, others=60)), seed=4)


def named(paper: HeldBack, model: Model | None = None) -> Candidate:
    """Return what the paper is taken for."""
    facts = [group.look_at(page, KNOWN, lambda one: None) for page in pages.prepare(paper.pages)]
    document = group.Grouped([one for one in facts if not one.page.blank])
    ruled = classify.classify(document, KNOWN, paper.hints)
    return vote(document, ruled, model or shipped.model(), KNOWN, paper.hints)[0][0]


def taken(papers: Sequence[HeldBack]) -> list[tuple[HeldBack, Candidate]]:
    return [(paper, named(paper)) for paper in papers]


def filed(found: Candidate) -> bool:
    return found.code != OTHER and found.confidence >= FILED


def test_papers_under_titles_held_back_are_named_right_and_none_is_filed_wrongly() -> None:
    """19 in 20 right, 4 in 5 sure enough to be filed, and none of those wrong."""
    found = [
        pair for pair in taken(list(naming_papers.unseen(build.EDITION, rounds=1, seed=3))) if pair[0].code != OTHER
    ]
    wrong = [f"{paper.title}: {one.code} for {paper.code}" for paper, one in found if one.code != paper.code]
    assert len(wrong) <= 0.05 * len(found), wrong
    assert sum(filed(one) for _, one in found) >= 0.8 * len(found)
    assert [f"{p.title}: {one}" for p, one in found if filed(one) and one.code != p.code] == []


def test_papers_of_no_type_are_never_filed_as_one() -> None:
    """Most are other at once; the rest wait for a person."""
    found = [
        pair for pair in taken(list(naming_papers.unseen(build.EDITION, rounds=1, seed=3))) if pair[0].code == OTHER
    ]
    assert [paper.title for paper, one in found if filed(one)] == []
    assert sum(one.code == OTHER for _, one in found) >= 0.9 * len(found)


def test_papers_read_badly_are_named_all_the_same() -> None:
    """One sign in twenty misread costs a few papers their certainty, and files none wrongly."""
    found = taken(list(naming_papers.known(build.EDITION, rounds=1, seed=9, misread=0.05)))
    right = sum(one.code == paper.code for paper, one in found)
    assert right >= 0.93 * len(found)
    assert [f"{p.title}: {one}" for p, one in found if filed(one) and one.code != p.code] == []


def test_no_title_held_back_is_in_the_training_text() -> None:
    """Otherwise the figures about unseen titles would be about seen ones."""
    held = naming_papers.all_titles()
    printed = generate.papers(Random(20), build.EDITION, each=4, others=200, without=held)
    assert [one.title for one in printed if any(title in one.title for title in held)] == []
    listed = {t for part in ("types", "others") for entry in generate.corpus()[part].values() for t in entry["titles"]}
    assert listed & held == set()


def test_every_type_of_the_catalogue_has_training_text() -> None:
    assert set(generate.corpus()["types"]) == set(build.EDITION.document_types)
    assert set(shipped.model().codes) == {*build.EDITION.document_types, OTHER}


def test_an_unknown_title_over_a_clear_text_is_named_with_the_words_that_say_so() -> None:
    sheet = build.page(
        1,
        build.title("用户侧设备带电步骤书"),
        *build.text_block(
            "一、启动范围", "二、启动前准备工作", "三、启动步骤：冲击合闸三次，核相正确", "四、启动指挥及调度许可"
        ),
    )
    found = build.proposals(sheet)[0]
    assert found.document_type == "E01"
    assert "启动" in found.reasons[0]
    assert found.named_by == shipped.model().digest


def test_a_title_over_the_text_of_another_paper_waits_for_a_person() -> None:
    """Agreement makes sure, a contradiction takes it away, and the sentence names both."""
    text = (
        "上网电量由购电人全部收购",
        "售电人与购电人",
        "自发自用余电上网",
        "上网电价及补助资金",
        "上网关口计量点",
        "发电设备装机容量",
    )
    plain = build.proposals(build.page(1, build.title("客户服务回访单"), *build.text_block("回访方式 电话", "满意度")))[
        0
    ]
    odd = build.proposals(build.page(1, build.title("客户服务回访单"), *build.text_block(*text * 3)))[0]
    assert plain.confidence >= FILED
    assert odd.confidence < FILED
    assert any("把握不足" in doubt or "不能归入" in doubt for doubt in odd.doubts)


def test_whose_a_card_is_stays_with_the_rules() -> None:
    """All cards look alike: the model speaks for cards as such, and says nothing against the person's role."""
    for code in ("A05", "A09"):
        found = named(naming_papers.sample(code, Random(code), build.EDITION))
        assert (found.code, filed(found)) == (code, True)
        assert "更像" not in found.reason


def test_candidates_stand_best_first_also_where_the_first_is_held_down() -> None:
    """Other is never more than a guess, and still comes before what it outweighs; no number is shown as a reason."""
    for paper in naming_papers.unseen(build.EDITION, rounds=1, seed=8):
        facts = [group.look_at(page, KNOWN, lambda one: None) for page in pages.prepare(paper.pages)]
        document = group.Grouped(facts)
        found, seen = vote(
            document, classify.classify(document, KNOWN, paper.hints), shipped.model(), KNOWN, paper.hints
        )
        scores = [one.confidence for one in found]
        assert scores == sorted(scores, reverse=True), paper.title
        assert not any("“0" in reason or "0”" in reason for reason in seen)


def test_a_type_that_the_model_does_not_know_is_left_to_the_rules() -> None:
    """A unit adds types to its catalogue after the model was trained."""
    paper = HeldBack(
        "V01", "客户服务回访单", (build.page(1, build.title("客户服务回访单"), *build.text_block("满意度")),)
    )
    narrow = replace(small(), codes=tuple("?" if code == "V01" else code for code in small().codes))
    facts = [group.look_at(page, KNOWN, lambda one: None) for page in pages.prepare(paper.pages)]
    ruled = classify.classify(group.Grouped(facts), KNOWN, paper.hints)
    assert named(paper, narrow) == ruled[0]


def test_a_word_for_homes_does_not_stand_in_one_for_others() -> None:
    rule = TitleRule("K01R", (("居民供用电合同",),), ())
    assert rule.marks("低压居民供用电合同")
    assert not rule.marks("低压非居民供用电合同")


def test_the_same_papers_give_the_same_model() -> None:
    papers = list(examples.generated(build.EDITION, seed=5, each=2, others=20))
    assert learn.train(papers, seed=5).digest == learn.train(papers, seed=5).digest


def test_a_model_comes_back_from_its_file_as_it_was() -> None:
    words = words_of(pages.prepare([build.reply()]))
    again = from_bytes(small().data)
    assert (again.digest, again.name(words)) == (small().digest, small().name(words))
    assert from_bytes(again.to_bytes()).digest == again.digest


def test_the_model_of_the_package_is_small_and_the_one_that_was_built() -> None:
    folder = files("ingest.recognise.naming")
    data = folder.joinpath(shipped.FILE).read_bytes()
    assert len(data) < 1024 * 1024
    assert shipped.model().digest == folder.joinpath(shipped.DIGEST).read_text("ascii").strip()


@pytest.mark.parametrize(
    "harm", ["cut", "flipped", "empty", "foreign", "shorter inside", "longer inside", "no text inside"]
)
def test_a_damaged_model_is_refused(harm: str) -> None:
    data = small().data
    head, packed = data[: data.index(b"\n", 17) + 1], data[data.index(b"\n", 17) + 1 :]
    content = lzma.decompress(packed)
    bad = {
        "cut": data[:-100],
        "flipped": data[:5000] + bytes([data[5000] ^ 1]) + data[5001:],
        "empty": b"",
        "foreign": b"PK\x03\x04" + data,
        "shorter inside": wrapped(content[:-1000]),
        "longer inside": wrapped(content + b"x"),
        "no text inside": wrapped(b"\0" * 40),
    }[harm]
    assert head.startswith(b"archive-naming-1\n")
    with pytest.raises(DamagedModel):
        from_bytes(bad)


def wrapped(content: bytes) -> bytes:
    """Return a file whose outer digest is right, whatever its content."""
    packed = lzma.compress(content)
    return b"archive-naming-1\n" + hashlib.sha256(packed).hexdigest().encode() + b"\n" + packed


def test_a_judgement_counts_each_type_by_itself() -> None:
    papers = list(examples.generated(build.EDITION, seed=6, each=1, others=5))
    judged = judge.judge(small(), papers)
    assert judged.papers == len(papers)
    assert judged.right == sum(one.right for one in judged.types)
    assert sum(count for _, _, count in judged.mistaken) == judged.papers - judged.right
    assert sum(one.taken for one in judged.types) == judged.papers
