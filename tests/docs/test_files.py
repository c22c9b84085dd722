"""What must not stand in any file of the project, and links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs import words

#: Files whose text is not ours.
FOREIGN = ("archive_service/web/static/vendor/", "tests/support/vendor/", "LICENSE")
INDEX_ADDRESS = re.compile(
    r"--(?:extra-)?index[-]url|--find-links|(?:files\.)?python[h]osted\.org|https?://[^\s\"')]+/simple\b"
)
#: Places on the machine of somebody; a name in angle brackets or capitals is an example.
MACHINE_PATH = re.compile(r"(?<![\w.$}~<>-])/(?:work|root|Users|home)/[a-z][\w.-]*")
OPEN_END = re.compile(r"\b(?:TODO|FIXME)\b(?!.*#\d)")


def ours() -> list[Path]:
    """Return the text files of the project that this folder does not hold itself."""
    return [path for path in words.files() if not str(path).startswith((*FOREIGN, "tests/docs/"))]


def offenders(pattern: re.Pattern[str]) -> list[str]:
    """Return every line that `pattern` finds, with its place."""
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in ours()
        if pattern.search(text := words.text_of(path))
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_package_index_is_named() -> None:
    """The project takes packages from wherever the machine takes them."""
    assert offenders(INDEX_ADDRESS) == []


def test_no_path_of_a_machine_is_named() -> None:
    """The project does not know where it lies."""
    assert offenders(MACHINE_PATH) == []


def test_nothing_is_left_open_without_an_issue() -> None:
    """What is still to be done says under which issue."""
    assert offenders(OPEN_END) == []


@pytest.mark.parametrize("document", [pytest.param(path, id=str(path)) for path in words.documents()])
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link of a document leads to a file, and to a heading where it names one."""
    for link in re.findall(r"\]\(([^)\s]+)\)", words.prose_of(document)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, heading = link.partition("#")
        target = (words.ROOT / document).parent / name if name else words.ROOT / document
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles], link


@pytest.mark.parametrize(
    "fragment", sorted((words.ROOT / "changelog/unreleased").iterdir()), ids=lambda path: path.name
)
def test_changelog_fragments_have_their_form(fragment: Path) -> None:
    """A fragment is named after its issue and begins with a heading that says what kind of change it is."""
    assert re.fullmatch(r"\d+-[a-z0-9-]+\.md", fragment.name)
    head, _, body = fragment.read_text("utf-8").partition("\n\n")
    assert re.fullmatch(r"# (?:Added|Changed|Fixed|Removed|Security): \S.*", head)
    assert body.strip()
