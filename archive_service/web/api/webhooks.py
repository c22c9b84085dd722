"""Having programs told what happens: subscriptions, and the log of what they were sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from archive_service import keyring
from archive_service.errors import NotFound
from archive_service.people import queries as people
from archive_service.web.api.caller import Caller, Words
from archive_service.web.api.route import api_router
from archive_service.web.visit import LARGEST_ID, Id
from archive_service.webhooks import actions, queries
from archive_service.webhooks.tables import Webhook, WebhookDelivery

router = api_router("webhooks")


class Subscription(BaseModel):
    """Where to send which events of a unit and everything below it."""

    address: Words = Field(max_length=500)
    events: Annotated[list[Words], Field(min_length=1, max_length=20)]
    centre: Words = Field(max_length=40)
    label: Words = Field(min_length=1, max_length=120)


class WebhookOut(BaseModel):
    """A subscription; `ended_at` is null while it is in use."""

    webhook: str
    address: str
    events: list[str]
    label: str
    made_at: datetime
    ended_at: datetime | None


class MadeWebhook(WebhookOut):
    """A new subscription with its secret, which is shown this once."""

    secret: str | None


class WebhookList(BaseModel):
    """All subscriptions of the caller's units, newest first."""

    webhooks: list[WebhookOut]


class DeliveryOut(BaseModel):
    """An event that was sent or will be; `state`: waiting, delivered, failed; `status` is what was answered last."""

    delivery: str
    event: str
    state: str
    attempts: int
    status: int | None
    error: str | None
    made_at: datetime
    tried_at: datetime | None
    next_at: datetime | None


class DeliveryList(BaseModel):
    """A page of deliveries, newest first; `next` goes into `after`."""

    deliveries: list[DeliveryOut]
    next: int | None


@router.post("/webhooks", status_code=201)
def make_webhook(visit: Caller, wanted: Subscription) -> MadeWebhook:
    """Have events sent to an address, signed with a secret that is shown once."""
    settings = visit.services.settings
    with visit.services.database.unit_of_work() as session:
        unit = people.unit_by_code(session, wanted.centre)
        if unit is None:
            raise NotFound("people.unit-not-found", "没有这个单位，或者您无权管理。请核对单位代码。")
        made, secret = actions.subscribe(
            session,
            visit.viewer,
            unit_id=unit.id,
            address=wanted.address,
            events=wanted.events,
            label=wanted.label,
            allowed=settings.webhook_hosts,
            key=keyring.key(settings, keyring.WEBHOOK),
            now=visit.now,
        )
    return MadeWebhook(**_hook(made).model_dump(), secret=secret)


@router.get("/webhooks")
def list_webhooks(visit: Caller) -> WebhookList:
    """List the subscriptions of the caller's units."""
    with visit.services.database.reading() as session:
        return WebhookList(webhooks=[_hook(one) for one in queries.hooks(session, visit.viewer)])


@router.delete("/webhooks/{webhook_id}")
def end_webhook(visit: Caller, webhook_id: Id) -> WebhookOut:
    """End a subscription; what waits is not sent any more."""
    with visit.services.database.unit_of_work() as session:
        actions.unsubscribe(session, visit.viewer, webhook_id, now=visit.now)
        return _hook(queries.hook(session, visit.viewer, webhook_id))


@router.get("/webhooks/{webhook_id}/deliveries")
def list_deliveries(
    visit: Caller,
    webhook_id: Id,
    after: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DeliveryList:
    """List what a subscription was sent, newest first."""
    with visit.services.database.reading() as session:
        found = queries.deliveries(session, visit.viewer, webhook_id, after=after, limit=limit)
    return DeliveryList(deliveries=[_delivery(row) for row in found.rows], next=found.next)


@router.post("/webhooks/{webhook_id}/deliveries/{delivery_id}/retry")
def retry_delivery(visit: Caller, webhook_id: Id, delivery_id: Id) -> DeliveryOut:
    """Send a delivery that failed again."""
    with visit.services.database.unit_of_work() as session:
        return _delivery(actions.send_again(session, visit.viewer, webhook_id, delivery_id, now=visit.now))


def _hook(row: Webhook) -> WebhookOut:
    return WebhookOut(
        webhook=str(row.id),
        address=row.address,
        events=list(row.events),
        label=row.label,
        made_at=row.made_at,
        ended_at=row.ended_at,
    )


def _delivery(row: WebhookDelivery) -> DeliveryOut:
    return DeliveryOut(
        delivery=str(row.id),
        event=row.event,
        state=row.state,
        attempts=row.attempts,
        status=row.status,
        error=row.error_code,
        made_at=row.made_at,
        tried_at=row.tried_at,
        next_at=row.next_at,
    )
