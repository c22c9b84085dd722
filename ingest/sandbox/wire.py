"""Messages between host and zygote: four bytes of length, then bytes."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

#: No honest message is longer; a longer one means the stream is out of step.
LONGEST = 256 * 1024 * 1024


class Broken(Exception):
    """The other side went away or talks nonsense."""


def send(sock: socket.socket, data: bytes) -> None:
    """Send one message. Raises Broken when the other side is gone."""
    try:
        sock.sendall(struct.pack(">I", len(data)) + data)
    except OSError as error:
        raise Broken from error


def receive(sock: socket.socket) -> bytes | None:
    """Return the next message; None when it closed between messages. Raises Broken when it did within one."""
    head = _exactly(sock, 4)
    if not head:
        return None
    (length,) = struct.unpack(">I", head)
    if length > LONGEST:
        raise Broken
    body = _exactly(sock, length)
    if len(body) != length:
        raise Broken
    return body


def send_json(sock: socket.socket, value: Any) -> None:
    """Send `value` as JSON in one message."""
    send(sock, json.dumps(value).encode())


def receive_json(sock: socket.socket) -> Any:
    """Return the next message read as JSON; None when the other side closed. Raises Broken for what is none."""
    data = receive(sock)
    if data is None:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Broken from error


def _exactly(sock: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        try:
            part = sock.recv(min(length - len(parts), 1 << 20))
        except OSError as error:
            raise Broken from error
        if not part:
            if parts:
                raise Broken
            break
        parts += part
    return bytes(parts)
