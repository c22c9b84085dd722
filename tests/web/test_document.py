"""The OpenAPI document says what is true: complete, its examples fit, and no request that it allows breaks anything."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.json_schema import faults
from tests.web.conftest import Browser, World

#: Numbers and names that somebody might send, beside those of the archive.
ODD = ["0", "1", "17", "-1", "2147483648", "9" * 30, "٣", "'", "%", "中文", "a/b", "<script>", "\u202e", "x" * 300]


def document_of(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = browser.get("/api/v1/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, methods in document["paths"].items() for method, one in methods.items()]


def test_the_document_is_complete(anonymous: Browser) -> None:
    """Version, an example and a problem for every operation, keys on writes, tags of records on reads and changes."""
    document = document_of(anonymous)
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    for path, method, operation in operations(document):
        assert operation["summary"], path
        assert operation["description"], path
        assert {"401", "403", "404", "422", "default"} <= set(operation["responses"]), path
        names = {one["name"] for one in operation["parameters"]}
        assert ("If-None-Match" if method == "get" else "Idempotency-Key") in names, path
        for status, answer in operation["responses"].items():
            for kind, content in answer.get("content", {}).items():
                assert "example" in content, (path, status)
                if "json" in kind:
                    assert faults(content["example"], content["schema"], schemas) == [], (path, method, status)
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            assert kind != "application/json" or faults(content["example"], content["schema"], schemas) == [], path


def test_nothing_is_answered_without_authentication(anonymous: Browser) -> None:
    """Every operation but the document itself: 401, as a problem."""
    for path, method, _ in operations(document_of(anonymous)):
        answer = anonymous.request(method, re.sub(r"\{[^}]*\}", "1", path), json={})
        assert (answer.status_code, answer.json()["code"]) == (401, "sign-in.required"), (method, path)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "page.not-found"),
        ("GET", "/api/v1/items/no-number", 404, "page.not-found"),
        ("PATCH", "/api/v1/cases", 405, "request.method"),
        ("GET", "/api/v1/cases?limit=x", 422, "request.malformed"),
        ("POST", "/api/v1/identity-search", 422, "request.malformed"),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(
    browser: Browser, method: str, path: str, status: int, code: str
) -> None:
    """With content type, code and title like any other."""
    answer = browser.request(method, path, headers={"X-Form-Token": browser.token})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status", "detail"}


def value_for(schema: dict[str, Any], schemas: dict[str, Any], known: list[str]) -> st.SearchStrategy[Any]:
    """Values that a schema allows, and now and then one that it does not."""
    if "$ref" in schema:
        return value_for(schemas[schema["$ref"].rpartition("/")[2]], schemas, known)
    if "anyOf" in schema:
        return st.one_of([value_for(one, schemas, known) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from([*schema["enum"], "none-of-these"])
    kind = schema.get("type")
    if kind == "object":
        properties = {name: value_for(one, schemas, known) for name, one in schema.get("properties", {}).items()}
        if not properties:
            return st.dictionaries(
                st.sampled_from(["1", "2", "x"]), st.lists(st.integers(0, 9), max_size=3), max_size=2
            )
        return st.fixed_dictionaries(properties) | st.fixed_dictionaries({}, optional=properties)
    if kind == "array":
        return st.lists(value_for(schema.get("items", {}), schemas, known), max_size=3)
    if kind == "integer":
        return st.sampled_from([0, 1, 2, 90, -1, 2**31]) | st.integers(-(2**70), 2**70)
    if kind == "boolean":
        return st.booleans()
    return st.sampled_from([*known, *ODD]) | st.text(max_size=30)


def known_numbers(world: World) -> list[str]:
    near, far = world.near, world.far
    return [
        *(str(one) for centre in (near, far) for one in (centre.internal_item, centre.scan, centre.job, centre.batch)),
        near.account_no,
        near.application_no,
        far.account_no,
    ]


@pytest.mark.parametrize("login", ["archivist", "staff", "auditor"])
def test_no_request_that_the_document_allows_breaks_anything(world: World, anonymous: Browser, login: str) -> None:
    """As three roles, over all operations: never 5xx but for what is being made, every answer as it is described."""
    anonymous.sign_in(login)
    document, known, token = document_of(anonymous), known_numbers(world), anonymous.token
    schemas, all_of_them = document["components"]["schemas"], operations(document_of(anonymous))

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        path, method, operation = data.draw(st.sampled_from(all_of_them))
        asked = [one for one in operation["parameters"] if one["in"] != "header"]
        said = {one["name"]: data.draw(value_for(one["schema"], schemas, known)) for one in asked}
        address = re.sub(r"\{([^}]*)\}", lambda found: quoted(said.pop(found[1])), path)
        query = {name: value for name, value in said.items() if value is not None and data.draw(st.booleans())}
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        sent = data.draw(value_for(body["schema"], schemas, known)) if body else None
        content = json.dumps(sent).encode() if body else None
        headers = {"X-Form-Token": token, "Content-Type": "application/json"}
        answer = anonymous.request(method, address, params=query, content=content, headers=headers)
        check(answer, operation, schemas, f"{method} {address}")

    ask()


def quoted(value: object) -> str:
    return quote(str(value), safe="") or "0"


def check(answer: Any, operation: dict[str, Any], schemas: dict[str, Any], asked: str) -> None:
    """The status is no fault, and the body is what the document says of it."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status_code >= 400:
        assert answer.status_code < 500 or answer.json()["code"] == "rendition.not-ready", (asked, answer.text)
        assert kind == "application/problem+json", asked
        assert faults(answer.json(), {"$ref": "#/components/schemas/ProblemDetails"}, schemas) == [], asked
        return
    described = operation["responses"].get(str(answer.status_code), {})
    assert described or 300 <= answer.status_code < 400, asked
    content = described.get("content", {}).get("application/json")
    if content and kind == "application/json":
        assert faults(answer.json(), content["schema"], schemas) == [], asked
