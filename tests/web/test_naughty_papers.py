"""Whatever somebody is called is text on the papers that the program prints."""

from __future__ import annotations

import io
import re

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from archive_service import fonts
from archive_service.households.tables import CaseFile, HouseholdFile
from tests.support.naughty import NAUGHTY
from tests.web.conftest import Browser, World
from tests.web.naughty_names import give_names


@pytest.fixture
def named(world: World) -> dict[str, str]:
    """The application number of a case by what is odd about its household's name."""
    accounts = give_names(world)
    with world.services.database.reading() as session:
        rows = session.execute(
            select(HouseholdFile.account_no, CaseFile.application_no)
            .join(CaseFile, CaseFile.household_id == HouseholdFile.id)
            .where(HouseholdFile.account_no.in_(accounts.values()))
        )
        applications = {row.account_no: row.application_no for row in rows}
    return {what: applications[account] for what, account in accounts.items()}


def solid(text: str) -> str:
    """What has ink: lines are broken anywhere, and signs that draw nothing come out or not."""
    return re.sub(r"[\s\u0000-\u001f\u007f-\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff〓]+", "", text)


@pytest.mark.parametrize("paper", ["notice", "contents"])
def test_a_name_of_any_kind_is_printed_as_text(browser: Browser, named: dict[str, str], paper: str) -> None:
    """Every character that the face has stands there in its order; the paper has no script and no action."""
    wrong = []
    for what, application in named.items():
        answer = browser.get(f"/cases/{application}/papers/{paper}.pdf")
        assert answer.status_code == 200, what
        book = PdfReader(io.BytesIO(answer.content))
        said = solid("".join(page.extract_text() for page in book.pages))
        if solid(fonts.printable(NAUGHTY[what], "hei"))[:40] not in said:
            wrong.append((what, said[:200]))
        assert not {"/AA", "/Names", "/AcroForm"} & set(book.root_object), what
        # How large the first page is shown, and nothing that runs.
        assert isinstance(book.root_object["/OpenAction"], list), what
        assert all("/Annots" not in page for page in book.pages), what
    assert wrong == []
