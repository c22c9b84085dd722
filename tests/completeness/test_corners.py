"""Rounds, decisions of people, papers of earlier cases, copies, validity: every corner of completeness."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from archive_service.catalogue import load
from archive_service.catalogue.expressions import evaluate, parse
from archive_service.completeness.conditions import facts_of
from archive_service.completeness.held import HeldItem
from archive_service.completeness.rounds import in_order, passed
from archive_service.completeness.rules import Status, assess
from archive_service.completeness.rulings import Background, Kind, Ruling, check_decider, check_request
from archive_service.completeness.todo import to_complete
from archive_service.errors import Invalid, Refused

EDITION = load.edition_for(None)
DAYS = {"ACCEPT": date(2026, 3, 2)}
TODAY = date(2026, 6, 1)


def judged(held, *, category="LR", business="NEW", conditions=(), background=None):
    facts = facts_of(
        EDITION,
        category=category,
        business_type=business,
        conditions=list(conditions),
        papers={item.document_type for item in held},
    )
    return assess(EDITION.requirements(category, business), facts, held, background or Background(days=DAYS))


def verdict(assessment, code):
    return next(each for each in assessment.verdicts if each.document_type == code)


def opinion(number, result, on, code="C10", **more):
    return HeldItem(number, code, fields={"inspection_result": result, "document_date": on, **more})


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("合格", True), ("检验合格，同意送电", True), ("通过", True), ("无缺陷", True),
        ("未发现问题", True),
        ("整改后合格", True), ("缺陷已消除，具备送电条件", True), ("不合格", False), ("不 合 格", False),
        ("未通过", False),
        ("需整改后复验", False), ("存在缺陷 3 项", False), ("不具备送电条件", False), ("", None), ("见附页", None),
    ],
)  # fmt: skip
def test_an_opinion_passes_fails_or_does_not_say(said, answer):
    """Words that deny a fault are no fault."""
    assert passed(said) is answer


def test_the_last_of_several_rounds_must_pass():
    """By their days, not by the order in which they were filed; numbers of rounds go before days."""
    failed, good = opinion(1, "不合格", "2026-05-01"), opinion(2, "合格", "2026-05-09")
    assert verdict(judged([failed, good], category="HV", conditions=("entity",)), "C10").status is Status.NOT_APPLICABLE
    project = {"category": "HV", "conditions": ("entity", "project")}
    assert verdict(judged([failed, good], **project), "C10").status is Status.PRESENT
    late = verdict(
        judged([replace(failed, fields={**failed.fields, "document_date": "2026-05-20"}), good], **project), "C10"
    )
    assert (late.status, late.evidence) == (Status.MISSING, (1, 2))
    assert "第 2 轮结论为“不合格”" in late.said
    assert (
        in_order([opinion(1, "", "2026-05-01", round_no="2"), opinion(2, "", "2026-05-09", round_no="1")])[-1].id == 1
    )


def test_a_last_round_that_cannot_be_read_or_relied_on_is_doubtful():
    """With one round alone, an opinion that was not read is no gap."""
    project = {"category": "HV", "conditions": ("entity", "project")}
    assert verdict(judged([HeldItem(1, "C10")], **project), "C10").status is Status.PRESENT
    assert verdict(judged([opinion(1, "不合格", "2026-05-01")], **project), "C10").status is Status.MISSING
    unread = [opinion(1, "不合格", "2026-05-01"), opinion(2, "见附页", "2026-05-02")]
    assert verdict(judged(unread, **project), "C10").status is Status.DOUBTFUL
    unsigned = [opinion(1, "合格", "2026-05-01"), replace(opinion(2, "合格", "2026-05-02"), doubts=("未见签字",))]
    assert verdict(judged(unsigned, **project), "C10").status is Status.DOUBTFUL


@pytest.mark.parametrize(
    ("kind", "status", "due", "complete_counts"),
    [
        ("deferred", Status.DEFERRED, True, 0),
        ("waived", Status.WAIVED, True, 1),
        ("not_applicable", Status.NOT_APPLICABLE, False, 0),
    ],
)
def test_people_defer_waive_or_declare_not_applicable(kind, status, due, complete_counts):
    """The verdict says who approved it and why; a deferral keeps its day and holds the case back."""
    ruling = Ruling(Kind(kind), "客户在外地", "王主任", date(2026, 6, 30) if kind == "deferred" else None)
    found = judged([], background=Background(days=DAYS, rulings={"K01R": ruling}))
    one = verdict(found, "K01R")
    assert (one.status, one.due, one.until) == (status, due, ruling.until)
    assert "王主任批准：客户在外地" in one.said
    assert found.satisfied_count == complete_counts
    assert "依据目录 2018 版" in one.reason


def test_a_deferral_blocks_filing_and_everything_else_is_complete():
    """Also when nothing else lacks."""
    papers = [each.document_type for each in EDITION.requirements("LR", "NEW") if each.requirement == "required"]
    held = [HeldItem(n, code) for n, code in enumerate(papers, 1) if code != "K01R"]
    ruling = Ruling(Kind.DEFERRED, "客户在外地", "王主任", date(2026, 6, 30))
    found = judged(held, background=Background(days=DAYS, rulings={"K01R": ruling}))
    assert (found.complete, found.missing_count, found.deferred_count) == (False, 0, 1)
    assert judged([*held, HeldItem(99, "K01R")], background=Background(days=DAYS, rulings={"K01R": ruling})).complete


def test_a_paper_that_came_needs_no_decision():
    """What is there counts; the decision rests."""
    background = Background(days=DAYS, rulings={"K01R": Ruling(Kind.WAIVED, "已核对", "王主任")})
    assert verdict(judged([HeldItem(1, "K01R")], background=background), "K01R").status is Status.PRESENT


CARD = HeldItem(7, "A05", fields={"valid_to": "2030-01-01", "account_name": "李四"}, title="身份证")


@pytest.mark.parametrize(
    ("earlier", "business", "status"),
    [
        (CARD, "CANCEL", Status.INHERITED),
        (CARD, "TRANSFER", Status.MISSING),
        (replace(CARD, fields={"valid_to": "长期"}), "CANCEL", Status.INHERITED),
        (replace(CARD, fields={"valid_to": "2026-03-01"}), "CANCEL", Status.MISSING),
        (replace(CARD, fields={"valid_to": "2026-03-02"}), "CANCEL", Status.INHERITED),
        (replace(CARD, fields={}), "CANCEL", Status.DOUBTFUL),
        (replace(CARD, doubts=("看不清",)), "CANCEL", Status.MISSING),
        (replace(CARD, fields={**CARD.fields, "account_name": "王五"}), "CANCEL", Status.MISSING),
    ],
)
def test_an_earlier_paper_serves_while_it_is_valid(earlier, business, status):
    """Not for a new holder, not of another name, not expired on the day of use, not in doubt."""
    background = Background(days=DAYS, earlier=(earlier,), account_name="李四")
    one = verdict(judged([], business=business, background=background), "A05")
    assert one.status is status
    assert one.evidence == ((7,) if status in (Status.INHERITED, Status.DOUBTFUL) else ())


def test_a_title_serves_again_but_not_after_a_move():
    """A title has no last day."""
    background = Background(days=DAYS, earlier=(HeldItem(3, "A10"),), account_name="李四")
    moved = judged([], business="MOVE", background=background)
    assert all(each.status is not Status.INHERITED for each in moved.verdicts)
    increased = judged([], business="INC", background=background)
    assert verdict(increased, "A10").status is Status.INHERITED


@pytest.mark.parametrize(
    ("item", "doubt"),
    [
        (HeldItem(1, "A05", legible=False), "看不清"),
        (HeldItem(1, "A05", medium="copy"), "没有与原件核对的标记"),
        (HeldItem(1, "A05", fields={"valid_to": "2026-03-01"}), "已过期"),
        (HeldItem(1, "K01R", medium="verified_copy"), "应留原件"),
        (HeldItem(1, "K01R", medium="copy"), "应留原件"),
    ],
)
def test_a_paper_that_cannot_be_relied_on_is_doubtful_and_says_why(item, doubt):
    """And the same paper without the flaw is not."""
    assert doubt in verdict(judged([item]), item.document_type).said
    assert verdict(judged([item]), item.document_type).status is Status.DOUBTFUL
    sound = HeldItem(1, item.document_type, medium="original", fields={"valid_to": "2026-03-02"})
    assert verdict(judged([sound]), item.document_type).status is Status.PRESENT


def test_a_condition_may_follow_from_a_paper():
    """Known only where the papers are."""
    part = parse("held(A08) and category == LR")
    assert evaluate(part, {"category": "LR", "held:A08": True}) is True
    assert evaluate(part, {"category": "LR", "held:A08": False}) is False
    assert evaluate(part, {"category": "LR"}) is None


def test_a_voltage_of_35_kv_asks_for_more():
    """From the field alone."""
    facts = facts_of(EDITION, category="HV", business_type="NEW", conditions=["entity"], voltage="35kV")
    assert facts.conditions["kv35"] is True
    low = facts_of(EDITION, category="HV", business_type="NEW", conditions=["entity"], voltage="10kV")
    assert low.conditions["kv35"] is False


def test_what_would_make_it_complete_is_said_by_stage_and_owner():
    """Every gap once, the overdue ones marked, nothing that is well."""
    ruling = Ruling(Kind.DEFERRED, "客户在外地", "王主任", date(2026, 5, 31))
    found = judged(
        [HeldItem(1, "A02R"), HeldItem(2, "A05", legible=False)], background=Background(DAYS, {"K01R": ruling})
    )
    owed = to_complete(EDITION, found.verdicts, today=TODAY)
    tasks = {task.document_type: task for one in owed for task in one.tasks}
    gaps = {
        each.document_type
        for each in found.verdicts
        if each.due and each.status not in ("present", "inherited", "waived")
    }
    assert set(tasks) == gaps
    assert (tasks["A05"].act, tasks["K01R"].act, tasks["K01R"].overdue) == ("correct", "bring_later", True)
    stages = [EDITION.stages[one.stage].order for one in owed]
    assert stages == sorted(stages)
    assert {one.origin for one in owed} >= {"customer", "utility"}


def test_nobody_decides_what_they_asked_for():
    """Whatever their rights."""
    with pytest.raises(Refused) as caught:
        check_decider(5, 5)
    assert caught.value.code == "ruling.own"
    check_decider(5, 6)


@pytest.mark.parametrize(
    ("kind", "reason", "until"),
    [
        ("later", "客户在外地", None),
        ("waived", "无", None),
        ("deferred", "客户在外地", None),
        ("deferred", "客户在外地", TODAY),
    ],
)
def test_a_request_says_kind_reason_and_a_day_to_come(kind, reason, until):
    """Anything else is refused."""
    with pytest.raises(Invalid):
        check_request(kind, reason, until, today=TODAY)
