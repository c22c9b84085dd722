"""The connections to an S3 server, with what the SDK itself has no way to say or cannot read."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any
from xml.etree import ElementTree

import urllib3
from minio.error import MinioException

#: What the SDK throws at a server that is away or answers what it cannot read: no XML, other XML, nothing at all.
FAULTS = (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError, ElementTree.ParseError)
#: Before the digest in the names of objects.
PREFIX = "objects/"
#: Of a second, before the end of a moment.
_FRACTION = re.compile(rb"\.\d+Z")


class WriteOnce(urllib3.PoolManager):
    """Asks the server to refuse a put onto a name that is there; the SDK itself has no way to say so.

    Some servers call their errors text/xml, in which the SDK would not look for a reason, and some tell the end of a
    lock to the nanosecond, which it cannot read.
    """

    conditional = True

    def urlopen(self, method: str, url: str, redirect: bool = True, **kw: Any) -> Any:  # type: ignore[override]
        """Send a request."""
        if self.conditional and method == "PUT" and f"/{PREFIX}" in url and "?" not in url:
            kw["headers"] = urllib3.HTTPHeaderDict(kw.get("headers") or {})
            kw["headers"]["If-None-Match"] = "*"
        answer: Any = super().urlopen(method, url, redirect, **kw)
        if answer.headers.get("content-type", "").startswith("text/xml"):
            answer.headers["content-type"] = "application/xml"
        if method == "GET" and "retention=" in url and answer.status == HTTPStatus.OK:
            return urllib3.HTTPResponse(
                _FRACTION.sub(b"Z", answer.data), headers=answer.headers, status=answer.status, reason=answer.reason
            )
        return answer
