"""Rules of an edition that refer to each other in a circle, so that none of them ever says anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archive_service.catalogue import expressions
from archive_service.catalogue.marked_yaml import Path
from archive_service.catalogue.schema import EditionText


def of_conditions(text: EditionText) -> Iterator[tuple[Path, str]]:
    """Yield each condition that follows, over others, from itself."""
    follows: dict[str, set[str]] = {}
    for condition in text.conditions:
        try:
            parsed = expressions.parse(condition.derived_from) if condition.derived_from else None
        except expressions.BadExpression:
            # That is told by itself.
            parsed = None
        leaves = expressions.parts_of(parsed) if parsed else ()
        follows[condition.code] = {leaf.code for leaf in leaves if isinstance(leaf, expressions.Flag)}
    for code in follows:
        round_ = _circle(code, follows)
        if round_:
            yield ("conditions", code, "derived_from"), f"条件互相推导成环：{' → '.join(round_)}。请去掉其中一个。"


def of_excuses(text: EditionText) -> Iterator[tuple[Path, str]]:
    """Yield each alternative whose papers are excused by the paper that it excuses, so that neither need be held."""
    excused: dict[str, set[str]] = {}
    for group in text.groups:
        for each in group.any_of:
            for code in each.excuses:
                excused.setdefault(code, set()).update(each.papers)
    for group in text.groups:
        for position, each in enumerate(group.any_of):
            for code in each.excuses:
                round_ = _circle(code, excused)
                if round_:
                    path: Path = ("groups", group.code, "any_of", position, "excuses")
                    yield path, f"资料互相代替成环：{' → '.join(round_)}。请去掉其中一个。"


def _circle(start: str, links: Mapping[str, set[str]]) -> list[str]:
    """Return the way from `start` back to it, or nothing."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop()
        for following in sorted(links.get(way[-1], ())):
            if following == start:
                return [*way, start]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return []
