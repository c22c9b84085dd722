"""A client of the business system to try the interface with: pushes a household with its case, pulls what became of it.

    ARCHIVE_URL=http://127.0.0.1:8000 ARCHIVE_TOKEN=… python business_client.py CENTRE

The token needs the scopes import and read. Nothing but httpx is needed; copy what you can use.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx

MOST = 1000


class Archive:
    """The interface of an archive for the business system."""

    def __init__(self, address: str, token: str) -> None:
        self.http = httpx.Client(base_url=f"{address}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def push(self, records: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Push records and yield each with its answer; a push whose answer got lost is asked again under its key."""
        for start in range(0, len(records), MOST):
            part, key = records[start : start + MOST], str(uuid.uuid4())
            try:
                answer = self._post(part, key)
            except httpx.TransportError:
                answer = self._post(part, key)
            yield from zip(part, answer["answers"], strict=True)

    def _post(self, records: list[dict[str, Any]], key: str) -> dict[str, Any]:
        answer = self.http.post("/push", json={"records": records}, headers={"Idempotency-Key": key})
        return said(answer)

    def changes(self, after: int) -> Iterator[dict[str, Any]]:
        """Yield the cases that changed since a place, then the place to go on from next time."""
        more: int | None = after
        while more is not None:
            answer = said(self.http.get("/cases/changes", params={"after": more}))
            yield from answer["cases"]
            after, more = answer["seen"], answer["next"]
        yield {"seen": after}

    def head(self, account_no: str) -> dict[str, Any]:
        """Return the head data of a household."""
        return said(self.http.get(f"/households/{account_no}/head"))


def said(answer: httpx.Response) -> dict[str, Any]:
    """Return what was answered, or end with the sentence of the refusal."""
    body = answer.json()
    if answer.is_error:
        sys.exit(f"{answer.status_code} {body['code']}: {body['detail']}")
    return dict(body)


def sandbox(centre: str) -> list[dict[str, Any]]:
    """Return a day of the business system: the case comes before its household, and one day is wrong."""
    account, application = "9900000001", "99202611090001"
    now = datetime.now(UTC).isoformat()
    return [
        {"kind": "energisation", "application_no": application, "done_on": "2026-11-06"},
        {"kind": "case", "account_no": account, "application_no": application, "customer_category": "LR",
         "business_type": "NEW", "as_of": now, "conditions": ["natural"], "stages": {"ACCEPT": "2026-11-02"}},
        {"kind": "household", "account_no": account, "as_of": now, "account_name": "沙盒客户", "centre": centre,
         "service_address": "试验路 1 号", "customer_category": "LR", "grade": "普通", "capacity_kva": 8,
         "expected_load_kw": 6, "average_load_kw": 2.5, "voltage": "220V", "feeder": "10kV试验线"},
        {"kind": "stage", "application_no": application, "stage": "SURVEY", "done_on": "1900-01-01"},
    ]  # fmt: skip


def main() -> None:
    """Push the sandbox and print what was answered, what changed, and the head data that others may read."""
    archive = Archive(os.environ["ARCHIVE_URL"].rstrip("/"), os.environ["ARCHIVE_TOKEN"])
    records = sandbox(sys.argv[1])
    for record, answer in archive.push(records):
        print(record["kind"], answer["outcome"], answer["code"] or "", answer["message"] or "")
    for change in archive.changes(0):
        print(json.dumps(change, ensure_ascii=False))
    print(json.dumps(archive.head("9900000001"), ensure_ascii=False))


if __name__ == "__main__":
    main()
