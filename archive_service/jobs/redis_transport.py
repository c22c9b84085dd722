"""Kombu's transport for Redis, whose worker goes on when it could not acknowledge a message.

Kombu keeps a message in the hands of its channel until Redis has confirmed the acknowledgement. When Redis goes away
just then, Celery logs "Couldn't ack" and nothing else happens: a channel with full hands asks for nothing, so it never
notices that its connection is gone, and the worker stands still until it is started anew. Here the hands are free in
any case; the channel asks for more, finds the connection gone and makes another. Redis hands the message out once more
when its visibility timeout is over, and then there is no job left for it.
"""

from __future__ import annotations

from kombu.transport import redis, virtual


class _QoS(redis.QoS):
    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message; the channel is free for the next one even when Redis cannot be told."""
        try:
            self._remove_from_indices(delivery_tag).execute()  # type: ignore[no-untyped-call]
        finally:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]


class _Channel(redis.Channel):
    QoS = _QoS


class Transport(redis.Transport):
    """What `broker_transport` of Celery names."""

    Channel = _Channel
