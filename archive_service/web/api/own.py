"""The caller's own: who they are, where they are signed in, what they choose for their pages, and their searches.

Tokens and passwords stay on pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field

from archive_service.errors import NotPermitted
from archive_service.notebook import actions, queries
from archive_service.notebook.rules import MOST, Kind
from archive_service.people import actions as people_actions
from archive_service.people import queries as people
from archive_service.people import sessions
from archive_service.people.roles import Right
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.api.told import Told
from archive_service.web.visit import Id, Visit

router = api_router("own")

_Name = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[^\x00/]+$")]


class MeOut(BaseModel):
    """Who calls, in which unit, with which roles; `scopes` is null but for a token that is cut to some."""

    login: str
    name: str
    unit_name: str
    roles: list[str] = Field(examples=[["archivist"]])
    scopes: list[str] | None = Field(examples=[["read"]])
    preferences: dict[str, str] = Field(examples=[{"language": "zh"}])


class Choice(BaseModel):
    """What is chosen."""

    value: Words = Field(max_length=20, examples=["en"])


class RecentOut(Told):
    """What the caller looked for lately; `search` is the address of its page."""

    words: str = Field(validation_alias="name", examples=["合同"])
    search: str = Field(validation_alias="content", examples=["/search?q=合同"])
    at: datetime


class RecentList(BaseModel):
    """What the caller looked for lately, the last first."""

    recent: list[RecentOut]


class SignInOut(Told):
    """A browser in which the caller is signed in."""

    sign_in: str = Field(validation_alias="id")
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    address: str = Field(examples=["10.20.3.14"])
    agent: str
    current: bool


class SignInList(BaseModel):
    """Where the caller is signed in, newest first."""

    sign_ins: list[SignInOut]


class SavedOut(Told):
    """A search that the caller keeps; `search` is the address of its page."""

    name: str = Field(examples=["缺合同"])
    search: str = Field(validation_alias="content", examples=["/search?q=合同"])
    at: datetime


class SavedList(BaseModel):
    """The searches that the caller keeps, last used first."""

    saved: list[SavedOut]


class Search(BaseModel):
    """The address of a search, as the page has it: /search?q=…"""

    search: Words = Field(max_length=2000, pattern=r"^/search\?", examples=["/search?q=合同"])


@router.get("/me")
def get_me(visit: Caller) -> MeOut:
    """Return who calls, and what they chose for their pages."""
    return _me(visit, visit.viewer.preferences)


@router.put("/me/preferences/{name}")
def set_preference(visit: Caller, name: _Name, said: Choice) -> MeOut:
    """Keep what the caller chooses for their pages: language, theme, print, density or single_keys."""
    _check_whole(visit)
    with visit.services.database.unit_of_work() as session:
        people_actions.set_preference(session, key=name, value=said.value, by=visit.viewer, now=visit.now)
    return _me(visit, {**visit.viewer.preferences, name: said.value})


@router.get("/me/recent-searches")
def list_recent(visit: Caller) -> RecentList:
    """Return what the caller looked for lately on the page of searches."""
    visit.viewer.require(Right.RECORD_READ)
    return _recent(visit)


@router.delete("/me/recent-searches")
def forget_recent(visit: Caller) -> RecentList:
    """Forget what the caller looked for lately."""
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.unit_of_work() as session:
        actions.forget(session, visit.viewer, Kind.SEARCH)
    return _recent(visit)


@router.get("/me/sign-ins")
def list_sign_ins(visit: Caller) -> SignInList:
    """Return where the caller is signed in."""
    _check_whole(visit)
    return _sign_ins(visit)


@router.post("/me/sign-ins/end-others")
def end_others(visit: Caller) -> SignInList:
    """End every sign-in of the caller but the one that asks."""
    _check_whole(visit)
    with visit.services.database.unit_of_work() as session:
        sessions.end_others(session, by=visit.viewer, keep=visit.secret, now=visit.now)
    return _sign_ins(visit)


@router.post("/me/sign-ins/{sign_in_id}/end")
def end_sign_in(visit: Caller, sign_in_id: Id) -> SignInList:
    """End one sign-in of the caller."""
    _check_whole(visit)
    with visit.services.database.unit_of_work() as session:
        sessions.end_sign_in(session, sign_in_id=sign_in_id, by=visit.viewer, now=visit.now, kind=sessions.SESSION)
    return _sign_ins(visit)


@router.get("/me/searches")
def list_saved(visit: Caller) -> SavedList:
    """Return the searches that the caller keeps."""
    visit.viewer.require(Right.RECORD_READ)
    return _saved(visit)


@router.put("/me/searches/{name}")
def save_search(visit: Caller, name: _Name, said: Search) -> SavedList:
    """Keep a search under a name, in the place of the one that has it."""
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.unit_of_work() as session:
        actions.remember(session, visit.viewer, Kind.SAVED, name, said.search, now=visit.now)
    return _saved(visit)


@router.delete("/me/searches/{name}")
def forget_search(visit: Caller, name: _Name) -> SavedList:
    """Forget the search that has a name."""
    visit.viewer.require(Right.RECORD_READ)
    with visit.services.database.unit_of_work() as session:
        actions.forget(session, visit.viewer, Kind.SAVED, name)
    return _saved(visit)


def _me(visit: Visit, preferences: Mapping[str, str]) -> MeOut:
    viewer = visit.viewer
    return MeOut(
        login=viewer.login,
        name=viewer.name,
        unit_name=viewer.unit_name,
        roles=sorted(viewer.roles),
        scopes=None if viewer.scopes is None else sorted(viewer.scopes),
        preferences=dict(preferences),
    )


def _recent(visit: Visit) -> RecentList:
    with visit.services.database.reading() as session:
        found = queries.kept(session, visit.viewer, Kind.SEARCH, limit=MOST[Kind.SEARCH])
    return RecentList(recent=[RecentOut.model_validate(one) for one in found])


def _check_whole(visit: Visit) -> None:
    """Raise NotPermitted for a token that is cut to scopes: none of them reaches the sign-ins of its person."""
    if visit.viewer.scopes is not None:
        raise NotPermitted(
            "token.scope",
            "这个令牌的范围不包括此事，或者本人没有这个权限。请换用范围合适的令牌。",
            scopes=" ".join(sorted(visit.viewer.scopes)),
        )


def _sign_ins(visit: Visit) -> SignInList:
    idle = visit.services.settings.session_idle_minutes
    with visit.services.database.reading() as session:
        found = people.sign_ins(
            session, visit.viewer, now=visit.now, kind=sessions.SESSION, idle_minutes=idle, secret=visit.secret
        )
    return SignInList(sign_ins=[SignInOut.model_validate(one) for one in found])


def _saved(visit: Visit) -> SavedList:
    with visit.services.database.reading() as session:
        found = queries.kept(session, visit.viewer, Kind.SAVED, limit=MOST[Kind.SAVED])
    return SavedList(saved=[SavedOut.model_validate(one) for one in found])
