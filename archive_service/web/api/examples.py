"""Examples for the OpenAPI document, built from its schemas: each property by its name, else by its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What a property of this name looks like, wherever it stands.
_VALUES: dict[str, Any] = {
    "account_no": "3206810473",
    "account_name": "王秀英",
    "address": "https://hooks.example/archive",
    "application_no": "20261109000001",
    "after": 118,
    "batch": "12",
    "batch_name": "城关所 11 月",
    "box": [210, 388, 640, 431],
    "business": "NEW",
    "business_type": "NEW",
    "category": "LR",
    "centre_name": "城关供电所",
    "centre": "CG",
    "code": "record.changed",
    "customer_category": "LR",
    "description": "送电日期早于受理日期",
    "detail": "这条记录在您查看之后已被别人改动，这次没有保存。请重新读取后再改。",
    "document": "31",
    "document_date": "2026-11-09",
    "document_type": "A02R",
    "engine": "rapidocr 3.10.0",
    "event": "item.filed",
    "events": ["item.filed", "case.complete"],
    "file": "城关所-0012.pdf",
    "format": "pdf",
    "hash": "7c0e21b5a9d4",
    "identity_number": "11010519491231002X",
    "item": "17",
    "job": "204",
    "kind": "mass",
    "label": "营销系统",
    "login": "zhangsan",
    "message": "没有这份文件，或者您无权查看。请核对后再试。",
    "month": "2026-11",
    "name": "张三",
    "pattern": "",
    "proof": "0473",
    "person_name": "张三",
    "purpose": "inspection",
    "reason": "稽查单 2026-118",
    "rule": "XC08",
    "scan": "118",
    "secret": "whsec_c2hvd24gb25jZSwgbm90IGtlcHQ=",
    "seed": "7f3a09c1",
    "sensitivity": "internal",
    "service_address": "清河路 12 号 3 幢 401 室",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "status": 204,
    "text": "用电登记表",
    "title": "低压居民生活用电登记表",
    "unit": "kW",
    "unit_name": "城关供电所",
    "value": "8",
    "voltage": "220V",
    "webhook": "3",
    "words": "已更正，附送电单",
    "delivery": "5120",
    "deputy_for": "lisi",
}
_DEEPEST = 6


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """Return a value that fits `schema`; `schemas` are those it may refer to, `name` is what it is called."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas, name, depth)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], schemas, name, depth)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return _object(schema, schemas, depth)
    if name in _VALUES and _fits(_VALUES[name], schema):
        return _VALUES[name]
    if schema.get("type") == "array":
        return _array(schema, schemas, name, depth)
    return _plain(schema, name)


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        return {}
    return {name: example(one, schemas, name, depth + 1) for name, one in schema.get("properties", {}).items()}


def _array(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str, depth: int) -> list[Any]:
    if "prefixItems" in schema:
        return [example(one, schemas, "", depth + 1) for one in schema["prefixItems"]]
    return [example(schema.get("items", {}), schemas, name.removesuffix("s"), depth + 1)]


_TYPES: dict[str, type | tuple[type, ...]] = {"string": str, "integer": int, "number": (int, float), "array": list}


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    # A list of plain values is no list of objects, whatever it is called.
    plain = not isinstance(value, list) or "$ref" not in schema.get("items", {})
    return plain and isinstance(value, _TYPES.get(schema.get("type", ""), ())) and "pattern" not in schema


def _plain(schema: Mapping[str, Any], name: str) -> Any:
    kind = schema.get("type")
    if kind == "string":
        formats = {"date-time": "2026-11-20T02:00:00Z", "date": "2026-11-20"}
        named = _VALUES.get(name)
        return formats.get(schema.get("format", ""), named if named and isinstance(named, str) else "17")
    if kind in ("integer", "number"):
        return max(1, schema.get("minimum", 1))
    return {"boolean": False, "null": None}.get(str(kind), {})
