"""Programs are told what happened: signed, once an event, tried again, and only where the settings allow."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from archive_service.db.session import Database
from archive_service.errors import Invalid, NotPermitted
from archive_service.jobs.runner import Runner
from archive_service.jobs.tables import Job
from archive_service.people.roles import Role
from archive_service.settings import Settings
from archive_service.webhooks import actions, rules
from archive_service.webhooks.deliver import DeliveryHandler
from archive_service.webhooks.tables import WebhookDelivery
from tests.support import records
from tests.support.receiver import listening
from tests.support.receiver import subscribed as subscribed_at
from tests.support.records import NOW


@pytest.fixture
def receiver() -> Iterator[Any]:
    with listening() as server:
        yield server


@pytest.fixture
def told(settings: Settings, receiver: Any) -> Settings:
    return settings.model_copy(update={"webhook_hosts": f"127.0.0.1:{receiver.server_port}"})


def subscribed(database: Database, told: Settings, port: int, events: list[str], unit: str = "ROOT") -> str:
    """Subscribe an hour ago and return the secret."""
    return subscribed_at(database, told, port, events, now=NOW - timedelta(hours=1), unit=unit)


def work(database: Database, told: Settings, now: datetime = NOW) -> None:
    """Follow the trail and do every delivery that is due."""
    actions.follow(database, now=now)
    handler = DeliveryHandler(told, database, lambda: now)
    runner = Runner(database, {actions.DELIVERY_JOB: handler}, "w", ("upkeep",), 60, lambda: now)
    while runner.run_one():
        continue


def delivery(database: Database) -> WebhookDelivery:
    with database.reading() as session:
        return session.query(WebhookDelivery).one()


def test_a_filed_item_is_told_once_and_signed(database: Database, told: Settings, receiver: Any) -> None:
    """The receiver checks the signature with the secret it was given; nothing of a person is in the body."""
    secret = subscribed(database, told, receiver.server_port, ["item.filed"])
    with database.unit_of_work() as session:
        case = records.case(session, account_no="3300000001", account_name="王秀英")
        item = records.item(session, case, "A05", fields={"id_number": "11010519491231002X"})
        key = item.id
    work(database, told)
    work(database, told)
    ((path, headers, body),) = receiver.came
    said = {name.lower(): value for name, value in headers.items()}
    signed = f"{said['webhook-id']}.{said['webhook-timestamp']}.".encode() + body
    mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert said["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert said["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert path == "/hook?from=archive"
    told_body = json.loads(body)
    assert (told_body["type"], told_body["data"]["item"], told_body["data"]["account_no"]) == (
        "item.filed",
        str(key),
        "3300000001",
    )
    assert "王秀英" not in body.decode()
    assert "1949" not in body.decode()
    assert (delivery(database).state, delivery(database).status) == ("delivered", 204)


def test_a_case_that_becomes_complete_is_told(database: Database, told: Settings, receiver: Any) -> None:
    """Once, when its last paper is filed."""
    subscribed(database, told, receiver.server_port, ["case.complete"])
    with database.unit_of_work() as session:
        case = records.case(session, conditions=("natural",))
        records.everything_due(session, case)
        number = case.application_no if case.complete else ""
    work(database, told)
    assert [json.loads(body)["data"]["application_no"] for _, _, body in receiver.came] == [number]


def test_what_happens_in_other_units_is_not_told(database: Database, told: Settings, receiver: Any) -> None:
    """A subscription of one centre hears of that centre alone."""
    subscribed(database, told, receiver.server_port, ["item.filed"], unit="EAST")
    with database.unit_of_work() as session:
        west = records.unit(session, "WEST", below=records.unit(session))
        records.item(session, records.case(session, at=west))
    work(database, told)
    assert receiver.came == []


def test_a_refused_delivery_is_tried_again_after_a_while(database: Database, told: Settings, receiver: Any) -> None:
    """With longer and longer waits; redirects are not followed, success ends it."""
    receiver.answers = [500, 302]
    subscribed(database, told, receiver.server_port, ["item.filed"])
    with database.unit_of_work() as session:
        records.item(session, records.case(session))
    work(database, told)
    first = delivery(database)
    assert (first.state, first.attempts, first.status, first.error_code) == ("waiting", 1, 500, "webhook.refused")
    assert first.next_at == NOW + timedelta(minutes=1)
    work(database, told, NOW + timedelta(seconds=30))
    assert len(receiver.came) == 1
    work(database, told, NOW + timedelta(minutes=1))
    assert (delivery(database).status, delivery(database).next_at) == (302, NOW + timedelta(minutes=6))
    work(database, told, NOW + timedelta(minutes=6))
    assert (delivery(database).state, len(receiver.came)) == ("delivered", 3)
    assert {path for path, _, _ in receiver.came} == {"/hook?from=archive"}


def test_after_the_last_try_it_has_failed_and_can_be_sent_again(
    database: Database, told: Settings, receiver: Any
) -> None:
    """Nothing is owed any more until an administrator asks."""
    receiver.answers = [503] * 7
    subscribed(database, told, receiver.server_port, ["item.filed"])
    with database.unit_of_work() as session:
        records.item(session, records.case(session))
    now = NOW
    work(database, told, now)
    for wait in rules.WAITS:
        now += wait
        work(database, told, now)
    failed = delivery(database)
    assert (failed.state, failed.attempts, len(receiver.came)) == ("failed", 7, 7)
    with database.unit_of_work() as session:
        by = records.viewer(session, Role.SYSTEM_ADMIN)
        actions.send_again(session, by, failed.webhook_id, failed.id, now=now)
    work(database, told, now)
    assert delivery(database).state == "delivered"


def test_a_host_that_is_allowed_no_more_is_not_asked(database: Database, told: Settings, receiver: Any) -> None:
    """The list of the settings holds at every try, not only when somebody subscribed."""
    subscribed(database, told, receiver.server_port, ["item.filed"])
    with database.unit_of_work() as session:
        records.item(session, records.case(session))
    work(database, told.model_copy(update={"webhook_hosts": ""}))
    assert (receiver.came, delivery(database).error_code) == ([], "webhook.host")


def test_nobody_at_the_other_end_is_written_down(database: Database, told: Settings, receiver: Any) -> None:
    """A closed port is a failure like any other."""
    closed = told.model_copy(update={"webhook_hosts": "127.0.0.1:9"})
    subscribed(database, closed, 9, ["item.filed"])
    with database.unit_of_work() as session:
        records.item(session, records.case(session))
    work(database, closed)
    assert delivery(database).error_code == "webhook.unreachable"
    with database.reading() as session:
        assert session.query(Job).filter_by(kind=actions.DELIVERY_JOB, state="queued").count() == 1


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("http://hooks.example/x", ""),
        ("http://hooks.example/x", "other.example"),
        ("http://hooks.example:8080/x", "hooks.example"),
        ("https://hooks.example.evil/x", "hooks.example"),
        ("http://evil@hooks.example/x", "hooks.example"),
        ("http://hooks.example#@evil/x", "hooks.example"),
        ("file:///etc/passwd", "hooks.example"),
        ("ftp://hooks.example/x", "hooks.example"),
        ("http:///x", "hooks.example"),
        ("http://hooks.example:99999/", "hooks.example"),
        ("http://169.254.169.254/latest", "hooks.example"),
        ("http://[::1]/x", "hooks.example"),
        ("http://hooks.example/a\r\nHost: evil", "hooks.example"),
    ],
)
def test_only_plain_addresses_of_allowed_hosts_are_taken(address: str, allowed: str) -> None:
    """Everything is denied that the settings do not name."""
    with pytest.raises((Invalid, NotPermitted)):
        rules.check_address(address, allowed)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://hooks.example/x?y=1", " a.example, Hooks.Example"),
        ("http://HOOKS.example:80/", "hooks.example"),
        ("http://hooks.example:8080/", "hooks.example:8080"),
        ("https://10.1.2.3/", "10.1.2.3:443"),
    ],
)
def test_allowed_hosts_are_taken(address: str, allowed: str) -> None:
    """A host alone allows the usual port of the scheme."""
    assert rules.check_address(address, allowed) == address
