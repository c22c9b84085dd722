"""The text files of a bag, read line by line: pure. What cannot be read is a finding, never an exception."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from archive_service.exchange.bags import names
from archive_service.exchange.findings import Finding, printable

#: Digest algorithms and the length of their digests as text.
ALGORITHMS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
#: Those by which a package is believed.
STRONG = frozenset({"sha256", "sha384", "sha512"})
#: Encodings that tag files may have, by the name that Python knows.
ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-16": "utf-16", "utf-16be": "utf-16-be", "utf-16le": "utf-16-le",
    "utf-32": "utf-32", "utf-32be": "utf-32-be", "utf-32le": "utf-32-le", "iso-8859-1": "iso-8859-1",
    "windows-1252": "cp1252", "us-ascii": "ascii", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030",
    "big5": "big5", "shift_jis": "shift_jis", "euc-jp": "euc_jp", "euc-kr": "euc_kr",
}  # fmt: skip
#: Files of a bag that have a name of their own.
DECLARATION, INFO, FETCH = "bagit.txt", "bag-info.txt", "fetch.txt"
#: From 0.97 on the standard hardly changed; what was allowed before is allowed still.
VERSIONS = ("0.93", "0.94", "0.95", "0.96", "0.97", "1.0")
_VERSION = re.compile(r"BagIt-Version: ([0-9]+\.[0-9]+)\s*")
_ENCODING = re.compile(r"Tag-File-Character-Encoding: (\S+)\s*")
#: Findings of one kind that are named; a package of a hundred thousand wrong files is wrong all the same.
MOST_FINDINGS = 2000
_LINE = re.compile(r"([0-9A-Fa-f]+)[ \t]+\*?(.+)")


@dataclass
class Manifest:
    """What one manifest says: digests by path."""

    name: str
    algorithm: str
    entries: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def lines_of(text: str) -> list[str]:
    """Return the lines of a tag file, ended in any of the three ways; other separators of Unicode end no line."""
    return [line for line in re.split(r"\r\n|\n|\r", text) if line]


def declaration(content: bytes) -> tuple[str, str, list[Finding]]:
    """Return version and encoding that `bagit.txt` declares, and what is wrong with it."""

    def bad(code: str, said: str) -> tuple[str, str, list[Finding]]:
        return "1.0", "utf-8", [Finding(code, DECLARATION, said)]

    if content.startswith(b"\xef\xbb\xbf"):
        return bad("bag.declaration", "声明文件以字节序标记开头，规范不允许。")
    try:
        lines = lines_of(content.decode("utf-8"))
    except UnicodeDecodeError:
        return bad("bag.declaration", "声明文件不是 UTF-8 文本。")
    version = _VERSION.fullmatch(lines[0]) if lines else None
    encoding = _ENCODING.fullmatch(lines[1]) if len(lines) == 2 else None
    if version is None or encoding is None:
        return bad("bag.declaration", "声明文件应恰好有版本和编码两行。")
    if version.group(1) not in VERSIONS:
        return bad("bag.version", f"不支持 BagIt {version.group(1)}，可接收 {'、'.join(VERSIONS)}。")
    known = ENCODINGS.get(encoding.group(1).lower())
    if known is None:
        return bad("bag.encoding", f"不支持编码 {printable(encoding.group(1))}。")
    return version.group(1), known, []


def manifest(name: str, algorithm: str, text: str, *, payload: bool, literal: Container[str] = frozenset()) -> Manifest:
    """Read a manifest; `payload` says whether it lists the payload or the tag files.

    A path that is one of `literal` is meant as it is written: before version 1.0 no per cent sign had to be a code.
    """
    made = Manifest(name, algorithm)
    for number, line in enumerate(lines_of(text), start=1):
        if len(made.findings) >= MOST_FINDINGS:
            break
        found = _LINE.fullmatch(line)
        if found is None or len(found.group(1)) != ALGORITHMS[algorithm]:
            made.findings.append(Finding("bag.manifest-line", name, f"第 {number} 行不是“摘要 路径”。"))
            continue
        path = found.group(2).removeprefix("./")
        path = path if path in literal else names.decoded(path)
        wrong = names.path_finding(path)
        if wrong is not None:
            made.findings.append(wrong)
        elif payload != path.startswith("data/"):
            said = "载荷清单只能列 data 目录内的文件。" if payload else "标签清单不能列 data 目录内的文件。"
            made.findings.append(Finding("bag.path", printable(path), said))
        elif path in made.entries:
            made.findings.append(Finding("bag.duplicate", printable(path), f"在 {name} 中出现不止一次。"))
        else:
            made.entries[path] = found.group(1).lower()
    return made


def info(text: str) -> tuple[list[tuple[str, str]], list[Finding]]:
    """Return the fields of `bag-info.txt` in their order, and what is wrong with it."""
    fields: list[tuple[str, list[str]]] = []
    findings: list[Finding] = []
    for number, line in enumerate(lines_of(text), start=1):
        label, colon, value = line.partition(":")
        if line[0] in " \t" and fields:
            fields[-1][1].append(line.strip())
        elif colon and label.strip() and line[0] not in " \t":
            fields.append((label.strip(), [value.strip()]))
        elif len(findings) < MOST_FINDINGS:
            findings.append(Finding("bag.info", INFO, f"第 {number} 行不是“名称: 值”。"))
    return [(label, " ".join(parts)) for label, parts in fields], findings


def oxum(fields: Iterable[tuple[str, str]]) -> tuple[int, int] | Finding | None:
    """Return the bytes and files that Payload-Oxum names; none where it says nothing, a finding for nonsense."""
    said = [value for name, value in fields if name.lower() == "payload-oxum"]
    if not said:
        return None
    found = re.fullmatch(r"(\d{1,18})\.(\d{1,12})", said[0])
    if found is None or len(said) > 1:
        return Finding("bag.oxum", INFO, "Payload-Oxum 应恰好有一个，写作“字节数.文件数”。")
    return int(found.group(1)), int(found.group(2))
