"""The S3 servers whose addresses are given: ARCHIVE_TEST_S3 = "name=host:port,access key,secret key ..."."""

from __future__ import annotations

import os
import secrets
from typing import Any

import pytest

from archive_service.storage.s3 import S3Store
from tests.support.services import address

_VARIABLE = "ARCHIVE_TEST_S3"
NAMES = [given.partition("=")[0] for given in os.environ.get(_VARIABLE, "").split()]
#: For a parametrised fixture: each server, or one that says that there is none.
PARAMS: list[Any] = [pytest.param(name, marks=pytest.mark.service) for name in NAMES or ["s3"]]


def open_store(name: str, **changed: Any) -> S3Store:
    """Open a store in a fresh bucket of the server."""
    given = dict(one.split("=", 1) for one in address("S3 server", _VARIABLE).split())
    endpoint, access_key, secret_key = given[name].split(",")
    arguments: dict[str, Any] = {
        "endpoint": endpoint,
        "access_key": access_key,
        "secret_key": secret_key,
        "bucket": f"test-{secrets.token_hex(6)}",
        "secure": False,
        "timeout_s": 20,
    }
    store = S3Store(**arguments | changed)
    if not changed:
        store.prepare()
    return store
