"""Documents that cannot rot: each is held against the program."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from archive_service.audit import chain, checkpoints, verify
from archive_service.cli.main import cli
from archive_service.people.roles import NAMES, Right, Role, rights_of
from archive_service.settings import Settings
from archive_service.web.api import router
from ingest import states
from ingest.errors import SENTENCES
from tests.docs import words

DOCS = words.ROOT / "docs"
#: Words whose end is put in while the program runs.
COMPOSED = (
    {f"scan.{state.replace('_', '-')}" for state in states.FINAL}
    | {
        f"audit.{reason}"
        for module in (chain, verify)
        for reason in re.findall(r'Break\([^"]+"([a-z-]+)"\)', words.sources()[words.path_of(module)])
    }
    | {
        f"audit.{reason}"
        for reason in re.findall(r'Fault\([^"]+"([a-z-]+)"\)', words.sources()[words.path_of(checkpoints)])
    }
)


def rows(document: str, section: str = "") -> list[list[str]]:
    """Return the cells of the tables in a document, or in one of its sections, without their heads."""
    text = (DOCS / document).read_text("utf-8")
    if section:
        text = re.split(r"^## ", text.partition(f"## {section}\n")[2], flags=re.MULTILINE)[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in cells if row[0].startswith("`") or (row[0] > "z" and row[1].startswith("`"))]


def described(document: str, section: str = "") -> list[str]:
    """Return the words that stand in backquotes in the first column."""
    return [row[0].strip("`") for row in rows(document, section) if row[0].startswith("`")]


def commands(command: click.Command, path: str = "archive-service") -> Iterator[tuple[str, click.Command]]:
    """Yield every command of the command line with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found
            yield from commands(found, f"{path} {name}")


def test_settings_are_documented() -> None:
    """Every setting stands in docs/settings.md with the default that it has, and no other does."""
    told = {row[0].strip("`"): row[1].strip("`").replace("\\|", "|").replace("—", "") for row in rows("settings.md")}
    assert told == {f"ARCHIVE_{name.upper()}": default(name) for name in Settings.model_fields}


def default(name: str) -> str:
    """Return the default of a setting as one would write it into the environment."""
    value = Settings.model_fields[name].default
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_commands_have_help() -> None:
    """Every command says what it does, every option what it is for."""
    for path, command in commands(cli):
        assert command.help, path
        assert command.help.splitlines()[0].rstrip().endswith("."), path
        silent = [o.name for o in command.params if isinstance(o, click.Option) and not o.help]
        assert silent == [], path


def test_commands_in_documents_exist() -> None:
    """What a document tells people to type is a command."""
    known = {path for path, _ in commands(cli)}
    groups = {path for path, command in commands(cli) if isinstance(command, click.Group)}
    for document in words.documents():
        for typed in re.findall(r"archive-service((?: [a-z][a-z-]*)+)", words.code_in(document)):
            parts = ["archive-service", *typed.split()]
            path = " ".join(parts[:2])
            assert path in known, f"{document.name}: {path}"
            if path in groups and len(parts) > 2:
                assert " ".join(parts[:3]) in known, f"{document.name}: {' '.join(parts[:3])}"


def test_error_codes_are_documented() -> None:
    """Every code that the program can answer with stands in docs/errors.md, once, and no code that it cannot."""
    told = described("errors.md")
    assert sorted(told) == sorted(set(told))
    assert words.raised() | set(SENTENCES) <= set(told)
    assert set(told) <= words.dotted() | COMPOSED


def test_audit_verbs_are_documented() -> None:
    """Every verb of the audit trail stands in the glossary, and no verb that is never written."""
    told = described("glossary.md", "Verbs of the audit trail")
    assert words.recorded() <= set(told)
    assert set(told) <= words.recorded() | COMPOSED | words.dotted()


def test_no_dotted_word_is_without_a_place() -> None:
    """What looks like a code and is neither described as code, verb or right was forgotten."""
    told = {*described("errors.md"), *described("glossary.md", "Verbs of the audit trail"), *Right}
    assert words.dotted() - told == set()


@pytest.mark.parametrize("prefix", sorted(words.composed()))
def test_composed_words_are_known(prefix: str) -> None:
    """Where a word is put together while the program runs, this test knows what it can become."""
    assert any(word.startswith(prefix) for word in COMPOSED)
    assert {word for word in COMPOSED if word.startswith(prefix)} <= {
        *described("errors.md"),
        *described("glossary.md", "Verbs of the audit trail"),
    }


def test_glossary_words_are_used() -> None:
    """Every identifier of the glossary stands in the program."""
    program = "\n".join(words.sources().values())
    used = set(re.findall(r"\w+", program)) | {path.stem for path in words.sources()}
    used |= {path.parent.name for path in words.sources()}
    told = {one for row in rows("glossary.md") for one in re.findall(r"`(\w+)`", row[1])}
    assert told - used == set()


def test_roles_and_their_rights_are_documented() -> None:
    """The glossary gives every role its name and exactly its rights."""
    told = {row[1].strip("`"): (row[0], set(re.findall(r"`([^`]+)`", row[2]))) for row in rows("glossary.md", "People")}
    assert told == {role.value: (NAMES[role], {str(right) for right in rights_of(role)}) for role in Role}


def test_addresses_of_the_interface_are_documented() -> None:
    """docs/api.md lists every address under /api/v1 with its method, and no other."""
    app = FastAPI()
    app.include_router(router())
    served = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }
    assert set(described("api.md")) == served


def test_decisions_are_listed() -> None:
    """Every decision stands in the list under its number and title, without a gap."""
    files = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.name != "README.md")
    heads = [path.read_text("utf-8").splitlines()[0] for path in files]
    table = (DOCS / "decisions/README.md").read_text("utf-8")
    listed = re.findall(r"^\| \[(\d{4})\]\(([^)]+)\) \| (.+) \|$", table, re.MULTILINE)
    assert [(name, f"# {number} {title}") for number, name, title in listed] == [
        (path.name, head) for path, head in zip(files, heads, strict=True)
    ]
    assert [int(number) for number, _, _ in listed] == list(range(1, len(files) + 1))
