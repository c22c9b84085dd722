"""Whether a value fits a schema, for the part of JSON Schema that our OpenAPI document speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def faults(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any], at: str = "$") -> list[str]:
    """Return where and why `value` does not fit; `schemas` are those that may be referred to."""
    if "$ref" in schema:
        return faults(value, schemas[schema["$ref"].rpartition("/")[2]], schemas, at)
    if "anyOf" in schema:
        tried = [faults(value, one, schemas, at) for one in schema["anyOf"]]
        return [] if any(not one for one in tried) else tried[0]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is none of {schema['enum']}"]
    kind = schema.get("type")
    if kind is not None and not _is(value, kind):
        return [f"{at}: {value!r} is no {kind}"]
    if isinstance(value, dict):
        return _object(value, schema, schemas, at)
    if isinstance(value, list):
        items = schema.get("prefixItems") or [schema.get("items", {})] * len(value)
        return [
            found
            for n, (one, of) in enumerate(zip(value, items, strict=True))
            for found in faults(one, of, schemas, f"{at}[{n}]")
        ]
    return _plain(value, schema, at)


def _is(value: Any, kind: str) -> bool:
    if kind in ("integer", "number"):
        wanted = int if kind == "integer" else (int, float)
        return isinstance(value, wanted) and not isinstance(value, bool)
    return isinstance(value, _TYPES[kind])


def _object(value: dict[str, Any], schema: Mapping[str, Any], schemas: Mapping[str, Any], at: str) -> list[str]:
    properties = schema.get("properties", {})
    found = [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
    other = schema.get("additionalProperties", {})
    for name, one in value.items():
        if name in properties:
            found += faults(one, properties[name], schemas, f"{at}.{name}")
        elif isinstance(other, dict):
            found += faults(one, other, schemas, f"{at}.{name}")
        elif not other:
            found.append(f"{at}: {name} is not described")
    return found


def _plain(value: Any, schema: Mapping[str, Any], at: str) -> list[str]:
    if isinstance(value, str):
        short, long = len(value) < schema.get("minLength", 0), len(value) > schema.get("maxLength", 10**9)
        if short or long or not re.search(schema.get("pattern", ""), value):
            return [f"{at}: {value!r} does not fit {schema}"]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high:
            return [f"{at}: {value!r} is not from {low} to {high}"]
    return []
