"""Note who reads what, without a look into the database for every page of it.

Whatever is handed out to somebody signed in leaves a trace before its first byte does: each opening of a household
file, a case or a paper is an entry of its own. The picture of a page is one for each person, page and minute, with the
number of the page: a viewer fetches it again while it is open. A scan, a list or any other page is one a minute.
Source: docs/decisions/0053, 0063.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive_service.households import actions
from archive_service.households.views import HouseholdView, ItemView
from archive_service.web.metrics import route_of
from archive_service.web.visit import VISIT, Visit, place_of
from ingest import reads as scans

#: Readings remembered by a process; one that is forgotten is looked up once more.
_REMEMBERED = 20_000
#: What begins the addresses that say nothing of any record.
QUIET = (
    "/static/", "/favicon.ico", "/healthz", "/readyz", "/metrics", "/sign-in", "/password", "/me", "/style",
    "/verify-copy", "/calendar", "/catalogue", "/fixity", "/people", "/jobs", "/notices", "/audit/checker",
    "/inspection/certificate", "/api/v1/openapi.json", "/api/v1/me", "/api/v1/calendars",
    "/api/v1/catalogue", "/api/v1/fixity", "/api/v1/people", "/api/v1/jobs", "/api/v1/notices", "/api/v1/webhooks",
)  # fmt: skip
#: What ends them: how far a job is; and small pictures of papers, of which a page has hundreds: their door notes the
#: file of the household.
_QUIET_ENDS = ("/state", "/items/{item_id}/pages/{page_no}/thumbnail")
#: What ends the address of a picture of a page, which is fetched again while the page is open.
_PICTURE_END = "/pages/{page_no}/image"
_ANSWERED = frozenset({200, 206, 304})
_ACCOUNTS = "accounts_shown"
#: Names of records in addresses, the closest first.
_NAMES = ("item_id", "account_no", "application_no", "scan_id", "document_id")
#: Of these, what belongs to one account and is noted as that.
_OF_ONE = frozenset(_NAMES[:3])

Key = tuple[int, str, str | int]


class Readings:
    """What this process has put on record already, by person, time and what was read."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._noted: OrderedDict[Key, None] = OrderedDict()

    def knows(self, key: Key) -> bool:
        """Say whether a reading was noted."""
        with self._lock:
            return key in self._noted

    def keep(self, key: Key) -> None:
        """Remember that a reading was noted."""
        with self._lock:
            self._noted[key] = None
            while len(self._noted) > _REMEMBERED:
                self._noted.popitem(last=False)


class Tracing:
    """Wrap an app so that nothing is read without a trace: the entry is written before the answer begins."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        # Made here, so that what the door says of the visit is seen although routers copy the scope.
        state = scope.setdefault("state", {})

        held: list[Message] = []

        async def send_traced(message: Message) -> None:
            visit = state.get(VISIT)
            if message["type"] == "http.response.start" and message["status"] in _ANSWERED and visit is not None:
                # Kept back until it is known what follows: a page tells by its text which accounts it shows.
                held.append(message)
                return
            if held:
                start = held.pop()
                await run_in_threadpool(trace, visit, _text_of(start, message))
                await send(start)
            await send(message)

        await self.app(scope, receive, send_traced)


def _text_of(start: Message, body: Message) -> str:
    """Return the text of an answer that comes in one piece; of a file nothing, its door says what it is."""
    kind = next((value for name, value in start["headers"] if name.lower() == b"content-type"), b"")
    is_text = kind.startswith((b"text/html", b"application/json")) and not body.get("more_body")
    return body.get("body", b"").decode("utf-8", "replace") if is_text else ""


def shows(visit: Visit, accounts: Iterable[str]) -> None:
    """Say which accounts the list shows that this request is answered with."""
    setattr(visit.request.state, _ACCOUNTS, sorted(set(accounts)))


def trace(visit: Visit, text: str) -> None:
    """Put on record what this request was answered with, unless it says nothing of any record.

    `text` is that of the answer: what is no list of its own names the accounts that stand in it.
    """
    route = route_of(visit.request.scope)
    if route.startswith(QUIET) or route.endswith(_QUIET_ENDS):
        return
    readings: Readings = visit.request.app.state.readings
    accounts: list[str] | None = getattr(visit.request.state, _ACCOUNTS, None)
    named = {name: str(visit.request.path_params[name]) for name in _NAMES if name in visit.request.path_params}
    if accounts is None:
        accounts = [] if named.keys() & _OF_ONE else _accounts(visit, text)
    shown = next((f"{name}={value}" for name, value in named.items()), f"{visit.request.url.path} {' '.join(accounts)}")
    page = _page_of(visit)
    shown = shown if page is None else f"{shown} {page}"
    key = (visit.viewer.person_id or 0, visit.now.strftime("%Y%m%d%H%M"), hashlib.sha256(shown.encode()).hexdigest())
    is_opening = bool(named.keys() & _OF_ONE) and not route.endswith(_PICTURE_END)
    if not is_opening and readings.knows(key):
        return
    _record(visit, named, accounts, page)
    if not is_opening:
        readings.keep(key)


def _page_of(visit: Visit) -> int | None:
    """Return the page of a paper that is asked for, where its address has one."""
    found = str(visit.request.path_params.get("page_no", ""))
    return int(found) if found.isascii() and found.isdigit() else None


def _accounts(visit: Visit, text: str) -> list[str]:
    with visit.services.database.reading() as session:
        return actions.accounts_in(session, text)


def _record(visit: Visit, named: dict[str, str], accounts: list[str], page: int | None) -> None:
    place = place_of(visit.request).address
    with visit.services.database.unit_of_work() as session:
        if "item_id" in named:
            done = actions.note_item(
                session, visit.viewer, int(named["item_id"]), page_no=page, now=visit.now, place=place
            )
        elif "account_no" in named or "application_no" in named:
            account, application = named.get("account_no", ""), named.get("application_no", "")
            done = actions.note_file(session, visit.viewer, account, application, now=visit.now, place=place)
        elif "scan_id" in named or "document_id" in named:
            scan, document = int(named.get("scan_id", 0)), int(named.get("document_id", 0))
            done = scans.note_scan(
                session, visit.viewer, scan_id=scan, document_id=document, now=visit.now, accounts=accounts, place=place
            )
        else:
            done = False
        if not done:
            actions.note_list(session, visit.viewer, visit.request.url.path, accounts, now=visit.now, place=place)


def note(visit: Visit, file: HouseholdView | ItemView) -> None:
    """Put on record that this person reads of the file of a household, once an hour.

    That is for small pictures, of which a page has hundreds; of what else names a record each opening is noted.
    """
    if visit.request.path_params.keys() & _OF_ONE and not route_of(visit.request.scope).endswith(_QUIET_ENDS):
        return
    readings: Readings = visit.request.app.state.readings
    household, now = file.id if isinstance(file, HouseholdView) else file.household_id, visit.now
    key = (visit.viewer.person_id or 0, now.strftime("%Y%m%d%H"), household)
    if readings.knows(key):
        return
    with visit.services.database.unit_of_work() as session:
        actions.note_reading(
            session,
            visit.viewer,
            household_id=household,
            unit_id=file.unit_id,
            account_no=file.account_no,
            now=now,
            place=place_of(visit.request).address,
        )
    readings.keep(key)
