"""Who asks, whichever door they came through: what words, papers and copies need to know of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol

from archive_service.db.session import Database
from archive_service.people.viewer import Viewer
from archive_service.settings import Settings
from archive_service.storage.store import ObjectStore


class Parts(Protocol):
    """What is needed from outside."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def database(self) -> Database:
        """The database."""

    @property
    def store(self) -> ObjectStore:
        """The object store."""


class Asking(Protocol):
    """A person in front of a page, or in whose name a command acts."""

    @property
    def services(self) -> Parts:
        """What they work with."""

    @property
    def viewer(self) -> Viewer:
        """Who they are, with their rights."""

    @property
    def language(self) -> str:
        """The language of the answer: zh or en."""

    @property
    def now(self) -> datetime:
        """The moment of asking."""

    @property
    def today(self) -> date:
        """The date at the service centre."""

    def say(self, message: str, **facts: Any) -> str:
        """Return a message in their language."""
