"""An archive with many sound items, each with real bytes behind its page, filed and indexed."""

from __future__ import annotations

from dataclasses import dataclass

from archive_service.cli.services import Services
from archive_service.settings import Settings
from archive_service.storage.record import record_object
from archive_service.storage.store import ObjectStore, Stored
from indexing.sync import follow
from tests.support import records
from tests.support.stored_pages import stored_page

#: Items of one household.
ITEMS_A_HOUSEHOLD = 4


@dataclass(frozen=True)
class Filled:
    """What was filed."""

    services: Services
    items: list[int]

    def close(self) -> None:
        """Give up files."""
        self.services.index.close()
        self.services.database.close()


def fill(settings: Settings, *, items: int) -> Filled:
    """File `items` one-page papers into the migrated archive of these settings; a paper is about four objects."""
    services = Services(settings)
    made: list[int] = []
    for first in range(0, items, ITEMS_A_HOUSEHOLD):
        with services.database.unit_of_work() as session:
            case = records.case(session, account_name=f"汪雪梅{first}")
            for number in range(first, min(first + ITEMS_A_HOUSEHOLD, items)):
                page = stored_page(services.store, f"低压供电方案答复单\n编号 {number}", number % 256)
                filed = records.item(session, case, "P03L", pages=(page,))
                made.append(filed.id)
                for digest in (page.original_digest, page.image_digest, page.thumbnail_digest, page.lines_digest):
                    stored = Stored(digest, _size(services.store, digest), new=False)
                    record_object(session, stored, role="rendition", media_type="image/jpeg", now=records.NOW)
    follow(services.database, services.index, now=records.NOW)
    return Filled(services, made)


def _size(store: ObjectStore, digest: str) -> int:
    with store.open(digest) as source:
        return len(source.read())
