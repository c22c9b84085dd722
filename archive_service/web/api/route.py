"""What every address of the interface does beside its own work: keys of writes, ETags, links to the next page."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from archive_service import clock
from archive_service.errors import Refused
from archive_service.idempotency import actions, rules
from archive_service.idempotency.actions import Answer
from archive_service.web.visit import Visit, services_of, viewer_of, visit_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
RecordT = TypeVar("RecordT", bound=BaseModel)
#: Begins the value of a kept answer's header.
REPLAYED = "Idempotency-Replayed"
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_NEXT = re.compile(rb'"next":(?:"([^"\\]{1,200})"|(\d{1,18}))\}$')
_KEPT_HEADERS = ("content-type", "location", "etag")
#: A secret that is shown once is not kept for being shown again, nor is a page that was counted.
_ONCE = ("secret", "image_base64")


class Changed(Refused):
    """What the caller looked at is not what is there any more."""

    http_status = 412


class Route(APIRoute):
    """A route of the interface."""

    def get_route_handler(self) -> Handler:
        """Return the handler with what every address does beside its own work."""
        handle = super().get_route_handler()

        async def handle_more(request: Request) -> Response:
            key = request.headers.get("idempotency-key")
            if key is not None and request.method in _WRITES:
                try:
                    return await _once(request, rules.check_key(key), handle)
                finally:
                    # An upload that was parsed to compare it leaves its file open when the handler never ran.
                    await request.close()
            response = await handle(request)
            return _described(request, response) if request.method in ("GET", "HEAD") else response

        return handle_more


def api_router(tag: str) -> APIRouter:
    """Return a router for a part of the interface."""
    return APIRouter(tags=[tag], route_class=Route)


def etag(record: BaseModel) -> str:
    """Return the ETag of a record as the interface answers it."""
    return _tag(record.model_dump(mode="json", by_alias=True))


def check_match(request: Request, current: BaseModel) -> None:
    """Refuse a change of a record that is not as the caller says they saw it. Raises Changed."""
    seen = request.headers.get("if-match")
    if seen is not None and not _among(etag(current), seen):
        raise Changed(
            "record.changed", "这条记录在您查看之后已被别人改动，这次没有保存。请重新读取后再改。", etag=etag(current)
        )


def changed(
    visit: Visit,
    response: Response,
    *,
    lock: Callable[[Any], object],
    read: Callable[[Any], RecordT],
    change: Callable[[Any], object],
) -> RecordT:
    """Change a record in one transaction and return it as it is then, with its ETag.

    `lock` keeps others from it before it is compared with what the caller saw; `read` and `lock` refuse as a read of
    the record does. Raises Changed.
    """
    with visit.services.database.unit_of_work() as session:
        read(session)
        lock(session)
        session.expire_all()
        check_match(visit.request, read(session))
        change(session)
        session.flush()
        session.expire_all()
        now_there = read(session)
    response.headers["ETag"] = etag(now_there)
    return now_there


def _described(request: Request, response: Response) -> Response:
    """Return an answer with its ETag and the link to the next page, or 304 when the caller has it already."""
    body = getattr(response, "body", None)
    if response.status_code != 200 or not isinstance(body, bytes) or "json" not in (response.media_type or ""):
        return response
    tag = _tag(json.loads(body))
    response.headers["ETag"] = tag
    following = _NEXT.search(body)
    if following:
        after = (following[1] or following[2]).decode()
        asked = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
        response.headers["Link"] = f'<{request.url.path}?{urlencode([*asked, ("after", after)])}>; rel="next"'
    if _among(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers={"ETag": tag})
    return response


def _tag(value: Any) -> str:
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f'"{hashlib.sha256(plain.encode()).hexdigest()[:32]}"'


def _among(tag: str, header: str) -> bool:
    given = [one.strip() for one in header.split(",")]
    return "*" in given or any(one.removeprefix("W/") == tag for one in given)


async def _once(request: Request, key: str, handle: Handler) -> Response:
    """Do a write once for its key; whoever asks again gets the answer that was given."""
    person = await run_in_threadpool(_person, request)
    if person is None:
        # Nobody, or nobody in particular: the handler says so, before anything is read.
        return await handle(request)
    database, digest = services_of(request).database, await _digest(request)
    known = await run_in_threadpool(
        lambda: actions.begin(database, person_id=person, key=key, digest=digest, now=clock.now())
    )
    if known is not None:
        headers = {**known.headers, REPLAYED: "true"}
        return Response(known.body, status_code=known.status, headers=headers)
    done = False
    try:
        response = await handle(request)
        # From here on something has changed: the key is never given free again, even if its answer cannot be kept.
        done = 200 <= response.status_code < 300
    finally:
        if not done:
            await run_in_threadpool(lambda: actions.release(database, person_id=person, key=key))
    if done:
        answer = _kept(response)
        await run_in_threadpool(lambda: actions.keep(database, person_id=person, key=key, answer=answer))
    return response


def _person(request: Request) -> int | None:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        viewer = viewer_of(request, secret.strip(), kind="token")
        return viewer.person_id if viewer else None
    visit = visit_of(request)
    return visit.viewer.person_id if visit else None


async def _digest(request: Request) -> str:
    """Return the sha256 of what is asked: method, address and content; a form by its fields, whatever parts them."""
    said = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        said.update(_comparable(await request.body()))
        return said.hexdigest()
    form = await request.form(max_files=_FILES, max_fields=_FIELDS)
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            content = await run_in_threadpool(_digest_of_file, value)
            said.update(f"\n{name}\0{value.filename}\0{content}".encode())
        else:
            said.update(f"\n{name}\0{value}".encode())
    return said.hexdigest()


_FILES, _FIELDS = 1, 20


def _comparable(body: bytes) -> bytes:
    """Return a body without password and one-time code: a digest that is kept must be nothing to guess them by."""
    if b'"password"' not in body:
        return body
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return b""
    plain = {name: said[name] for name in said if name not in ("password", "code")} if isinstance(said, dict) else None
    return json.dumps(plain, sort_keys=True).encode()


def _digest_of_file(file: UploadFile) -> str:
    found = hashlib.file_digest(file.file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.file.seek(0)
    return found


def _kept(response: Response) -> Answer:
    body = bytes(getattr(response, "body", b"")).decode()
    headers = {name: value for name, value in response.headers.items() if name in _KEPT_HEADERS}
    for once in _ONCE:
        if f'"{once}":' in body:
            body = json.dumps({**json.loads(body), once: None}, ensure_ascii=False)
    return Answer(response.status_code, headers, body)
