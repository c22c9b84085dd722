"""Papers of rooms in words: sheets of labels for places, the report of a stocktake that is signed."""

from __future__ import annotations

from collections.abc import Sequence

from archive_service.printing import Label, Paper, Section, Shape, Signature, label_sheets, pdf
from archive_service.rooms import rules
from archive_service.rooms.counting import Outcome
from archive_service.rooms.queries import ORDER
from archive_service.rooms.rules import Kind
from archive_service.rooms.views import CountedView, PlaceView, ResultView, StocktakeView
from archive_service.web import papers, words
from archive_service.web.i18n import N_
from archive_service.web.render import moment
from archive_service.web.visit import Visit

#: Rows of a report; of what was found only so many are listed, of differences all.
_MOST_FOUND = 2000


def labels_of(visit: Visit, places: Sequence[PlaceView], shape: Shape) -> bytes:
    """Return sheets of labels for places. Raises Refused for none, or too many at once."""
    rules.check_labels(len(places))
    made = [Label(one.code, _name(visit, one), _lines(visit, one)) for one in places]
    return label_sheets(made, shape, title=visit.say(N_("库房标签")), made_at=visit.now)


def report(visit: Visit, of: StocktakeView, result: ResultView) -> bytes:
    """Return the report of a stocktake, with places to sign."""
    facts = [
        (visit.say(N_("盘点范围")), f"{of.place.code} {of.place.name}"),
        (visit.say(N_("盘点对象")), visit.say(words.COUNTS[of.counts])),
        (visit.say(N_("开始")), f"{moment(of.opened_at)} {of.opened_by or visit.say(N_('系统'))}"),
        (visit.say(N_("结束")), _closed(visit, of)),
        (visit.say(N_("在册")), str(of.expected)),
    ]
    tally = Section(
        visit.say(N_("盘点结果")),
        [visit.say(N_("结果")), visit.say(N_("数量"))],
        (6, 3),
        [(visit.say(words.OUTCOME[one.value].word), str(result.counts[one])) for one in reversed(ORDER)],
        "",
    )
    behind = [visit.say(N_("差异说明：%(reason)s"), reason=of.reason)] if of.reason else []
    found = [one for one in result.things if one.outcome is Outcome.FOUND]
    if len(found) > _MOST_FOUND:
        behind.append(visit.say(N_("在位的只列出前 %(n)s 个。"), n=_MOST_FOUND))
    return pdf(
        Paper(
            title=visit.say(N_("盘点报告")),
            unit=of.unit_name,
            facts=facts,
            sections=[tally, *(_section(visit, one, result.things) for one in ORDER if result.counts[one])],
            behind=behind,
            signatures=[
                Signature(visit.say(N_("盘点人")), of.closed_by or of.opened_by or ""),
                Signature(visit.say(N_("监盘人")), of.watched_by),
            ],
            by_hand=papers.by_hand(visit.language),
            printed=papers.printed_by(visit),
            numbering=papers.numbering(visit.language),
            made_at=visit.now,
        )
    )


def _closed(visit: Visit, of: StocktakeView) -> str:
    if of.closed_at is None:
        return visit.say(N_("尚未结束，不是最终结果"))
    return f"{moment(of.closed_at)} {of.closed_by or visit.say(N_('系统'))}"


def _section(visit: Visit, outcome: Outcome, things: Sequence[CountedView]) -> Section:
    head = [visit.say(word) for word in (N_("编号"), N_("户名"), N_("应在"), N_("实在"))]
    rows = [(one.what, one.account_name, one.place, one.seen) for one in things if one.outcome is outcome]
    return Section(visit.say(words.OUTCOME[outcome.value].word), head, (7, 6, 6, 6), rows[:_MOST_FOUND], "")


def _name(visit: Visit, place: PlaceView) -> str:
    return place.name or visit.say(words.PLACE[place.kind.value])


def _lines(visit: Visit, place: PlaceView) -> list[str]:
    """Return the quiet lines: the unit, and of what stays in its place where that is."""
    kind = visit.say(words.PLACE[place.kind.value])
    if place.kind in (Kind.BOX, Kind.ROOM):
        return [place.unit_name, kind]
    return [place.unit_name, " · ".join(one.name for one in place.way), kind]
