"""Everything that a page does has an operation for programs, or a reason why it has none."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.web.conftest import World
from tests.web.test_doors import addresses

TABLE: dict[str, dict[str, str]] = yaml.safe_load(Path(__file__).with_name("page_acts.yaml").read_text("utf-8"))
OPERATIONS, REASONS = TABLE["operations"], TABLE["reasons"]
_API = "/api/v1"


def acts(world: World) -> tuple[set[str], set[str]]:
    """The acts of the pages, and the operations of programs without what begins their addresses."""
    found = {f"{method} {path}" for path, methods in addresses(world).items() for method in methods}
    programs = {one.replace(_API, "", 1) for one in found if f" {_API}/" in one}
    return {one for one in found if f" {_API}/" not in one}, programs


def test_every_page_act_has_an_operation_or_a_reason(world: World) -> None:
    """A new page is thought about for programs before it is there; what is gone is not named any longer."""
    pages, programs = acts(world)
    assert sorted(pages - programs - set(OPERATIONS) - set(REASONS)) == []
    assert sorted((set(OPERATIONS) | set(REASONS)) - pages) == []
    # Said once: an act under the same address needs no row, and what has an operation needs no reason.
    assert sorted((set(OPERATIONS) | set(REASONS)) & programs) == []
    assert sorted(set(OPERATIONS) & set(REASONS)) == []


def test_the_operations_named_are_there(world: World) -> None:
    _, programs = acts(world)
    assert sorted(set(OPERATIONS.values()) - programs) == []


def test_no_write_without_an_operation_but_what_is_a_persons_own(world: World) -> None:
    """Besides ways in, files watched on a page and looks, a page changes nothing that a program cannot change."""
    own = ("/sign-", "/password", "/me/", "/people/{person_id}/", "/cases/imports/", "/lists/")
    writes = [one for one in REASONS if not one.startswith("GET ")]
    assert [one for one in writes if not one.split(" ", 1)[1].startswith(own)] == []
