"""Figures for Prometheus: requests by route, and how much work waits."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Metrics:
    """The figures of one app, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "archive_http_requests_total", "Answers sent.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram("archive_http_request_seconds", "Time to answer.", ["route"], registry=self.registry)
        self.scans = Gauge("archive_scans", "Received files that want something.", ["state"], registry=self.registry)
        self.review = Gauge("archive_review_documents", "Documents waiting for a person.", registry=self.registry)

    def text(self) -> bytes:
        """Return all figures in the text form of Prometheus."""
        return generate_latest(self.registry)


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
        began, status = time.perf_counter(), 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, counted)
        finally:
            route = _route(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.metrics.requests.labels(method, route, str(status)).inc()
            self.metrics.seconds.labels(route).observe(time.perf_counter() - began)


def _route(scope: Scope) -> str:
    path = getattr(scope.get("route"), "path", "none")
    # The framework names a route of the interface without the prefix under which it was included.
    return f"{_API}{path}" if scope["path"].startswith(_API) and not path.startswith(_API) else path


_API = "/api/v1"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
