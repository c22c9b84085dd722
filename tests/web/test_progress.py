"""What terminals and hot lines are told: how far a case is, to who knows its numbers; never content, never more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archive_service.people.scopes import Scope
from archive_service.people.tables import SignInTry
from archive_service.web.api import progress as api
from tests.support import records
from tests.web.conftest import PHONE, PHRASE, Browser, World
from tests.web.test_business import token_of


@pytest.fixture
def terminal(world: World, anonymous: Browser) -> Browser:
    """A terminal with a token of the staff of centre A that may ask for progress and nothing else."""
    anonymous.headers["Authorization"] = f"Bearer {token_of(world.services.database, 'staff', Scope.STATUS)}"
    return anonymous


def ask(terminal: Browser, number: str, proof: str) -> tuple[int, dict[str, object]]:
    answer = terminal.post("/api/v1/progress", json={"application_no": number, "proof": proof})
    return answer.status_code, answer.json()


def test_who_knows_the_numbers_is_told_how_far_it_is_and_what_is_owed(world: World, terminal: Browser) -> None:
    """By the account number or by the phone on a paper; papers are named, and nothing stands there that they say."""
    near = world.near
    by_account, by_phone = (ask(terminal, near.application_no, proof) for proof in (near.account_no[-4:], PHONE[-4:]))
    assert by_account == by_phone
    status, said = by_account
    assert (status, said["state"], said["stage"], said["due_on"]) == (200, "collecting", "ENERGISE", "2026-11-19")
    owed = said["owed"]
    assert isinstance(owed, list)
    assert {one["document_type"] for one in owed} >= {"A10"}
    assert "K01R" not in {one["document_type"] for one in owed}
    text = str(said)
    assert not any(secret in text for secret in (PHONE, PHRASE, near.account_no, "清河路"))


def test_a_name_is_masked(world: World, terminal: Browser) -> None:
    with world.services.database.unit_of_work() as session:
        case = records.case(session, "20261109000077", account_no="5100000077", at=records.unit(session, "A"))
        assert case.application_no
    assert ask(terminal, "20261109000077", "0077")[1]["account_name"] == "李*"


def test_unknown_foreign_and_wrong_look_the_same(world: World, terminal: Browser) -> None:
    near, far = world.near, world.far
    told = [
        ask(terminal, "20990101000001", "0001"),
        ask(terminal, far.application_no, far.account_no[-4:]),
        ask(terminal, near.application_no, "9999"),
    ]
    assert told[0] == told[1] == told[2]
    assert (told[0][0], told[0][1]["code"]) == (404, "status.not-found")


@pytest.mark.parametrize("exists", [True, False])
def test_whoever_guesses_waits_even_with_the_right_digits_then_and_whether_there_is_such_a_number_or_not(
    world: World, terminal: Browser, exists: bool
) -> None:
    number = world.near.application_no if exists else "20990101000001"
    told = [ask(terminal, number, f"{guess:04d}") for guess in range(9000, 9004)]
    assert [status for status, _ in told] == [404, 404, 404, 429]
    assert ask(terminal, number, world.near.account_no[-4:])[0] == 429
    assert ask(terminal, "20990101000002", "0001")[0] == 404


def test_a_token_that_guesses_many_numbers_waits_for_all_of_them(
    world: World, terminal: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "_FOR_A_TOKEN", 5)
    told = [ask(terminal, f"209901010000{guess:02d}", "0001")[0] for guess in range(6)]
    assert told == [404] * 5 + [429]
    with world.services.database.unit_of_work() as session:
        for row in session.query(SignInTry):
            row.next_at -= timedelta(minutes=30)
    assert ask(terminal, world.near.application_no, world.near.account_no[-4:])[0] == 200


@pytest.mark.parametrize("proof", ["", "001", "00011", "abcd", "１２３４"])
def test_digits_are_four_or_nothing_is_looked_up(world: World, terminal: Browser, proof: str) -> None:
    assert ask(terminal, world.near.application_no, proof)[0] == 422


def test_the_token_of_a_terminal_opens_nothing_else(world: World, terminal: Browser) -> None:
    near = world.near
    for address in (
        "/cases", f"/households/{near.account_no}", f"/households/{near.account_no}/head",
        f"/items/{near.internal_item}", f"/cases/{near.application_no}/completeness", "/cases/changes", "/search?q=a",
    ):  # fmt: skip
        assert terminal.get(f"/api/v1{address}").status_code in (403, 404), address
