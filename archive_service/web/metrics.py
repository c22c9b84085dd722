"""What this server did, for Prometheus: requests by route, failures by code, searches, sign-ins that failed.

A label is a route, a status, a code or one of a few words: never an address, a number or anything that a person
typed. What the archive as a whole owes is read from the database when asked (archive_service/web/figures.py).
"""

from __future__ import annotations

import os
import re
import time

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive_service import logs
from archive_service.web import multiprocess

log = logs.get("web")
# When a counter began is one more line for each, and processes that add up their figures do not tell it anyway.
disable_created_metrics()  # type: ignore[no-untyped-call]
#: Where `errors` leaves the code of an answer that says no, in the scope of the request.
CODE = "archive_service.code"
_REQUEST_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SEARCH_S = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """The figures of one app, added up over all processes that serve it."""

    def __init__(self, *collectors: Collector) -> None:
        self._many = bool(os.environ.get(multiprocess.VARIABLE))
        if self._many:
            multiprocess.claim_room()
        own = CollectorRegistry()
        self.requests = Counter(
            "archive_http_requests_total", "Answers sent.", ["method", "route", "status"], registry=own
        )
        self.seconds = Histogram(
            "archive_http_request_seconds", "Time to answer.", ["route"], registry=own, buckets=_REQUEST_S
        )
        self.errors = Counter("archive_http_errors_total", "Answers that said no, by code.", ["code"], registry=own)
        self.searches = Histogram(
            "archive_search_seconds", "Time of a search.", ["engine", "kind"], registry=own, buckets=_SEARCH_S
        )
        self.sign_in_failures = Counter("archive_sign_in_failures_total", "Sign-ins refused.", registry=own)
        self._shown = CollectorRegistry() if self._many else own
        if self._many:
            MultiProcessCollector(self._shown)  # type: ignore[no-untyped-call]
        for one in collectors:
            self._shown.register(one)

    def searched(self, engine: str, typed: str, took_ms: float) -> None:
        """Count a search for what was typed."""
        self.searches.labels(engine, kind_of(typed)).observe(took_ms / 1000)

    def text(self) -> bytes:
        """Return all figures in the text form of Prometheus."""
        return generate_latest(self._shown)


def of(request: Request) -> Metrics:
    """Return the figures of the running app."""
    found: Metrics = request.app.state.metrics
    return found


def kind_of(typed: str) -> str:
    """Return what kind of question was typed: everything, number, phrase or words."""
    asked = typed.strip()
    if not asked:
        return "everything"
    if re.search(r'["“”＂「『]', asked):
        return "phrase"
    return "number" if re.fullmatch(r"[0-9A-Za-z-]*[0-9][0-9A-Za-z-]*", asked) else "words"


class Counting:
    """Count every answer by the route that gave it, never by its address: addresses carry account numbers."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and count it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, counted = time.perf_counter(), 500, False

        def count() -> None:
            nonlocal counted
            if not counted:
                counted = True
                self._count(scope, status, time.perf_counter() - began)

        async def counting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and not message.get("more_body"):
                # Before the last of it goes out: who has an answer finds it in the figures.
                count()
            await send(message)

        try:
            await self.app(scope, receive, counting)
        finally:
            count()

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_of(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        if CODE in scope:
            self.metrics.errors.labels(scope[CODE]).inc()
        if (method, route, status) == ("POST", "/sign-in", 401):
            self.metrics.sign_in_failures.inc()
        log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def route_of(scope: Scope) -> str:
    """Return the address with names in place of what is asked for, or "none" when no route was found."""
    path = getattr(scope.get("route"), "path", "none")
    # The framework names a route of the interface without the prefix under which it was included.
    return f"{_API}{path}" if scope["path"].startswith(_API) and not path.startswith(_API) else path


_API = "/api/v1"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
