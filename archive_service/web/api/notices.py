"""The caller's own notices and how they are told, and the log of mails for those who keep the program running."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from archive_service.notices import actions, queries
from archive_service.notices.kinds import Way
from archive_service.web.api.caller import Caller
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import LARGEST_ID, Id

router = api_router("notices")

After = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, Query(ge=1, le=200)]


class NoticeOut(Told):
    """A notice in the language of the caller; `read_at` is null until they read it."""

    notice: str = Field(validation_alias="id")
    kind: str = Field(examples=["loan-approved"])
    name: str
    subject: str
    body: str
    made_at: datetime
    read_at: datetime | None


class NoticeList(BaseModel):
    """A page of notices, newest first, and how many are unread, counted to 100; `next` goes into `after`."""

    notices: list[NoticeOut]
    unread: int
    next: int | None


class Until(BaseModel):
    """Up to which notice everything was read."""

    until: int = Field(ge=1, le=LARGEST_ID)


class UnreadOut(BaseModel):
    """How many notices are unread, counted to 100."""

    unread: int


class OpenedOut(BaseModel):
    """The page of this program that a notice leads to."""

    address: str = Field(examples=["/loans/requests/17"])


class Choices(BaseModel):
    """How the caller is told of each kind: in the program alone, also by mail, or in a digest."""

    ways: dict[str, Way] = Field(max_length=100, examples=[{"loan-approved": "mail"}])


class MailOut(Told):
    """A mail: to whom, of which kind, when, how often tried, how it stands; nothing of what it says."""

    mail: str = Field(validation_alias="id")
    person: str
    login: str
    unit_name: str
    kind: str
    notices: int
    state: str = Field(examples=["failed"])
    attempts: int
    status: int | None
    error_code: str | None
    doubtful: bool
    made_at: datetime
    tried_at: datetime | None
    next_at: datetime | None
    sent_at: datetime | None


class MailList(BaseModel):
    """A page of the log of mails, newest first; `next` goes into `after`."""

    mails: list[MailOut]
    next: int | None


@router.get("/me/notices")
def list_notices(visit: Caller, unread: bool = False, after: After = None, limit: Limit = 50) -> NoticeList:
    """List the caller's own notices, or only those that they have not read."""
    with visit.services.database.reading() as session:
        found = queries.notices(
            session, visit.viewer, language=visit.language, unread_only=unread, after=after, limit=limit
        )
        count = queries.unread(session, visit.viewer)
    return NoticeList(notices=[NoticeOut.model_validate(one) for one in found.rows], unread=count, next=found.next)


@router.post("/me/notices/read")
def read_all(visit: Caller, said: Until) -> UnreadOut:
    """Mark the caller's notices as read, up to one of them."""
    with visit.services.database.unit_of_work() as session:
        actions.read_all(session, visit.viewer, until=said.until, now=visit.now)
        return UnreadOut(unread=queries.unread(session, visit.viewer))


@router.post("/me/notices/{notice_id}/open")
def open_notice(visit: Caller, notice_id: Id) -> OpenedOut:
    """Mark a notice as read and return what it leads to."""
    with visit.services.database.unit_of_work() as session:
        return OpenedOut(address=actions.open_notice(session, visit.viewer, notice_id, now=visit.now))


@router.get("/me/notices/settings")
def get_choices(visit: Caller) -> Choices:
    """Return how the caller is told of every kind."""
    with visit.services.database.reading() as session:
        return Choices(ways=dict(queries.choices(session, visit.viewer)))


@router.put("/me/notices/settings")
def choose(visit: Caller, wanted: Choices) -> Choices:
    """Keep how the caller wants to be told of the kinds named."""
    with visit.services.database.unit_of_work() as session:
        chosen = {kind: way.value for kind, way in wanted.ways.items()}
        actions.choose(session, visit.viewer, chosen, now=visit.now)
        session.flush()
        return Choices(ways=dict(queries.choices(session, visit.viewer)))


@router.get("/notices/mails")
def list_mails(
    visit: Caller,
    state: Literal["waiting", "sending", "sent", "failed", "dropped"] | None = None,
    after: After = None,
    limit: Limit = 50,
) -> MailList:
    """List the mails to people of the caller's units."""
    with visit.services.database.reading() as session:
        found = queries.mails(session, visit.viewer, state=state or "", after=after, limit=limit)
    return MailList(mails=[MailOut.model_validate(one) for one in found.rows], next=found.next)


@router.post("/notices/mails/{mail_id}/send-again")
def send_again(visit: Caller, mail_id: Id) -> MailOut:
    """Owe a failed mail once more; one that waits, was sent or was sent again already is refused."""
    with visit.services.database.unit_of_work() as session:
        actions.send_again(session, visit.viewer, mail_id, now=visit.now)
        session.flush()
        return MailOut.model_validate(queries.mail(session, visit.viewer, mail_id))
