"""Writing a household as an EEP package: small originals stand in the signed XML, the rest beside it by digest."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lxml import etree
from sqlalchemy.orm import Session

from archive_service import signing
from archive_service.exchange import content as contents
from archive_service.exchange import dat46
from archive_service.exchange.bags.write import Target
from archive_service.exchange.content import Content
from archive_service.exchange.eep import names
from archive_service.exchange.eep.names import canonical, q
from archive_service.exchange.pack import HOUSEHOLD, Progress, kind_of
from archive_service.settings import Settings
from archive_service.storage.store import CHUNK, ObjectStore, Readable, damaged

_WHAT = "本包按 DA/T 48 的结构封装；大文件按摘要引用，存放在本包的 data 目录。"


class _Files:
    """What the package holds: written beside the XML, or kept to stand in it."""

    def __init__(self, target: Target) -> None:
        self._target, self._room = target, names.INLINE_TOTAL
        #: Size, sha256, and the bytes where they stand in the XML; by path.
        self.there: dict[str, tuple[int, str, bytes | None]] = {}

    def add(self, path: str, source: Readable, *, inline: bool) -> str:
        """Take a file in and return its sha256."""
        first = _up_to(source, names.INLINE + 1) if inline else b""
        if inline and len(first) <= min(names.INLINE, self._room):
            self._room -= len(first)
            digest = hashlib.sha256(first).hexdigest()
            self.there[path] = len(first), digest, first
            return digest
        total, seen = len(first), hashlib.sha256(first)
        with self._target.open(path) as out:
            out.write(first)
            while chunk := source.read(CHUNK):
                total += len(chunk)
                seen.update(chunk)
                out.write(chunk)
        self.there[path] = total, seen.hexdigest(), None
        return seen.hexdigest()


def _up_to(source: Readable, size: int) -> bytes:
    found = b""
    while len(found) < size and (chunk := source.read(size - len(found))):
        found += chunk
    return found


def write_eep(
    target: Target,
    session: Session,
    store: ObjectStore,
    content: Content,
    *,
    settings: Settings,
    program: str,
    now: datetime,
    progress: Progress = lambda done, total: None,
) -> int:
    """Write a whole package and return how many files it holds. Raises Damaged, NotFound for an object."""
    files, paths = _Files(target), dict[str, str]()
    total = len(content.objects) + len(content.carried)
    for done, (digest, role) in enumerate(content.objects.items(), start=1):
        paths[digest] = _put(files, store, digest, f"data/{role}s/{digest}", inline=role == "original")
        progress(done, total)
    for number, digest in enumerate(content.carried, start=1):
        _put(files, store, digest, f"data/history/{number:04d}", inline=False, kind="jsonl")
    lines = b"".join(contents.history(session, content))
    files.add(f"data/history/{len(content.carried) + 1:04d}.jsonl", io.BytesIO(lines), inline=False)
    said = json.dumps({**content.said, "files": paths}, ensure_ascii=False, sort_keys=True, indent=1)
    files.add(f"data/{HOUSEHOLD}", io.BytesIO(said.encode()), inline=False)
    root = _tree(content.said, files, paths, program=program, now=now)
    _sign(root, settings, now=now)
    with target.open(names.FILE) as out:
        out.write(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
    return len(files.there)


def _put(files: _Files, store: ObjectStore, digest: str, stem: str, *, inline: bool, kind: str | None = None) -> str:
    with store.open(digest) as stream:
        first = stream.read(8)
    path = f"{stem}.{kind or kind_of(first)}"
    with store.open(digest) as stream:
        if files.add(path, stream, inline=inline) != digest:
            raise damaged(digest)
    return path


def _tree(said: Mapping[str, Any], files: _Files, paths: Mapping[str, str], *, program: str, now: datetime) -> Any:
    root = etree.Element(q(names.ROOT), nsmap={None: names.NAMESPACE})
    _one(root, "封装包格式描述", _WHAT)
    _one(root, "版本", names.VERSION)
    signed = _one(root, "被签名对象")
    _one(signed, "封装包类型", "原始型")
    _one(signed, "封装包类型描述", program)
    _one(signed, "封装包创建时间", now.isoformat(timespec="seconds"))
    _one(signed, "封装包创建单位", said["unit"])
    inside = _one(signed, "封装内容")
    block = _one(inside, "文件实体块")
    _whole(block, said, files)
    for item in said["items"]:
        _item(block, said, item, files, paths)
    business = _one(inside, "业务实体块")
    for case in said["cases"]:
        one = _one(business, "业务实体")
        _one(one, "业务标识符", case["application_no"])
        _one(one, "业务类型", case["business_type"])
        _one(one, "业务状态", case["state"])
        for stage in case["stages"]:
            act = _one(one, "业务行为")
            _one(act, "行为名称", stage["stage"])
            _one(act, "行为日期", stage["done_on"])
    _one(_one(_one(inside, "机构人员实体块"), "机构人员实体"), "机构人员名称", said["unit"])
    return root


def _whole(block: Any, said: Mapping[str, Any], files: _Files) -> None:
    """The household itself, with everything that belongs to no single item."""
    number = said["household"]["account_no"]
    inner = [path for path in files.there if not path.startswith("data/originals/")]
    _entity(block, said, "案卷", number, said["household"]["account_name"], pages=None, code=None, kind=None, date=None)
    data = _one(block[-1], "文件数据")
    for place, path in enumerate(inner, start=1):
        _document(data, place, path, files, main=path.endswith("household.json"))


def _item(
    block: Any, said: Mapping[str, Any], item: Mapping[str, Any], files: _Files, paths: Mapping[str, str]
) -> None:
    codes = {case["application_no"]: (case["archive_code"] or {}).get("code") for case in said["cases"]}
    code = codes.get(item["application_no"])
    name = f"{said['household']['account_no']}-{item['item_no']:03d}"
    _entity(
        block, said, "文件", name, item["title"], pages=len(item["pages"]), kind=item["document_type"],
        code=f"{code}-{item['item_no']:03d}" if code else None, date=item["document_date"],
    )  # fmt: skip
    data = _one(block[-1], "文件数据")
    originals = dict.fromkeys(page["original_digest"] for page in item["pages"])
    for place, digest in enumerate(originals, start=1):
        _document(data, place, paths[digest], files, main=place == 1)


def _entity(
    block: Any,
    said: Mapping[str, Any],
    level: str,
    number: str,
    title: str,
    *,
    pages: int | None,
    code: str | None,
    kind: str | None,
    date: str | None,
) -> None:
    one = _one(block, "文件实体")
    _one(one, "聚合层次", level)
    _one(_one(one, "来源"), "立档单位", said["unit"])
    _one(one, "电子文件号", number)
    about = _one(one, "内容描述")
    told = (("题名", title), ("日期", date), ("年度", date[:4] if date else None), ("档号", code), ("文件类型", kind))
    for name, value in told:
        if value:
            _one(about, name, value)
    if pages is not None:
        _one(_one(one, "形式特征"), "页数", str(pages))


def _document(data: Any, place: int, path: str, files: _Files, *, main: bool) -> None:
    size, digest, inline = files.there[path]
    one = _one(data, "文档")
    _one(one, "文档标识符", path)
    _one(one, "文档序号", str(place))
    _one(one, "文档主从声明", "主文件" if main else "附件")
    kept = _one(one, "电子属性")
    _one(kept, "格式信息", path.rpartition(".")[2])
    _one(kept, "计算机文件大小", str(size))
    _one(one, "数字摘要", digest).set("算法", "SHA-256")
    # What two items share stands in the XML once, with the first of them.
    if inline is None:
        _one(one, "存储位置", path)
        return
    _one(one, "编码数据", base64.b64encode(inline).decode()).set("编码方式", "base64")


def _sign(root: Any, settings: Settings, *, now: datetime) -> None:
    made = signing.sign_bytes(settings, canonical(root.find(q("被签名对象"))), now=now)
    one = _one(_one(root, "电子签名块"), "电子签名")
    _one(one, "签名标识符", "修改0-签名1")
    _one(one, "签名规则", "被签名对象经 XML 规范化（C14N 1.0）后签名")
    _one(one, "签名时间", now.isoformat(timespec="seconds"))
    _one(one, "签名人", made.name)
    _one(one, "签名结果", base64.b64encode(made.signature).decode())
    _one(_one(one, "证书块"), "证书", base64.b64encode(made.certificate).decode())
    _one(one, "签名算法标识", made.algorithm)


def _one(parent: Any, name: str, text: str | None = None) -> Any:
    made = etree.SubElement(parent, q(name))
    if text is not None:
        made.text = dat46.clean(text)
    return made
