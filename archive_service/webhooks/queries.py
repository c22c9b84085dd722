"""Subscriptions and how their deliveries went, within the units that a viewer manages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service.errors import NotFound
from archive_service.people.roles import Right
from archive_service.people.viewer import Viewer
from archive_service.webhooks.tables import Webhook, WebhookDelivery


@dataclass(frozen=True)
class DeliveryListing:
    """A page of deliveries, newest first; `next` continues it."""

    rows: Sequence[WebhookDelivery]
    next: int | None


def open_hooks(session: Session) -> Sequence[Webhook]:
    """Return all subscriptions that have not ended."""
    return session.scalars(select(Webhook).where(Webhook.ended_at.is_(None)).order_by(Webhook.id)).all()


def hooks(session: Session, viewer: Viewer) -> Sequence[Webhook]:
    """Return the subscriptions of the viewer's units, also those that ended, newest first."""
    viewer.require(Right.WEBHOOK_MANAGE)
    mine = Webhook.unit_id.in_(viewer.units(Right.WEBHOOK_MANAGE))
    return session.scalars(select(Webhook).where(mine).order_by(Webhook.id.desc())).all()


def hook(session: Session, viewer: Viewer, webhook_id: int) -> Webhook:
    """Return a subscription of the viewer's units. Raises NotFound."""
    viewer.require(Right.WEBHOOK_MANAGE)
    found = session.get(Webhook, webhook_id)
    if found is None or not viewer.may(Right.WEBHOOK_MANAGE, found.unit_id):
        raise not_found()
    return found


def not_found() -> NotFound:
    """Return the answer for what does not exist or belongs to others."""
    return NotFound("webhook.not-found", "没有这个订阅或通知，或您无权管理。请刷新列表后再试。")


def deliveries(session: Session, viewer: Viewer, webhook_id: int, *, after: int | None, limit: int) -> DeliveryListing:
    """Return what a subscription was sent, newest first, below the id `after`. Raises NotFound."""
    wanted = select(WebhookDelivery).where(WebhookDelivery.webhook_id == hook(session, viewer, webhook_id).id)
    if after is not None:
        wanted = wanted.where(WebhookDelivery.id < after)
    rows = session.scalars(wanted.order_by(WebhookDelivery.id.desc()).limit(limit + 1)).all()
    return DeliveryListing(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)
