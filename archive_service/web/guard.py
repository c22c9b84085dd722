"""The outermost ring around every answer: headers, size of a request, foreign origins, and faults nobody foresaw."""

from __future__ import annotations

import errno
import re
import secrets
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive_service import addresses, logs
from archive_service.db import faults
from archive_service.web.metrics import route_of
from archive_service.web.pace import Pace
from archive_service.web.proxy import FOREIGN

#: `data:` because Tabler draws select arrows and ticks with it.
POLICY = (
    "default-src 'self'; img-src 'self' data:; script-src 'self'; style-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
#: The scanner is no camera of the browser; nothing here needs what a browser could give.
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
        "microphone", "midi", "payment", "publickey-credentials-get", "screen-wake-lock", "serial", "usb",
    )
)  # fmt: skip
#: Pages on which codes are scanned may use the camera of the phone that shows them, and nothing else.
SCANNING = PERMISSIONS.replace("camera=()", "camera=(self)")
#: For bytes as received: whatever they hold, they may do nothing here.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SMALL = 1024 * 1024

Answer = Callable[[Request, int, str, str], Response]


class TooLarge(Exception):
    """The request body is larger than this address takes."""


class TooSlow(Exception):
    """Nothing of the request body has come for too long."""


class Guard:
    """Wrap an app so that no answer leaves without its headers and no fault without a reference number."""

    def __init__(
        self, app: ASGIApp, *, answer: Answer, max_upload_bytes: int, tls: bool, requests_a_minute: int = 0
    ) -> None:
        self.app = app
        self.answer = answer
        self.pace = Pace(requests_a_minute, time.monotonic)
        self.max_upload_bytes = max_upload_bytes
        self.tls = tls
        self._uploads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            await self._admit(scope, receive, send_guarded)
        except TooLarge:
            if not started:
                await self._say(scope, receive, send_guarded, 413, "request.too-large")
        except TooSlow:
            if not started:
                await self._say(scope, receive, send_guarded, 408, "request.too-slow")
        except ClientDisconnect:
            # Who hung up before the whole request was here hears no answer; nothing was done, and nothing is at fault.
            logs.get("web").info("caller hung up", route=route_of(scope))
        except Exception as error:
            if started:
                _note_fault(scope)
                raise
            await self._own_up(error, scope, receive, send_guarded)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, or say at the door why it does not."""
        if foreign(scope["method"], Headers(scope=scope)):
            await self._say(scope, receive, send, 403, "request.foreign")
        elif FOREIGN in scope:
            await self._say(scope, receive, send, 403, "sign-in.foreign-header")
        elif wait := self.pace.wait(_caller(scope)):
            told = _with_header(send, "Retry-After", str(wait))
            await self._say(scope, receive, told, 429, "request.too-many")
        elif unstorable(scope):
            await self._say(scope, receive, send, 404, "page.not-found")
        elif _may_be_large(scope):
            await self._upload(scope, self._limited(scope, receive), send)
        else:
            await self.app(scope, self._limited(scope, receive), send)

    async def _own_up(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        """Say what failed: a full disk, the database, or a fault that nobody foresaw, with its reference number."""
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            # An upload is laid down in the temporary folder before the store sees it; that may be full as well.
            await self._say(scope, receive, send, 503, "disk.full")
        elif (code := faults.code_of(error)) is not None:
            # Also what is read leaves a trace first, and without one it is not handed out.
            logs.get("web").warning("database failed", code=code, route=route_of(scope))
            await self._say(scope, receive, send, 503, code)
        else:
            await self._say(scope, receive, send, 500, "fault.unforeseen", _note_fault(scope))

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._uploads >= UPLOADS_AT_ONCE:
            await self._say(scope, receive, _with_header(send, "Retry-After", str(RETRY_AFTER_S)), 429, "request.busy")
            return
        self._uploads += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._uploads -= 1

    async def _say(
        self, scope: Scope, receive: Receive, send: Send, status: int, code: str, reference: str = ""
    ) -> None:
        await self.answer(Request(scope), status, code, reference)(scope, receive, send)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        limit = self.max_upload_bytes + _SMALL if _may_be_large(scope) else _SMALL
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdigit() and int(length) > limit:
            raise TooLarge
        seen, awaited = 0, True

        async def receive_counted() -> Message:
            nonlocal seen, awaited
            # After the body, waiting means waiting for the other side to hang up; that may take as long as it likes.
            with anyio.move_on_after(STALLED_S if awaited else None) as patience:
                message = await receive()
            if patience.cancelled_caught:
                raise TooSlow
            awaited = awaited and bool(message.get("more_body"))
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLarge
            return message

        return receive_counted

    def _add_headers(self, headers: MutableHeaders, path: str) -> None:
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = SCANNING if path.startswith("/rooms/") else PERMISSIONS
        if self.tls:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"


def _with_header(send: Send, name: str, value: str) -> Send:
    async def send_more(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)[name] = value
        await send(message)

    return send_more


def foreign(method: str, headers: Headers) -> bool:
    """Say whether a request that changes something was sent by another site's page.

    Browsers say where a request comes from; programs say nothing and need a token anyway.
    """
    if method in _SAFE:
        return False
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and _host_of(origin) != headers.get("host")


def _host_of(origin: str) -> str | None:
    """Return host and port of an origin, none when it is no address at all."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _caller(scope: Scope) -> str:
    """Return what counts as one caller: what it presents, or else the network that it comes from."""
    headers = Headers(scope=scope)
    presented = headers.get("authorization") or headers.get("cookie")
    client = scope.get("client")
    return presented or addresses.network_of(client[0] if client else "")


def _note_fault(scope: Scope) -> str:
    """Log the exception that is being handled; return the number by which a person can name it."""
    reference = f"{secrets.token_hex(2)}-{secrets.token_hex(1)}".upper()
    logs.get("web").exception("unforeseen fault", reference=reference, route=route_of(scope))
    return reference


def unstorable(scope: Scope) -> bool:
    """Say whether an address holds a NUL, which names nothing and which no database takes as text."""
    return "\0" in scope["path"] or b"%00" in scope.get("query_string", b"")


def _may_be_large(scope: Scope) -> bool:
    # Only someone who presents a session or token may send a large body; who they are is checked before it is read.
    headers = Headers(scope=scope)
    known = "cookie" in headers or "authorization" in headers
    return known and scope["method"] == "POST" and UPLOADS.fullmatch(scope["path"]) is not None


#: Uploads taken at once; each holds a file on disk until the store has it. Who comes later is asked to come again.
UPLOADS_AT_ONCE = 24
RETRY_AFTER_S = 3
#: Seconds without a single byte after which a body is given up: an upload that stands still keeps others out.
STALLED_S = 60.0
#: Addresses that take files.
UPLOADS = re.compile(
    r"/intake|/intake/files|/api/v1/scans|(?:/api/v1)?/scans/[0-9]{1,10}/pages/[0-9]{1,10}/rescan"
    r"|/loans/ask|/api/v1/loans/requests/with-letter|(?:/api/v1)?/packages/in"
)
