"""YAML whose every value knows its line, so that a finding can say where it is.

Read with care: the text may be anybody's. Aliases (which can multiply a small text without end), deep nesting and
repeated keys are findings, not surprises later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

try:  # the C reader is ten times as fast, and not in every build of PyYAML
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # pragma: no cover
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


class _Loader(_SafeLoader):
    """Safe, and dates stay text: the schema reads them and can say on which line one is wrong."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
}

_LONGEST_CHARS = 4_000_000
_DEEPEST = 20

#: Where a value is: keys of mappings, positions in lists; a text inside a list means the entry of that code.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a text and where; line and column count from 1."""

    line: int
    column: int
    path: str
    message: str


class MarkedYaml:
    """A YAML text, its value and the place of each part of it.

    `findings` is empty if the text could be read; only then `value` means anything.
    """

    def __init__(self, text: str) -> None:
        self.value: Any = None
        self._root: yaml.Node | None = None
        self.findings = _unsafe(text)
        if self.findings:
            return
        self._root = yaml.compose(text, Loader=_Loader)
        self.findings = list(_repeated_keys(self._root, ()))
        if self.findings:
            return
        try:
            # From the nodes at hand: reading the text once more would double the time of starting a process.
            self.value = _Loader("").construct_document(self._root) if self._root is not None else None
        except (yaml.YAMLError, ValueError) as e:
            self.findings = [_syntax(e, "有一个值的写法不对。")]

    def finding(self, path: Path, message: str, *, at_key: bool = False) -> Finding:
        """Return a finding at `path`, or at the nearest place above it that exists."""
        node, key = self._root, None
        for step in path:
            below = _step(node, step)
            if below is None:
                break
            key, node = below
        at = key if at_key and key is not None else node
        line, column = (at.start_mark.line + 1, at.start_mark.column + 1) if at is not None else (1, 1)
        return Finding(line, column, ".".join(str(step) for step in path), message)


def _unsafe(text: str) -> list[Finding]:
    if len(text) > _LONGEST_CHARS:
        return [Finding(1, 1, "", "文件太大，不像资料目录。")]
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                return [_at(event, "嵌套太深，不像资料目录。")]
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                return [_at(event, "资料目录不用锚点和别名（& 和 *），请把内容写全。")]
    except yaml.YAMLError as e:
        return [_syntax(e, "不是正确的 YAML：请检查这一行和上一行的缩进、冒号、引号和括号。")]
    return []


def _at(event: yaml.Event, message: str) -> Finding:
    mark = event.start_mark
    return Finding(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, "", message)


def _syntax(error: Exception, message: str) -> Finding:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return Finding(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, "", message)


def _repeated_keys(node: yaml.Node | None, path: Path) -> Iterator[Finding]:
    if isinstance(node, yaml.SequenceNode):
        for position, each in enumerate(node.value):
            yield from _repeated_keys(each, (*path, position))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                where = (*path, str(key.value))
                line, column = key.start_mark.line + 1, key.start_mark.column + 1
                yield Finding(line, column, ".".join(map(str, where)), f"“{key.value}”写了两次，只能写一次。")
            seen.add(str(key.value))
            yield from _repeated_keys(value, (*path, str(key.value)))


def _step(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    """Return key node (none in a list) and value node one step below `node`, or None if there is no such step."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode):
        if isinstance(step, int):
            return (None, node.value[step]) if step < len(node.value) else None
        return next(((None, each) for each in node.value if _code_of(each) == step), None)
    return None


def _code_of(node: yaml.Node) -> str | None:
    pairs: Sequence[tuple[yaml.Node, yaml.Node]] = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((str(value.value) for key, value in pairs if key.value in ("code", "name")), None)
