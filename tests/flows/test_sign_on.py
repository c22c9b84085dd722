"""A real browser at a real OpenID provider: there and back, back in history, another browser, and out again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydantic import SecretStr

from archive_service import clock
from archive_service.db.session import Database
from archive_service.people.oidc import links
from archive_service.people.roles import Role
from tests.support import records
from tests.support.browser import PATIENCE_S, faults
from tests.support.honest_provider import honest_provider
from tests.support.places import Place, free_port
from tests.support.server import serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def window(context: BrowserContext, complaints: list[str]) -> Page:
    """A window that tells what its pages complain of."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None,
    )
    return page


def at_provider(page: Page, subject: str) -> None:
    """Say at the provider who one is."""
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize", exact=True).click()


def test_a_person_signs_in_at_the_provider_and_goes_back_and_out(
    place: Place, database: Database, chromium: Browser, tmp_path: Path
) -> None:
    port, complaints = free_port(), list[str]()
    here = f"http://127.0.0.1:{port}"
    with honest_provider(tmp_path / "provider.log") as provider:
        with database.unit_of_work() as session:
            shen = records.person(session, "shen", roles=[Role.ARCHIVIST], at=records.unit(session))
            links.tie(
                session, person_id=shen.id, issuer=provider.issuer, subject="u-1", by=records.system(session),
                now=clock.now(),
            )  # fmt: skip
        told: dict[str, object] = {"oidc_issuer": provider.issuer, "oidc_client_id": "archive", "public_address": here}
        told |= {"oidc_client_secret": SecretStr("a secret of both")}
        with serving(place.settings.model_copy(update=told), processes=1, log=tmp_path / "server.log", port=port):
            context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=here)
            page = window(context, complaints)
            page.goto("/cases")
            assert faults(page) == []
            button = page.get_by_role("link", name="用统一身份认证登录")
            button.focus()
            page.keyboard.press("Enter")
            at_provider(page, "u-1")
            expect(page).to_have_url(f"{here}/cases")

            # Back at the provider, once more through: the answer opens nothing new, and nothing is lost.
            page.go_back()
            at_provider(page, "u-1")
            expect(page).to_have_url(f"{here}/")
            expect(page.get_by_role("heading", level=1)).to_be_visible()

            # Somebody else's browser with the very address that came back.
            other = window(chromium.new_context(base_url=here), complaints)
            other.goto("/sign-in/oidc/back?code=x&state=y")
            expect(other.get_by_role("alert")).to_contain_text("从登录页重新开始")
            assert faults(other) == []

            page.goto("/me")
            page.get_by_role("main").get_by_role("button", name="退出登录").click()
            page.get_by_role("link", name="同时退出统一身份认证").click()
            page.wait_for_url(f"{provider.issuer}/oauth2/end_session**")
    assert complaints == []
