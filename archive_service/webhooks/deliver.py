"""Sending one delivery: signed, to the allowed host alone, without following anybody elsewhere."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from archive_service import __version__, keyring
from archive_service.db.session import Database
from archive_service.errors import ArchiveError
from archive_service.jobs import queue
from archive_service.jobs.queue import Claimed
from archive_service.settings import Settings
from archive_service.webhooks import actions, rules
from archive_service.webhooks.tables import Webhook, WebhookDelivery

#: So much of an answer is read; nobody keeps it.
_READ = 1024


@dataclass(frozen=True)
class Outcome:
    """What the other side answered, none without an answer; no code means success."""

    status: int | None
    error_code: str | None


@dataclass(frozen=True)
class DeliveryHandler:
    """Does the jobs of webhooks: each job is one try, the row knows how many there were."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]

    def run(self, claimed: Claimed) -> None:
        """Send a delivery once and write down how it went; a failure owes the next try after a while."""
        with self.database.reading() as session:
            delivery = session.get(WebhookDelivery, int(claimed.subject))
            hook = session.get(Webhook, delivery.webhook_id) if delivery else None
        if delivery is None or hook is None or delivery.state != "waiting" or hook.ended_at is not None:
            with self.database.unit_of_work() as session:
                queue.finish(session, claimed, now=self.now())
            return
        outcome = self._send(hook, delivery)
        with self.database.unit_of_work() as session:
            queue.finish(session, claimed, now=self.now())
            self._note(session, delivery.id, outcome)

    def give_up(self, session: Session, claimed: Claimed, *, code: str, now: datetime) -> None:
        """Write down that a delivery could not even be tried."""
        delivery = session.get(WebhookDelivery, int(claimed.subject))
        if delivery is not None and delivery.state == "waiting":
            delivery.state, delivery.error_code, delivery.tried_at, delivery.next_at = "failed", code, now, None

    def _send(self, hook: Webhook, delivery: WebhookDelivery) -> Outcome:
        try:
            # The list may have become shorter since.
            address = rules.check_address(hook.address, self.settings.webhook_hosts)
        except ArchiveError as error:
            return Outcome(None, error.code)
        shown = rules.secret(keyring.key(self.settings, keyring.WEBHOOK), hook.salt)
        body, timestamp, name = delivery.payload.encode(), int(self.now().timestamp()), f"msg_{delivery.id}"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"archive-service/{__version__}",
            "webhook-id": name,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": rules.signature(shown, delivery=name, timestamp=timestamp, body=body),
        }
        return post(address, body, headers, timeout_s=self.settings.webhook_timeout_s)

    def _note(self, session: Session, delivery_id: int, outcome: Outcome) -> None:
        now, delivery = self.now(), session.get_one(WebhookDelivery, delivery_id)
        delivery.attempts += 1
        delivery.tried_at, delivery.status, delivery.error_code = now, outcome.status, outcome.error_code
        wait = rules.wait_after(delivery.attempts) if outcome.error_code else None
        delivery.next_at = now + wait if wait else None
        if outcome.error_code is None:
            delivery.state = "delivered"
        elif wait is None:
            delivery.state = "failed"
        else:
            actions.owe(session, delivery, now=now)


def post(address: str, body: bytes, headers: dict[str, str], *, timeout_s: float) -> Outcome:
    """Send a body; an answer from 200 to 299 is success, one that sends elsewhere is not followed."""
    parts = urlsplit(address)
    host, target = parts.hostname or "", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    # No proxy of the environment and no redirect: the host that was allowed is the host that is asked.
    connection = (
        http.client.HTTPSConnection(host, parts.port, timeout=timeout_s, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port, timeout=timeout_s)
    )
    try:
        connection.request("POST", target, body=body, headers=headers)
        answer = connection.getresponse()
        answer.read(_READ)
    except TimeoutError:
        return Outcome(None, "webhook.timeout")
    except (OSError, http.client.HTTPException):
        return Outcome(None, "webhook.unreachable")
    finally:
        connection.close()
    return Outcome(answer.status, None if 200 <= answer.status < 300 else "webhook.refused")
