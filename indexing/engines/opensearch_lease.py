"""The right to write, held on the server for as long as it is renewed.

Web servers and workers stand on different machines, and their clocks differ; so nobody compares times. The holder
renews a document at short intervals. Who wants the right and finds the document unchanged for the time that it names,
by a clock of his own, takes it over; the server lets only one do so. A holder that was stopped for long finds out
before its next write, because it does not write without having renewed shortly before.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from opensearchpy.exceptions import ConflictError, NotFoundError, RequestError

from archive_service.errors import Unavailable
from indexing.engine import busy
from indexing.engines.opensearch_server import Server, server_faults

#: A request may be under way for one timeout after the last renewal that was checked; the rest is for renewing.
_TIMEOUTS = 2.0
#: Parts of the lease after which it is renewed, and after which nothing is written without renewing.
_RENEW, _FRESH = 0.2, 0.4

#: Sequence number and primary term of a document: which of its versions this is.
_Version = tuple[int, int]


class Held:
    """A right that is held; renewed beside the work until it is given back."""

    def __init__(self, leases: Leases, name: str, token: str, version: _Version, since: float) -> None:
        self._leases = leases
        self._name = name
        self._token = token
        self._version = version
        self._renewed_at = since
        self._lost = False
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease {name}", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Make sure that the right is still held; raises IndexBusy when another has taken it over."""
        with self._lock:
            if not self._lost and time.monotonic() - self._renewed_at > self._leases.lease_s * _FRESH:
                self._renew()
            if self._lost:
                raise busy()

    def _keep(self) -> None:
        while not self._ended.wait(self._leases.lease_s * _RENEW):
            with self._lock, suppress(Unavailable):
                if not self._lost:
                    self._renew()

    def _renew(self) -> None:
        began = time.monotonic()
        version = self._leases.put(self._name, self._token, over=self._version)
        if version is None:
            self._lost = True
        else:
            self._version, self._renewed_at = version, began

    def give_back(self) -> None:
        """Let others have the right at once."""
        self._ended.set()
        self._thread.join()
        if not self._lost:
            with suppress(Unavailable):
                self._leases.drop(self._name, self._version)


class Leases:
    """The rights of one archive on the server, and what this process has seen of those of others."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._index = f"{server.address.prefix}.locks"
        self.lease_s = server.address.timeout_s * _TIMEOUTS
        #: Version of a right that another holds, and since when it has not changed.
        self._seen: dict[str, tuple[_Version, float]] = {}
        self._prepared = False

    @contextmanager
    def hold(self, name: str) -> Iterator[Held]:
        """Hold the right called `name`; raises IndexBusy at once while another does."""
        held = self.acquire(name)
        try:
            yield held
        finally:
            held.give_back()

    def acquire(self, name: str) -> Held:
        """Take the right called `name`, to be given back; raises IndexBusy at once while another holds it."""
        token, began = secrets.token_hex(16), time.monotonic()
        version = self.put(name, token, over=None) or self._take_over(name, token)
        if version is None:
            raise busy()
        return Held(self, name, token, version, began)

    def seen(self, name: str) -> _Version | None:
        """Return the version in which the right of another was last seen; it changes as long as the holder lives."""
        found = self._seen.get(name)
        return found[0] if found else None

    def _take_over(self, name: str, token: str) -> _Version | None:
        found = self._look(name)
        if found is None:
            # Given back this very moment.
            return self.put(name, token, over=None)
        version, lease_s, holder = found
        if holder == token:
            # The answer to our first request was lost, and the client asked once more.
            return version
        if time.monotonic() - self._seen[name][1] <= lease_s:
            return None
        return self.put(name, token, over=version)

    def _look(self, name: str) -> tuple[_Version, float, str] | None:
        """Return version, length and token of a right as it stands, and remember when it was seen to change."""
        try:
            with server_faults():
                try:
                    found = self._server.client.get(index=self._index, id=name)
                except NotFoundError:
                    self._seen.pop(name, None)
                    return None
            version = int(found["_seq_no"]), int(found["_primary_term"])
            lease_s, token = float(found["_source"]["lease_s"]), str(found["_source"]["token"])
        except (KeyError, TypeError, ValueError) as e:
            raise busy() from e
        if name not in self._seen or self._seen[name][0] != version:
            self._seen[name] = version, time.monotonic()
        return version, lease_s, token

    def put(self, name: str, token: str, *, over: _Version | None) -> _Version | None:
        """Write the right over the version known, or where there is none; none when another was quicker."""
        body = {"token": token, "lease_s": self.lease_s, "holder": socket.gethostname()}
        known: dict[str, Any] = {"if_seq_no": over[0], "if_primary_term": over[1]} if over else {"op_type": "create"}
        with server_faults():
            self._prepare()
            try:
                written = self._server.client.index(index=self._index, id=name, body=body, params=known)
            except ConflictError:
                found = self._look(name) if over else None
                return found[0] if found and found[2] == token else None
        self._seen.pop(name, None)
        return int(written["_seq_no"]), int(written["_primary_term"])

    def drop(self, name: str, version: _Version | None = None) -> None:
        """Give the right back; without a version whoever holds it loses it."""
        known = {"if_seq_no": version[0], "if_primary_term": version[1]} if version else {}
        with server_faults(), suppress(NotFoundError, ConflictError):
            self._server.client.delete(index=self._index, id=name, params=known)

    def _prepare(self) -> None:
        if self._prepared or self._server.client.indices.exists(index=self._index):
            self._prepared = True
            return
        # Fields are never searched, and a lock that is lost with a disk is made again by whoever renews it.
        body = {
            "settings": {"number_of_shards": 1, "number_of_replicas": self._server.address.replicas},
            "mappings": {"enabled": False},
        }
        with suppress(RequestError):
            # Another may make it at the same moment.
            self._server.client.indices.create(index=self._index, body=body)
