"""What the pages need from outside: built by the command line, handed to `create_app`, reached through a visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher

from archive_service.db.session import Database
from archive_service.people.passwords import HASHER
from archive_service.settings import Settings
from archive_service.storage.store import ObjectStore


@dataclass(frozen=True)
class Services:
    """The settings, database, object store and full-text index that this process works with."""

    settings: Settings
    database: Database
    store: ObjectStore
    #: The full-text index, as indexing.search takes it.
    index: Any
    #: How passwords are kept, and tried at the door.
    hasher: PasswordHasher = HASHER
