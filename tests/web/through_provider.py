"""Browsers that sign in through an OpenID provider, and what the archive says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
from pydantic import SecretStr
from sqlalchemy import select

from archive_service import clock
from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import chain_breaks
from archive_service.people.oidc import links
from archive_service.people.tables import Person, SignIn
from archive_service.web.app import create_app
from archive_service.web.services import Services
from tests.support import records
from tests.support.odd_provider import CLIENT, SECRET
from tests.web.conftest import Browser, World

HERE = "http://archive.test"


def configured(world: World, issuer: str, **settings: object) -> Services:
    """The services of the archive, with a provider."""
    told = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
    changed = world.services.settings.model_copy(update={**told, "public_address": HERE, **settings})
    return Services(changed, world.services.database, world.services.store, world.services.index)


@contextmanager
def browsers(world: World, issuer: str, number: int = 1, **settings: object) -> Iterator[list[Browser]]:
    """Browsers at an app that knows the provider."""
    app = create_app(configured(world, issuer, **settings))
    with ExitStack() as open_ones:
        yield [open_ones.enter_context(Browser(app, base_url=HERE, follow_redirects=False)) for _ in range(number)]


def tied(world: World, issuer: str, subject: str, login: str = "staff") -> int:
    """Tie an identity to a person as the system administrator does."""
    with world.services.database.unit_of_work() as session:
        person = session.scalars(select(Person).where(Person.login == login)).one()
        links.tie(
            session, person_id=person.id, issuer=issuer, subject=subject, by=records.system(session), now=clock.now()
        )
        return person.id


def sent_to(browser: Browser, wanted: str = "/cases") -> str:
    """Begin a sign-in; return where the browser is sent."""
    answer = browser.get("/sign-in/oidc", params={"next": wanted})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def sent_back(there: str) -> str:
    """Go to the provider, which lets everybody through; return where it sends the browser, below this archive."""
    back = httpx.get(there, trust_env=False).headers["location"]
    assert back.startswith(f"{HERE}/sign-in/oidc/back?"), back
    return back.removeprefix(HERE)


def come_back(browser: Browser) -> httpx.Response:
    """Sign in through the odd provider."""
    return browser.get(sent_back(sent_to(browser)))


def told(world: World, did: str) -> list[dict[str, object]]:
    """The facts of the entries of a kind."""
    with world.services.database.reading() as session:
        assert chain_breaks(session) == []
        chosen = select(AuditEntry).where(AuditEntry.did == did).order_by(AuditEntry.seq)
        return [dict(entry.facts) for entry in session.scalars(chosen)]


def last_in(world: World) -> str:
    """The login of who signed in last."""
    with world.services.database.reading() as session:
        began = select(Person.login).join(SignIn, SignIn.person_id == Person.id).order_by(SignIn.id.desc())
        return session.scalars(began).first() or ""


def refused(answer: httpx.Response, code_or_words: str, browser: Browser) -> None:
    """See that nobody was let in, and that the page says why and offers the other ways."""
    assert answer.status_code in (401, 503), answer.headers
    assert code_or_words in answer.text
    assert 'name="password"' in answer.text
    assert "location" not in answer.headers
    assert browser.get("/cases").headers["location"].startswith("/sign-in")
