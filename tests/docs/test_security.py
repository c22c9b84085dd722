"""docs/security.md names tests; each of them is there, and every test with a number of the standard is named."""

from __future__ import annotations

import re

from tests.docs import words

PAGE = words.ROOT / "docs/security.md"


def names_of_tests() -> set[str]:
    """Return the names of all tests."""
    files = (words.ROOT / "tests").rglob("test_*.py")
    return {name for path in files for name in re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)}


def test_every_test_that_the_page_names_exists() -> None:
    """A requirement is not met by the name of a test that was renamed long ago."""
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text("utf-8")))
    assert len(named) > 50
    assert named - names_of_tests() == set()


def test_every_test_with_a_number_stands_on_the_page() -> None:
    """Who adds a test for a requirement says there what it proves."""
    numbered = {name for name in names_of_tests() if re.match(r"test_\d+_\d+_\d+_", name)}
    assert numbered - set(re.findall(r"`(test_\w+)`", PAGE.read_text("utf-8"))) == set()
