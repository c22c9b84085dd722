"""What is wrong with a package: every finding is named, with the file it is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archive_service.errors import Refused

#: Findings that a refusal prints; the rest is counted.
_PRINTED = 20


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a stable code, where, and a sentence."""

    code: str
    #: Path inside the package, printable; empty when it is about the package itself.
    path: str
    message: str


def printable(path: str) -> str:
    """Return a path out of a foreign package so that it can be shown: control signs and lone surrogates replaced."""
    return "".join(sign if sign.isprintable() else "�" for sign in path)[:300]


class PackageRefused(Refused):
    """A package that is not taken; `findings` holds all that is wrong with it."""

    def __init__(self, code: str, message: str, **facts: object) -> None:
        super().__init__(code, message, **facts)


def refused(findings: Sequence[Finding]) -> PackageRefused:
    """Return the refusal of a package with these findings."""
    shown = [f"{one.path}：{one.message}" if one.path else one.message for one in findings[:_PRINTED]]
    rest = len(findings) - len(shown)
    more = f"\n……另有 {rest} 处。" if rest else ""
    message = f"这个信息包有 {len(findings)} 处问题，没有接收任何内容。请退回移交方更正后重新导出：\n"
    return PackageRefused("package.refused", message + "\n".join(shown) + more, findings=as_facts(findings))


def as_facts(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Return findings as plain values."""
    return [{"code": one.code, "path": one.path, "message": one.message} for one in findings]
