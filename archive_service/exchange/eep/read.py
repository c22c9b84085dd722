"""Reading an EEP package as hostile input: no entities, no network, nothing larger than it may be.

The XML is fitted against a schema, each file against its digests. What is wrong is found, all of it. Nothing here loads
the rest of the archive, so the sandbox can do it. Source: DA/T 48 as described in docs/decisions/0048.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import stat
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from lxml import etree

from archive_service.exchange.bags import check as bags
from archive_service.exchange.bags import names as paths
from archive_service.exchange.bags.check import Limits, digests_of, open_inside
from archive_service.exchange.bags.tags import MOST_FINDINGS
from archive_service.exchange.eep import names
from archive_service.exchange.eep.names import canonical, q
from archive_service.exchange.findings import Finding, printable

_ALGORITHMS = {"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512", "SM3": "sm3"}
_MOST_TOLD = 50
_SIZE = re.compile(r"\s*(\d{1,15})\s*", re.ASCII)
#: How the schema's reader names what it is about, and what should stand there instead.
_ABOUT, _INSTEAD = re.compile(r"'(?:\{[^}]*\})?([^']+)'"), re.compile(r"Expected is (?:one of )?\( (.*?) \)")


@dataclass(frozen=True)
class SignatureSaid:
    """A signature as the XML has it: algorithm, and certificate and result in base64."""

    algorithm: str
    certificate: str
    result: str


@dataclass
class EepRead:
    """What a package says and holds, but for who signed it."""

    findings: list[Finding] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    #: sha256 by path.
    digests: dict[str, str] = field(default_factory=dict)
    #: Files that stood in the XML, where they were written; the others lie in the package.
    inline: dict[str, Path] = field(default_factory=dict)
    #: None for a package that could not be read so far.
    signatures: list[SignatureSaid] | None = None


#: What the signatures cover, in the folder that is written to.
SIGNED = "signed.xml"


def read_eep(folder: Path, *, desk: Path, limits: Limits | None = None) -> EepRead:
    """Read the package in `folder`; what stands in the XML, and what is signed, is written into the empty `desk`.

    What does not fit the schema is read as far as it goes, so that all that is wrong is told at once.
    """
    found, limits = EepRead(), limits or Limits()
    root = _parsed(folder, found)
    if root is None:
        return found
    version = root.findtext(q("版本"))
    if version not in names.READ_VERSIONS:
        found.findings.append(Finding("eep.version", names.FILE, f"不支持 DA/T 48 版本“{printable(version or '')}”。"))
    if root.findtext(f"{q('被签名对象')}/{q('封装包类型')}") == "修改型":
        found.findings.append(Finding("eep.modified", names.FILE, "是修改型封装包。请移交方导出原始型封装包。"))
    _documents(root, folder, found, desk, limits)
    _besides(folder, found, limits)
    found.findings += paths.collisions(found.files)
    signed = root.find(q("被签名对象"))
    if signed is not None:
        said = [_signature(one) for one in root.findall(f"{q('电子签名块')}/{q('电子签名')}")]
        found.signatures = [one for one in said if one is not None]
        (desk / SIGNED).write_bytes(canonical(signed))
    found.findings = list(dict.fromkeys(found.findings))[:MOST_FINDINGS]
    return found


def _signature(one: Any) -> SignatureSaid | None:
    """Return a signature; none for one without an algorithm, a result or a certificate that can be read."""
    certificate, result = one.findtext(f"{q('证书块')}/{q('证书')}"), one.findtext(q("签名结果"))
    algorithm = (one.findtext(q("签名算法标识")) or "").strip()
    if not algorithm or _decoded(certificate) is None or _decoded(result) is None:
        return None
    return SignatureSaid(algorithm, certificate, result)


def _decoded(text: str | None) -> bytes | None:
    """Return what base64 says; none for none."""
    try:
        return base64.b64decode("".join((text or "").split()), validate=True) if text is not None else None
    except (binascii.Error, ValueError):
        return None


def _besides(folder: Path, found: EepRead, limits: Limits) -> None:
    """Find what lies in the package and is on no list: links, names that lead out, files that nobody vouches for."""
    seen = bags.Checked()
    bags.walk(folder, seen, limits)
    found.findings += seen.findings
    listed = set(found.files) - set(found.inline)
    for path in sorted(set(seen.files) - listed - {names.FILE}):
        found.findings.append(Finding("eep.not-listed", printable(path), "没有列入封装包文件。"))


def _parsed(folder: Path, found: EepRead) -> Any:
    def bad(code: str, said: str) -> None:
        found.findings.append(Finding(code, names.FILE, said))

    try:
        with open_inside(folder, names.FILE) as stream:
            content = stream.read(names.LARGEST + 1)
    except OSError:
        return bad("eep.missing", "信息包里没有封装包文件，或者它是链接。")
    if len(content) > names.LARGEST:
        return bad("eep.too-large", f"封装包文件超过 {names.LARGEST // 1024**2} MB。大文件请按引用存放。")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:64]:
        return bad("eep.encoding", "封装包文件不是 UTF-8 编码。")
    # Before any parser sees it: a document type is where entities come from.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        return bad("eep.entities", "封装包文件带有文档类型或实体声明，不予接收。")
    # Without comments, as the canonical form is by the standard: what is read is what is signed.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return bad("eep.damaged", "封装包文件不是完好的 XML，或者嵌套过深、单个内容过大。")
    if root.getroottree().docinfo.doctype:
        return bad("eep.entities", "封装包文件带有文档类型或实体声明，不予接收。")
    if root.tag != q(names.ROOT):
        return bad("eep.schema", f"根元素不是“{names.ROOT}”，或者命名空间不是 {names.NAMESPACE}。")
    schema = _schema()
    if not schema.validate(root):
        for said in list(dict.fromkeys(map(_unfit, schema.error_log)))[:_MOST_TOLD]:
            bad("eep.schema", said)
    return root


def _unfit(one: Any) -> str:
    """Say where the XML does not fit the schema, and what should stand there."""
    about, instead = _ABOUT.search(one.message), _INSTEAD.search(one.message)
    name = printable(about.group(1)) if about else ""
    if instead is None:
        return f"第 {one.line} 行“{name}”不符合封装包结构。"
    wanted = "、".join(part.rpartition("}")[2] for part in instead.group(1).split(", "))
    if "Missing child" in one.message:
        return f"第 {one.line} 行“{name}”里缺少内容，应有：{printable(wanted)}。"
    return f"第 {one.line} 行的“{name}”不应在这里，此处应为：{printable(wanted)}。"


@cache
def _schema() -> Any:
    text = resources("archive_service.exchange.eep").joinpath("schema.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(text))


def _documents(root: Any, folder: Path, found: EepRead, desk: Path, limits: Limits) -> None:
    total = 0
    for number, one in enumerate(root.iter(q("文档")), start=1):
        if number > limits.files:
            found.findings.append(Finding("eep.too-many", "", f"文件超过 {limits.files} 个，没有继续检查。"))
            return
        path = one.findtext(q("文档标识符"))
        if not path:
            continue
        wrong = paths.strict_finding(path)
        if wrong is not None:
            found.findings.append(wrong)
            continue
        told = {mark.get("算法") or "": (mark.text or "").strip().lower() for mark in one.findall(q("数字摘要"))}
        size = _SIZE.fullmatch(one.findtext(f"{q('电子属性')}/{q('计算机文件大小')}") or "")
        seen = _digests(one, path, folder, found, desk / f"{number:06d}", told)
        if seen is None:
            continue
        sums, real = seen
        if path in found.digests and found.digests[path] != sums["sha256"]:
            found.findings.append(Finding("eep.duplicate", path, "同一标识符有两份不同的内容。"))
        total += real if path not in found.files else 0
        found.files[path], found.digests[path] = real, sums["sha256"]
        if total > limits.size_bytes:
            found.findings.append(Finding("eep.too-large", "", f"内容超过 {limits.size_bytes} 字节。"))
            return
        if size is not None and real != int(size.group(1)):
            found.findings.append(Finding("eep.size", path, f"登记为 {size.group(1)} 字节，实际 {real} 字节。"))
        _compare(path, told, sums, found)


def _digests(
    one: Any, path: str, folder: Path, found: EepRead, place: Path, told: dict[str, str]
) -> tuple[dict[str, str], int] | None:
    """Return digests and size of a document, wherever it is; none for one that is not there."""
    wanted = {"sha256", *(_ALGORITHMS[name] for name in told if name in _ALGORITHMS)} & hashlib.algorithms_available
    inline = one.findtext(q("编码数据"))
    if inline is not None:
        content = _decoded(inline)
        if content is None:
            found.findings.append(Finding("eep.inline", path, "内容不是完好的 base64 编码。"))
            return None
        place.write_bytes(content)
        found.inline[path] = place
        return {name: hashlib.new(name, content).hexdigest() for name in wanted}, len(content)
    where = one.findtext(q("存储位置"))
    if not where:
        return None
    wrong = paths.strict_finding(where)
    if wrong is not None:
        found.findings.append(wrong)
        return None
    if where != path:
        found.findings.append(Finding("eep.reference", printable(path), "引用的位置与文档标识符不一致。"))
        return None
    try:
        with open_inside(folder, where) as stream:
            about = _size(stream)
        return digests_of(folder, where, wanted), about
    except OSError:
        found.findings.append(Finding("eep.missing", printable(path), "引用的文件不在信息包里，或者是链接。"))
        return None


def _size(stream: Any) -> int:
    about = os.fstat(stream.fileno())
    if not stat.S_ISREG(about.st_mode):
        raise OSError("not a regular file")
    return about.st_size


def _compare(path: str, told: dict[str, str], sums: dict[str, str], found: EepRead) -> None:
    known = {name: digest for name, digest in told.items() if _ALGORITHMS.get(name) in sums}
    if told and not known:
        said = f"只有 {printable('、'.join(told))} 摘要，不足以证明内容未被改动。请用 SHA-256 或 SM3 重新封装。"
        found.findings.append(Finding("eep.weak", printable(path), said))
    for name, digest in known.items():
        if sums[_ALGORITHMS[name]] != digest:
            found.findings.append(Finding("eep.digest", printable(path), f"内容与 {name} 摘要不符。"))
