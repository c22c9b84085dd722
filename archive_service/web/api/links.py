"""Which answer names what the path of another operation asks for: the links of the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

#: What stands in a path, and where it is found: the operation, the status of its answer, the place in the body.
_FOUND_IN: dict[str, tuple[tuple[str, str, str], ...]] = {
    "scan_id": (
        ("GET /scans", "200", "/scans/0/scan"),
        ("POST /scans", "201", "/scan"),
        ("GET /jobs", "200", "/jobs/0/scan"),
    ),
    "batch_id": (
        ("GET /scans", "200", "/scans/0/batch"),
        ("GET /batches", "200", "/batches/0/batch"),
        ("POST /batches", "201", "/batch"),
    ),
    "document_id": (
        ("GET /review", "200", "/documents/0/document"),
        ("GET /batches/{batch_id}/documents", "200", "/documents/0/document"),
    ),
    "job_id": (("GET /jobs", "200", "/jobs/0/job"),),
    "account_no": (("GET /cases", "200", "/cases/0/account_no"), ("GET /search", "200", "/hits/0/account_no")),
    "application_no": (("GET /cases", "200", "/cases/0/application_no"),),
    "item_id": (
        ("GET /households/{account_no}", "200", "/items/0/item"),
        ("GET /search", "200", "/hits/0/item"),
        ("GET /scans/{scan_id}", "200", "/items/0/item"),
    ),
    "sample_id": (
        ("GET /inspection/samples", "200", "/samples/0/sample"),
        ("POST /inspection/samples", "201", "/sample"),
    ),
    "place": (("GET /inspection/samples/{sample_id}/cases", "200", "/cases/0/place"),),
    "raised_id": (
        ("GET /inspection/findings", "200", "/findings/0/finding"),
        ("POST /inspection/findings", "201", "/finding"),
    ),
    "ruling_id": (("GET /rulings", "200", "/rulings/0/ruling"),),
    "draft_id": (("GET /catalogue/drafts", "200", "/drafts/0/draft"), ("POST /catalogue/drafts", "201", "/draft")),
    "check_id": (("GET /catalogue/drafts/{draft_id}/checks", "200", "/checks/0/check"),),
    "person_id": (("GET /people", "200", "/people/0/person"),),
    "sign_in_id": (("GET /me/sign-ins", "200", "/sign_ins/0/sign_in"),),
    "request_id": (
        ("GET /loans/requests", "200", "/lines/0/request"),
        ("POST /loans/requests", "201", "/request"),
        ("GET /loans/waiting", "200", "/lines/0/request"),
        ("GET /loans/register", "200", "/lines/0/request"),
    ),
    "wish_id": (
        ("GET /loans/requests", "200", "/lines/0/wish"),
        ("POST /loans/requests", "201", "/lines/0/wish"),
        ("GET /loans/waiting", "200", "/lines/0/wish"),
        ("GET /loans/desk", "200", "/to_hand_out/0/wish"),
    ),
    "grant_id": (("GET /loans/requests", "200", "/lines/0/grant"),),
    "loan_id": (
        ("GET /loans/desk", "200", "/out/0/loan"),
        ("GET /loans/out", "200", "/loans/0/loan"),
        ("POST /loans/desk/wishes/{wish_id}/hand-out", "201", "/loan"),
    ),
    "place_id": (("GET /rooms", "200", "/rooms/0/place"), ("GET /rooms/places/{place_id}", "200", "/places/0/place")),
    "reading_id": (("GET /rooms/places/{place_id}/climate", "200", "/readings/0/reading"),),
    "stocktake_id": (
        ("GET /rooms/stocktakes", "200", "/stocktakes/0/stocktake"),
        ("POST /rooms/stocktakes", "201", "/stocktake"),
    ),
    "transfer_id": (("GET /rooms/transfers", "200", "/transfers/0/transfer"),),
    "notice_id": (("GET /me/notices", "200", "/notices/0/notice"),),
    "mail_id": (("GET /notices/mails", "200", "/mails/0/mail"),),
    "copy_id": (("GET /copies", "200", "/copies/0/copy_id"),),
    "hold_id": (("GET /holds", "200", "/holds/0/hold"), ("POST /holds", "201", "/hold")),
    "schedule_id": (
        ("GET /retention/schedules", "200", "/schedules/0/schedule"),
        ("POST /retention/schedules", "201", "/schedule"),
    ),
    "run_id": (("GET /retention/schedules/{schedule_id}", "200", "/runs/0/run"),),
    "disposal_id": (
        ("GET /retention/disposals", "200", "/lists/0/disposal"),
        ("POST /retention/disposals", "201", "/disposal"),
    ),
    "package_id": (
        ("GET /households/{account_no}/packages", "200", "/packages/0/package"),
        ("POST /households/{account_no}/packages", "201", "/package"),
    ),
    "entry_no": (("GET /audit/entries", "200", "/entries/0/entry"),),
    "size": (("GET /audit/checkpoints", "200", "/checkpoints/0/size"),),
    "webhook_id": (("GET /webhooks", "200", "/webhooks/0/webhook"), ("POST /webhooks", "201", "/webhook")),
    "delivery_id": (("GET /webhooks/{webhook_id}/deliveries", "200", "/deliveries/0/delivery"),),
}  # fmt: skip
_PLACE = re.compile(r"\{(\w+)\}")


def add(paths: Mapping[str, Mapping[str, Any]], prefix: str) -> None:
    """Add to each answer in `paths` the operations that go on from it; `prefix` begins every path."""
    for path, operations in paths.items():
        for method, operation in operations.items():
            for source, status, given in _ways_to(path):
                if source == f"{method.upper()} {path.removeprefix(prefix)}":
                    continue
                asking, _, place = source.partition(" ")
                answer = paths[prefix + place][asking.lower()]["responses"][status]
                name = f"{method}-{path.removeprefix(prefix).strip('/').replace('/', '-')}"
                link = {"operationId": operation["operationId"], "parameters": given}
                answer.setdefault("links", {})[re.sub(r"[^\w.-]", "", name)] = link


def _ways_to(path: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield the answers that name the last place of `path`, with where each place is found in them."""
    places = _PLACE.findall(path)
    wanted = next((place for place in reversed(places) if place in _FOUND_IN), None)
    for source, status, pointer in _FOUND_IN.get(wanted or "", ()):
        given = {wanted or "": f"$response.body#{pointer}"}
        # What the answer was asked about is still known.
        asked = {place: f"$request.path.{place}" for place in places if place in _PLACE.findall(source)}
        if set(places) & set(_FOUND_IN) <= {*given, *asked}:
            yield source, status, {**asked, **given}
