"""The dotted words of the program, as its source has them: error codes, verbs of the audit trail, and the rest."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("archive_service", "ingest", "indexing", "retention")
#: The shape of an error code and of a verb.
DOTTED = re.compile(r"[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z0-9]+)*(?:/[a-z]+)?|[a-z]+\.[a-z][0-9]")
#: What has the shape of a dotted word and names a file of ours or of others.
_FILES = re.compile(r".+\.(?:csv|db|ini|json|lock|pdf|po|svg|txt|xml|xsd|yaml|zip)")
#: Points that a step passes, an option of Alembic.
_OTHERS = {
    "read.page",
    "render.chunk",
    "rendition.prepared",
    "rendition.written",
    "rendition.committed",
    "sqlalchemy.url",
}
#: Words for events that a page would show; who writes the events is what counts.
_SHOWS_ONLY = ROOT / "archive_service/web/words"


@cache
def sources() -> dict[Path, str]:
    """Return the text of every module of the program, except single migrations: they keep old words for ever."""
    found = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {path: path.read_text("utf-8") for path in found if "versions" not in path.parts}


@cache
def _trees() -> tuple[ast.Module, ...]:
    return tuple(ast.parse(text) for text in sources().values())


@cache
def dotted() -> frozenset[str]:
    """Return every dotted word in the program that is a code, a verb or a right."""
    trees = [ast.parse(text) for path, text in sources().items() if path.parent != _SHOWS_ONLY]
    found = {word for tree in trees for part in tree.body if not _is_name_of_a_place(part) for word in _all_in(part)}
    return frozenset(word for word in found if not _is_something_else(word))


@cache
def raised() -> frozenset[str]:
    """Return the dotted words that are handed to an error or a finding, to `refuse`, or as `code=`."""
    makers = {*_errors(), "Finding", "refuse", "__init__"}
    found: set[str] = set()
    for call in _calls():
        if ast.unparse(call.func).rpartition(".")[2] in makers:
            found |= _words_of(call.args)
        found |= _words_of([given.value for given in call.keywords if given.arg in {"code", "error_code"}])
    return frozenset(found)


def _errors() -> set[str]:
    bases = {
        node.name: {ast.unparse(base) for base in node.bases}
        for tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = {"Exception", "ValueError"}
    while more := {name for name, under in bases.items() if under & known} - known:
        known |= more
    return known


@cache
def recorded() -> frozenset[str]:
    """Return the dotted words that are written into the audit trail: `did=` or an argument of a helper that records."""
    found: set[str] = set()
    for call in _calls():
        if ast.unparse(call.func) in {"_audit", "_note", "_finish"}:
            found |= _words_of(call.args)
        found |= _words_of([given.value for given in call.keywords if given.arg == "did"])
    return frozenset(found)


@cache
def composed() -> frozenset[str]:
    """Return the first parts, such as "scan.", of dotted words whose end is put in while the program runs."""
    joined = (node.values for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.JoinedStr))
    firsts = (parts[0].value for parts in joined if len(parts) == 2 and isinstance(parts[0], ast.Constant))
    return frozenset(first for first in firsts if re.fullmatch(r"[a-z-]+\.", str(first)))


@cache
def _calls() -> tuple[ast.Call, ...]:
    return tuple(node for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.Call))


def _words_of(given: list[ast.expr]) -> set[str]:
    # Into conditional expressions, but not into calls: what those are given is theirs.
    found: set[str] = set()
    for value in given:
        if isinstance(value, ast.IfExp):
            found |= _words_of([value.body, value.orelse])
        elif _is_dotted(value):
            assert isinstance(value, ast.Constant)
            found.add(value.value)
    return found


def _all_in(part: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(part) if isinstance(node, ast.Constant) and _is_dotted(node)}


def _is_name_of_a_place(part: ast.stmt) -> bool:
    # A constant of a module and no table of sentences: the name of a task, of a kind of job, of a file.
    return isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant | ast.BinOp | ast.Tuple)


def _is_dotted(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(DOTTED.fullmatch(node.value))


def _is_something_else(word: str) -> bool:
    if word in raised():
        return False
    module = ROOT / word.replace(".", "/")
    return (
        word in _OTHERS | _columns()
        or bool(_FILES.fullmatch(word))
        or module.is_dir()
        or module.with_suffix(".py").is_file()
    )


@cache
def _columns() -> frozenset[str]:
    from archive_service.db.base import Base

    named = {f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns}
    # A few tables may not be imported; every table's key has the same name.
    tables = re.findall(r'__tablename__ = "(\w+)"', "\n".join(sources().values()))
    return frozenset(named | {f"{table}.id" for table in tables})


def path_of(module: object) -> Path:
    """Return the file of a module."""
    return Path(str(vars(module)["__file__"]))


@cache
def files() -> tuple[Path, ...]:
    """Return the files that git keeps or would keep; without git, those outside of hidden and data folders."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        asked = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
        found = [Path(name) for name in names if name and (ROOT / name).is_file()]
    else:
        everything = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        found = [
            path for path in everything if not any(re.match(r"\.venv|\.git$|.*data$", part) for part in path.parts)
        ]
    return tuple(sorted(set(found)))


@cache
def text_of(path: Path) -> str:
    """Return the text of a file of the project, nothing for one that holds no text."""
    try:
        return (ROOT / path).read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def documents() -> tuple[Path, ...]:
    """Return the documents that people read."""
    return tuple(path for path in files() if path.suffix == ".md" and path.parts[0] != "archive_service")


def code_in(document: Path) -> str:
    """Return what a document sets as code: blocks and words in backquotes."""
    text = text_of(document)
    return "\n".join([*re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL), *re.findall(r"`([^`\n]+)`", text)])


def prose_of(document: Path) -> str:
    """Return a document without its code."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text_of(document), flags=re.MULTILINE | re.DOTALL))
