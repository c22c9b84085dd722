"""Nudges: messages that say "there may be work in this queue", carried by Celery on Redis or RabbitMQ.

The job rows hold the truth. A nudge that is lost, late or delivered twice changes nothing, because workers claim from
the rows and a scheduled sweep nudges again for whatever is due. Source: docs/decisions/0004.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from archive_service import logs
from archive_service.errors import Unavailable
from archive_service.jobs.queue import QUEUES
from archive_service.settings import Settings

if TYPE_CHECKING:
    from celery import Celery

log = logs.get("nudge")
#: The task that takes one job of a queue.
WORK = "archive.work"
#: A nudge that waited longer is dropped: the sweep has sent others meanwhile.
LIVES_S = 60
#: Seconds for which no nudge is tried after the broker did not answer, so that nobody at the door waits for it.
QUIET_S = 10.0
_REDIS = "archive_service.jobs.redis_transport:Transport"
#: Seconds that a worker lets Redis be silent: it waits there for messages, and the connection looks idle.
WORKER_WAITS_S = 30.0
#: Seconds that a sender does; a person waits behind it, and the sweep will find the work anyway.
SENDER_WAITS_S = 3.0


_loading = threading.Lock()


def make_app(settings: Settings, *, waits_s: float = WORKER_WAITS_S) -> Celery:
    """Return the Celery application for the broker in the settings, without tasks.

    `waits_s` is how long a Redis that took the connection may be silent.
    """
    # Celery and Kombu put another module in their place while they are loaded: a thread that asks meanwhile gets the
    # one without anything in it. Two files that come in at once ask in two threads.
    with _loading:
        return _make_app(settings, waits_s)


@lru_cache(maxsize=4)
def _make_app(settings: Settings, waits_s: float) -> Celery:
    # Loading it takes a while, and most archives have no broker.
    from celery import Celery

    app = Celery("archive", broker=settings.broker_url, set_as_current=False)
    hard = settings.job_limit_s + 60
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_default_queue=QUEUES[0],
        task_queues=[_queue(name, settings.broker_url) for name in QUEUES],
        task_create_missing_queues=False,
        task_soft_time_limit=settings.job_limit_s,
        task_time_limit=hard,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=3,
        broker_transport=_REDIS if urlsplit(settings.broker_url).scheme == "redis" else None,
        broker_transport_options=_transport(settings.broker_url, longest_job_s=hard, waits_s=waits_s),
        # Gossip, remote control and results would be more queues to look after, and nothing here asks for them.
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_proc_alive_timeout=60,
        # Native libraries that read pages do not give everything back; a fresh child after a while does.
        worker_max_memory_per_child=3 * 1024 * 1024,
        timezone="UTC",
    )
    return app


def _queue(name: str, broker_url: str) -> Any:
    from kombu.entity import Queue

    # A quorum queue survives the loss of a broker node; Redis knows no kinds of queues.
    kind = {"x-queue-type": "quorum"} if broker_url.startswith("amqp") else None
    return Queue(name, routing_key=name, queue_arguments=kind)  # type: ignore[no-untyped-call]


def _transport(broker_url: str, *, longest_job_s: float, waits_s: float) -> dict[str, object]:
    # A sender tries once: the row is safe already, and the sweep will nudge again.
    once: dict[str, object] = {"max_retries": 0, "interval_start": 0, "interval_step": 0}
    if broker_url.startswith("amqp"):
        return {**once, "confirm_publish": True}
    # Redis hands a message out again when it was not acknowledged for so long: longer than the longest job.
    timeouts = {"socket_connect_timeout": 3, "socket_timeout": waits_s}
    return {**once, "visibility_timeout": longest_job_s + 60, **timeouts}


_silence = threading.Lock()
_quiet_until = 0.0


def nudge(settings: Settings, queues: Iterable[str] = QUEUES[:1]) -> None:
    """Send one nudge to each queue named; does nothing without a broker, and gives up at once when it is away."""
    global _quiet_until
    if not settings.broker_url or time.monotonic() < _quiet_until:
        return
    app = make_app(settings, waits_s=SENDER_WAITS_S)
    from kombu.exceptions import KombuError

    try:
        for queue in queues:
            app.send_task(WORK, args=(queue,), queue=queue, retry=False, expires=LIVES_S)
    except (KombuError, OSError) as e:
        with _silence:
            _quiet_until = time.monotonic() + QUIET_S
        log.warning("no nudge could be sent; the sweep will find the work", fault=type(e).__name__)


def probe(settings: Settings) -> str:
    """Reach the broker and return what kind it is; raises Unavailable when it does not answer."""
    app = make_app(settings, waits_s=SENDER_WAITS_S)
    from kombu.exceptions import KombuError

    try:
        with app.connection_for_write() as connection:
            _ = connection.default_channel
            return str(connection.transport.driver_type)
    except (KombuError, OSError) as e:
        raise Unavailable(
            "broker.unavailable", "消息服务无法访问。文件照常接收,它恢复后由定时任务继续处理。请检查消息服务。"
        ) from e
