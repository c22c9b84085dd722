"""Check a page in a browser against WCAG with axe-core, whose own copy is among the tests."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

_SOURCE = Path(__file__).parent / "vendor/axe.min.js"
#: The levels that the pages are to reach.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it is now: rule, what it asks, and the places."""
    page.evaluate(_SOURCE.read_text("utf-8"))
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']}).then(ran => ran.violations.map("
        "one => [one.id, one.help, ...one.nodes.map(node => node.html.slice(0, 160) + ' ' + node.failureSummary)]))",
        _RULES,
    )
    return [" | ".join(one) for one in found]
