"""Every page as each role sees it, in every width and look: axe finds nothing, nothing scrolls sideways, no error."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from playwright.sync_api import Page

from tests.support.browser import faults, sideways
from tests.web.conftest import PHRASE, World
from tests.web.seen.conftest import Windows, sign_in

# How pages look does not depend on the database; what they do runs on both.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


#: The strip of the review desk has heads of the third level below the first; that is no rule of WCAG 2.2 AA.
BUT = ("heading-order",)


def addresses(world: World, login: str) -> list[str]:
    """Every page that a person has, with what stands in the archive of their centre."""
    near = world.near
    file, item = f"/households/{near.account_no}", f"/items/{near.internal_item}"
    everybody = ["/", "/me", "/password", "/style", "/me/notices", "/me/notices/settings"]
    reading = [
        "/cases", "/cases?complete=no&order=account", "/cases?q=nobody", file, f"{file}?papers=all", f"{file}/items",
        f"{file}/history", f"{file}/head", item, f"{item}?q={PHRASE}", f"{item}?beside={near.internal_item}:1",
        "/search",
        f"/cases/{near.application_no}/life", "/hand-overs", "/hand-overs?list=owed", "/off-system", "/calendar",
        f"/cases/{near.application_no}/papers",
        f"/search?q={PHRASE}", "/search?q=nothing", "/search?q=“open",
    ]  # fmt: skip
    working = [
        "/intake", f"/intake?batch={near.batch}", "/scans", f"/scans/{near.scan}", f"/review/{near.document}",
        "/review/queue", f"/intake/batches/{near.batch}/quality", f"{file}/cases/{near.application_no}/sheets",
        f"/scans/{near.scan}/read-again", "/cases/import", f"/cases/imports/{near.import_file}",
        "/copies", f"/copies/{near.copy}", f"{file}/copies/new",
        f"{file}/packages", f"/packages/{near.package}", "/packages/in", f"/packages/in/{near.hand_in}",
        "/retention/disposals",
        "/holds", "/holds/new", "/subjects", "/subjects/new", f"/search/hold?q={PHRASE}", "/retention",
        "/retention/schedules", "/retention/schedules/standard", f"{item}/retention",
        "/properties", f"/properties/{near.property_run}", "/properties/items",
    ]  # fmt: skip
    catalogue = [
        "/rulings", f"{file}/cases/{near.application_no}/gaps", "/catalogue", "/catalogue/new",
        f"/catalogue/drafts/{near.draft}", f"/catalogue/drafts/{near.draft}/edit", f"/catalogue/checks/{near.check}",
    ]  # fmt: skip
    rooms = [
        "/rooms", f"/rooms/places/{near.room}", f"/rooms/places/{near.room}/climate", "/rooms/stocktakes",
        f"/rooms/stocktakes/{near.stocktake}", "/rooms/transfers", f"/rooms/transfers/{near.transfer}",
    ]  # fmt: skip
    inspecting = [
        "/inspection", "/inspection?by=month&indicator=consistent", "/inspection?since=2099-01",
        "/inspection/anomalies", "/inspection/storage",
        "/inspection/samples", f"/inspection/samples/{near.sample}", f"/inspection/samples/{near.sample}/cases/1",
        "/inspection/findings", f"/inspection/findings/{near.raised}", "/audit/checkpoints",
        f"/audit/checkpoints/{near.checkpoint}", f"/audit/checkpoints/{near.checkpoint}/proof?seq={near.entry}",
        f"/audit/runs/{near.audit_run}",
    ]  # fmt: skip
    borrowing = [
        "/loans", f"/loans/ask?line={near.account_no}", "/loans/ask", f"/loans/matrix?account_no={near.account_no}",
    ]  # fmt: skip
    deciding = [
        "/loans/waiting", f"/loans/requests/{near.request}", "/loans/register", "/loans/register?state=refused",
        "/loans/pages",
    ]  # fmt: skip
    lending = ["/loans/desk", "/loans/desk?list=overdue", f"/loans/desk/wishes/{near.wish}", f"/loans/desk/{near.loan}"]
    return {
        "archivist": [
            *everybody, *reading, *working, *catalogue, *borrowing, *deciding, *lending, *rooms, "/rooms/scan",
            f"/rooms/papers/{near.internal_item}", "/jobs", "/jobs?state=done", f"/jobs/{near.job}",
        ],
        "staff": [*everybody, *reading, *borrowing, f"/items/{near.personal_item}"],
        "auditor": [*everybody, *reading, "/completeness", "/completeness/A/2026-11", *inspecting, *rooms],
        "unit_head": ["/", "/cases", file, item, *catalogue, *deciding],
        "sysadmin": [
            *everybody, "/jobs", "/notices/log", "/people", "/people/new", "/people/units", f"/people/{near.person}",
            f"/people/{near.person}/active/ask",
        ],
        "audit_admin": ["/"],
    }[login]  # fmt: skip


def complain(found: dict[str, list[str]]) -> None:
    """Fail with what is wrong with which page, a line each."""
    wrong = [f"{address}: {one}" for address, faulty in found.items() for one in faulty]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.mark.parametrize("login", ["archivist", "staff", "auditor", "unit_head", "sysadmin", "audit_admin"])
def test_no_page_has_a_fault_that_axe_can_find(world: World, windows: Windows, login: str) -> None:
    """WCAG 2.2 AA on every page of every role, as wide as a desk's screen and then as narrow as a phone's."""
    found: dict[str, list[str]] = {}
    with windows(1440, 900) as page:
        sign_in(page, login)
        for address in addresses(world, login):
            page.set_viewport_size({"width": 1440, "height": 900})
            page.goto(address)
            found[f"{address} at 1440"] = looked_at(page, address)
            page.set_viewport_size({"width": 390, "height": 844})
            found[f"{address} at 390"] = looked_at(page, address)
    complain(found)


@pytest.mark.parametrize(
    ("looks", "rules"),
    [
        ({"theme": "dark"}, ["color-contrast", "link-in-text-block"]),
        ({"print": "large", "density": "roomy"}, ["target-size", "scrollable-region-focusable"]),
    ],
)
def test_no_look_that_can_be_chosen_has_a_fault(
    world: World, windows: Windows, looks: dict[str, str], rules: list[str]
) -> None:
    """Dark pages keep their contrast; large print keeps everything on the screen, also on a tablet."""
    found: dict[str, list[str]] = {}
    with windows(1024, 768) as page:
        sign_in(page, "archivist")
        choose(page, **looks)
        for address in addresses(world, "archivist"):
            page.goto(address)
            found[address] = looked_at(page, address, only=rules)
    complain(found)


def looked_at(page: Page, address: str, *, only: Collection[str] = ()) -> list[str]:
    """Return what is wrong with a page as wide as the window is now; a look changes what `only` names."""
    wrong = faults(page, but=BUT if "/review/" in address else (), only=only)
    return [*wrong, *([f"{wide} px too wide"] if (wide := sideways(page)) > 0 else [])]


@pytest.mark.parametrize("address", ["/sign-in", "/verify-copy"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_that_anybody_sees_have_no_fault(windows: Windows, address: str, width: int) -> None:
    """The first page, and the one on which strangers check a copy."""
    with windows(width, 900) as page:
        page.goto(address)
        assert faults(page) == []
        assert sideways(page) <= 0


def choose(page: Page, **choices: str) -> None:
    """Keep choices of the person as the page `/me` does."""
    for name, value in choices.items():
        token = page.locator("input[name=token]").first.get_attribute("value")
        page.request.post("/me/preferences", form={"token": str(token), "name": name, "value": value, "next": "/me"})
