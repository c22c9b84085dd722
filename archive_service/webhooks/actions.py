"""Subscribing to events, ending that, and following the trail into deliveries."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.audit.record import record
from archive_service.audit.tables import AuditEntry
from archive_service.audit.verify import last_seq
from archive_service.db.session import Database
from archive_service.errors import Invalid, Refused
from archive_service.jobs import queue
from archive_service.people.queries import units_below
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.webhooks import queries, rules
from archive_service.webhooks.tables import Webhook, WebhookDelivery, WebhookMark

#: Kind of the jobs that deliver.
DELIVERY_JOB = "webhook"
_QUEUE = "upkeep"
#: Entries of the trail followed in one transaction.
_PORTION = 500
_MOST_HOOKS = 50


def subscribe(
    session: Session,
    viewer: Viewer,
    *,
    unit_id: int,
    address: str,
    events: Collection[str],
    label: str,
    allowed: str,
    key: bytes,
    now: datetime,
) -> tuple[Webhook, str]:
    """Have a program told of events in a unit and below it; return the subscription and its secret, shown once.

    Raises NotPermitted without the right or for a host that is not allowed, Invalid, Refused when there are too many.
    """
    viewer.require(Right.WEBHOOK_MANAGE, unit_id)
    where, wanted = rules.check_address(address, allowed), rules.check_events(events)
    said = label.strip()
    if not said or len(said) > 120:
        raise Invalid("webhook.label", "请给订阅起一个 120 字以内的名字，说明谁在接收。")
    if len(queries.open_hooks(session)) >= _MOST_HOOKS:
        raise Refused("webhook.too-many", f"订阅已有 {_MOST_HOOKS} 个，没有再加。请先停用不用的订阅。")
    made = Webhook(
        unit_id=unit_id,
        address=where,
        events=wanted,
        salt=secrets.token_hex(16),
        label=said,
        made_by=viewer.person_id,
        made_at=now,
    )
    session.add(made)
    session.flush()
    _note(session, viewer, made, "webhook.made", now=now)
    if session.get(WebhookMark, 1) is None:
        session.add(WebhookMark(id=1, seq=last_seq(session)))
    return made, rules.secret(key, made.salt)


def unsubscribe(session: Session, viewer: Viewer, webhook_id: int, *, now: datetime) -> None:
    """End a subscription; what was not delivered yet is not sent any more. Raises NotFound."""
    hook = queries.hook(session, viewer, webhook_id)
    if hook.ended_at is None:
        hook.ended_at = now
        _note(session, viewer, hook, "webhook.ended", now=now)


def send_again(
    session: Session, viewer: Viewer, webhook_id: int, delivery_id: int, *, now: datetime
) -> WebhookDelivery:
    """Try a delivery that failed again, from the first wait on. Raises NotFound, and Refused for any other."""
    hook = queries.hook(session, viewer, webhook_id)
    delivery = session.get(WebhookDelivery, delivery_id)
    if delivery is None or delivery.webhook_id != hook.id:
        raise queries.not_found()
    if delivery.state != "failed" or hook.ended_at is not None:
        raise Refused("webhook.not-failed", "这条通知没有失败，或订阅已停用，不用重发。请刷新列表查看当前状态。")
    delivery.state, delivery.attempts, delivery.next_at = "waiting", 0, now
    owe(session, delivery, now=now)
    return delivery


def owe(session: Session, delivery: WebhookDelivery, *, now: datetime) -> None:
    """Owe a try of a delivery at its time."""
    job = queue.enqueue(session, kind=DELIVERY_JOB, subject=delivery.id, queue=_QUEUE, now=now)
    job.not_before = delivery.next_at or now


def follow(database: Database, *, now: datetime) -> int:
    """Make deliveries of what the trail tells since the last time; return how many."""
    made = 0
    while True:
        with database.reading() as session:
            mark, head = session.get(WebhookMark, 1), last_seq(session)
        # Before the first subscription there is no mark, and nothing is looked at.
        if mark is None or mark.seq >= head:
            return made
        with database.unit_of_work() as session:
            made += _follow(session, now=now)


def _follow(session: Session, *, now: datetime) -> int:
    mark = session.scalars(select(WebhookMark).where(WebhookMark.id == 1).with_for_update()).one()
    until = min(mark.seq + _PORTION, last_seq(session))
    told = select(AuditEntry).where(AuditEntry.seq > mark.seq, AuditEntry.seq <= until)
    entries = session.scalars(told.where(AuditEntry.did.in_(rules.EVENTS.values())).order_by(AuditEntry.seq)).all()
    hooks = [(hook, units_below(session, hook.unit_id)) for hook in queries.open_hooks(session)] if entries else []
    made = [
        _delivery(hook, event, entry, now=now)
        for entry in entries
        for event, did in rules.EVENTS.items()
        if did == entry.did
        for hook, units in hooks
        if event in hook.events and entry.unit_id in units and entry.at >= hook.made_at
    ]
    session.add_all(made)
    mark.seq = until
    session.flush()
    for delivery in made:
        owe(session, delivery, now=now)
    return len(made)


def _delivery(hook: Webhook, event: str, entry: AuditEntry, *, now: datetime) -> WebhookDelivery:
    data: dict[str, Any] = {name: entry.facts[name] for name in rules.FACTS if entry.facts.get(name) is not None}
    data[entry.object_kind] = entry.object_id
    payload = {"type": event, "timestamp": entry.at.isoformat(), "data": data}
    return WebhookDelivery(
        webhook_id=hook.id,
        event=event,
        seq=entry.seq,
        payload=json.dumps(payload, ensure_ascii=False, sort_keys=True),
        state="waiting",
        attempts=0,
        made_at=now,
        next_at=now,
    )


def _note(session: Session, viewer: Viewer, hook: Webhook, did: str, *, now: datetime) -> None:
    record(
        session,
        by=viewer.actor,
        did=did,
        object_kind="webhook",
        object_id=hook.id,
        unit_id=hook.unit_id,
        facts={"address": hook.address, "events": list(hook.events), "label": hook.label},
        now=now,
    )
