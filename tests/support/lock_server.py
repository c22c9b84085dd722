"""A small S3 server in this process: one that keeps versions and locks, and others that only say so.

What it is asked by the SDK over the wire is answered as S3 does; nothing of the archive is in it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from archive_service.storage.s3 import S3Store

#: good · deletes: locks and deletes all the same · shortens: lets a lock be made shorter · refuses: knows no locks ·
#: forgets: says yes and keeps no lock, but deletes nothing · denies: this key may not lock · busy: asks to come again
#: for whatever is about locks.
Mood = Literal["good", "deletes", "shortens", "refuses", "forgets", "denies", "busy"]
_NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
#: To the nanosecond, as Ceph says it.
_TIME = "%Y-%m-%dT%H:%M:%S.000000000Z"


@dataclass
class Version:
    """Bytes under a name, with their lock."""

    id: str
    data: bytes
    until: datetime | None = None
    held: bool = False
    #: There are no bytes: the name was removed, and those below it are kept.
    is_marker: bool = False


@dataclass
class LockServer:
    """What the server keeps, how it behaves, and where it is reached."""

    mood: Mood = "good"
    buckets: dict[str, dict[str, list[Version]]] = field(default_factory=dict)
    endpoint: str = ""
    #: Locks and holds that were asked for.
    asked: list[str] = field(default_factory=list)

    def store(self, bucket: str = "archive") -> S3Store:
        """Open a store in a bucket of it."""
        made = S3Store(
            endpoint=self.endpoint, access_key="a", secret_key="b" * 8, bucket=bucket, secure=False, timeout_s=10
        )
        made.prepare()
        return made

    def versions(self, digest: str, bucket: str = "archive") -> list[Version]:
        """Return the versions of an object, newest first."""
        return self.buckets[bucket].get(f"objects/{digest}", [])


@contextmanager
def running(mood: Mood = "good") -> Iterator[LockServer]:
    """Run a server until the block ends."""
    state = LockServer(mood)

    class Handler(_Handler):
        server_state = state

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.endpoint = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_state: LockServer

    def answer(self) -> None:
        """Answer any request."""
        split = urlsplit(self.path)
        self.asked = {name: values[0] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        bucket, _, name = unquote(split.path).lstrip("/").partition("/")
        kept = self.server_state.buckets.get(bucket)
        if kept is None and not (self.command == "PUT" and not name):
            self.refuse(404, "NoSuchBucket")
        elif not name:
            self.of_bucket(bucket, kept)
        else:
            assert kept is not None
            self.of_object(kept, name)

    do_GET = do_HEAD = do_PUT = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def of_bucket(self, bucket: str, kept: dict[str, list[Version]] | None) -> None:
        """Make a bucket, say that it is there, or list what is in it."""
        if self.command == "PUT":
            self.server_state.buckets.setdefault(bucket, {})
        if self.command != "GET" or kept is None:
            self.say(200)
            return
        prefix = self.asked.get("prefix", "")
        found = [(name, one) for name, all_ in sorted(kept.items()) for one in all_ if name.startswith(prefix)]
        if "versions" in self.asked:
            rows = "".join(
                f"<{kind}><Key>{escape(name)}</Key><VersionId>{one.id}</VersionId><IsLatest>true</IsLatest>"
                f"<Size>{len(one.data)}</Size><ETag>x</ETag><LastModified>2026-01-01T00:00:00Z</LastModified></{kind}>"
                for name, one in found
                for kind in ("DeleteMarker" if one.is_marker else "Version",)
            )
            head = f"<Name>{bucket}</Name><IsTruncated>false</IsTruncated>"
            self.say(200, f"<ListVersionsResult {_NS}>{head}{rows}</ListVersionsResult>")
            return
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>1</Size><ETag>x</ETag>"
            f"<LastModified>2026-01-01T00:00:00Z</LastModified></Contents>"
            for name in sorted({name for name, _ in found if not kept[name][0].is_marker})
        )
        self.say(
            200,
            f"<ListBucketResult {_NS}><Name>{bucket}</Name><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>",
        )

    def of_object(self, kept: dict[str, list[Version]], name: str) -> None:
        """Keep, give, remove, lock or hold an object."""
        lock = "retention" if "retention" in self.asked else "legal-hold" if "legal-hold" in self.asked else ""
        versions = kept.get(name, [])
        wanted = self.asked.get("versionId")
        one = next((v for v in versions if wanted in (None, v.id)), None)
        if self.command == "PUT" and not lock:
            if versions and not versions[0].is_marker and self.headers.get("If-None-Match") == "*":
                self.refuse(412, "PreconditionFailed")
                return
            made = Version(f"v{sum(map(len, kept.values())) + 1}-{len(self.body)}", self.body)
            kept[name] = [made, *versions]
            self.say(200, version=made.id)
        elif one is None or (one.is_marker and self.command != "DELETE"):
            self.refuse(404, "NoSuchKey")
        elif lock:
            self.of_lock(one, lock)
        elif self.command == "DELETE":
            self.remove(kept, name, one)
        else:
            self.say(200, one.data, version=one.id)

    def remove(self, kept: dict[str, list[Version]], name: str, one: Version) -> None:
        """Remove a version that no lock keeps; without one, only the name, where there are versions."""
        if "versionId" not in self.asked and self.server_state.mood != "refuses":
            kept[name] = [Version(f"m{sum(map(len, kept.values())) + 1}", b"", is_marker=True), *kept[name]]
            self.say(204)
            return
        locked = one.held or (one.until is not None and one.until > datetime.now(UTC))
        if locked and self.server_state.mood in ("good", "shortens"):
            self.refuse(403, "AccessDenied")
            return
        kept[name] = [other for other in kept[name] if other is not one]
        if not kept[name]:
            del kept[name]
        self.say(204)

    def of_lock(self, one: Version, lock: str) -> None:
        """Set a lock or a hold, or say what there is."""
        mood = self.server_state.mood
        if mood == "busy":
            self.refuse(400, "SlowDown")
            return
        if mood in ("refuses", "denies"):
            if self.command == "GET" and mood == "denies":
                self.refuse(404, "NoSuchObjectLockConfiguration")
            else:
                self.refuse(*((403, "AccessDenied") if mood == "denies" else (400, "InvalidRequest")))
            return
        if self.command == "PUT":
            self.server_state.asked.append(lock)
            self.set_lock(one, lock, mood)
        elif lock == "legal-hold":
            self.say(200, f"<LegalHold {_NS}><Status>{'ON' if one.held else 'OFF'}</Status></LegalHold>")
        elif one.until is None:
            self.refuse(404, "NoSuchObjectLockConfiguration")
        else:
            self.say(
                200,
                f"<Retention {_NS}><Mode>COMPLIANCE</Mode><RetainUntilDate>{one.until:{_TIME}}</RetainUntilDate>"
                "</Retention>",
            )

    def set_lock(self, one: Version, lock: str, mood: Mood) -> None:
        """Set what was asked for, unless it would shorten a lock."""
        said = {element.tag.rpartition("}")[2]: element.text for element in ElementTree.fromstring(self.body).iter()}
        if lock == "legal-hold":
            one.held = said["Status"] == "ON" and mood != "forgets"
        else:
            until = datetime.fromisoformat(str(said["RetainUntilDate"]).replace("Z", "+00:00"))
            if one.until is not None and until < one.until and mood != "shortens":
                self.refuse(403, "AccessDenied")
                return
            one.until = None if mood == "forgets" else until
        self.say(200)

    def refuse(self, status: int, code: str) -> None:
        """Say no."""
        self.say(status, f"<Error><Code>{code}</Code><Message>m</Message></Error>")

    def say(self, status: int, body: str | bytes = b"", *, version: str = "") -> None:
        """Send an answer."""
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{md5(data, usedforsecurity=False).hexdigest()}"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        if version:
            self.send_header("x-amz-version-id", version)
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(data)
