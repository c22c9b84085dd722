"""The consumer of a worker behind a broker, without the queues for messages of a later date.

Celery declares 28 more quorum queues on RabbitMQ at each start of a worker, for messages that wait for their hour. No
nudge does, and a broker that is slow at making them keeps the worker from its first message.
"""

from __future__ import annotations

from celery import bootsteps
from celery.worker.consumer import Consumer

_LATER = "celery.worker.consumer.delayed_delivery:DelayedDelivery"


class NudgeConsumer(Consumer):  # type: ignore[misc]
    """Celery's own consumer less the step that is of no use here."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """The steps of a start, in Celery's order."""

        default_steps: tuple[str | bootsteps.Step, ...] = tuple(
            step for step in Consumer.Blueprint.default_steps if step != _LATER
        )
