"""Metadata of a household by the four domains of DA/T 46: files, agents, business, relations; as XML, pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

#: Elements are named as the standard names them in Chinese; the namespace is this program's own.
NAMESPACE = "urn:archive-service:dat46:2009"
_STATES = {"filed": "有效", "withdrawn": "撤回"}


def xml(said: Mapping[str, Any]) -> bytes:
    """Return the metadata of what `household.json` says."""
    head = said["household"]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<元数据 xmlns="{NAMESPACE}">',
        "<机构人员>" + _one("机构编码", said["unit"]) + "</机构人员>",
    ]
    lines += [_file(said, head, item) for item in said["items"]]
    lines += [_business(case) for case in said["cases"]]
    lines += [_relation(head, case) for case in said["cases"]]
    return "\n".join([*lines, "</元数据>", ""]).encode()


def _file(said: Mapping[str, Any], head: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    codes = {case["application_no"]: (case["archive_code"] or {}).get("code") for case in said["cases"]}
    code = codes.get(item["application_no"])
    told = (
        ("聚合层次", "文件"),
        ("立档单位", said["unit"]),
        ("户号", head["account_no"]),
        ("申请编号", item["application_no"]),
        ("档号", f"{code}-{item['item_no']:03d}" if code else None),
        ("件号", item["item_no"]),
        ("题名", item["title"]),
        ("文件类型", item["document_type"]),
        ("日期", item["document_date"]),
        ("归档日期", item["filed_at"]),
        ("页数", len(item["pages"])),
        ("密级", item["sensitivity"]),
        ("原件性质", item["medium"]),
        ("状态", _STATES.get(item["state"], item["state"])),
    )
    return "<文件实体>" + "".join(_one(name, value) for name, value in told) + _documents(item) + "</文件实体>"


def _documents(item: Mapping[str, Any]) -> str:
    originals = dict.fromkeys(page["original_digest"] for page in item["pages"])
    listed = [("主文件", digest) for digest in originals]
    if item["rendition"]:
        listed.append(("可检索副本", item["rendition"]["digest"]))
    return "".join(
        f"<文档><角色>{role}</角色><数字摘要 算法='SHA-256'>{digest}</数字摘要></文档>" for role, digest in listed
    )


def _business(case: Mapping[str, Any]) -> str:
    told = [("业务标识", case["application_no"]), ("业务类型", case["business_type"]), ("业务状态", case["state"])]
    stages = "".join(
        f"<行为>{_one('名称', one['stage'])}{_one('日期', one['done_on'])}</行为>" for one in case["stages"]
    )
    return "<业务实体>" + "".join(_one(name, value) for name, value in told) + stages + "</业务实体>"


def _relation(head: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    return (
        "<实体关系>"
        + _one("关系类型", "同属一户")
        + _one("源实体", case["application_no"])
        + _one("目标实体", head["account_no"])
        + "</实体关系>"
    )


def _one(name: str, value: object) -> str:
    return "" if value is None or value == "" else f"<{name}>{escape(clean(str(value)))}</{name}>"


def clean(text: str) -> str:
    """Return a text without the signs that XML cannot hold."""
    return "".join(
        sign for sign in text if sign in "\t\n\r" or (ord(sign) >= 0x20 and ord(sign) not in (0xFFFE, 0xFFFF))
    )
