"""Households and files with the names that programs have choked on."""

from __future__ import annotations

from ingest.tables import Scan
from tests.support import records
from tests.support.naughty import NAUGHTY
from tests.web.conftest import World

#: The first household of the list; each text is the name of one.
FIRST = 5300000000


def give_names(world: World) -> dict[str, str]:
    """Make a household and a refused file of each naughty name; return the account number of each."""
    accounts = {}
    with world.services.database.unit_of_work() as session:
        at = records.unit(session, "A")
        scan = session.get_one(Scan, world.near.scan)
        for number, (what, text) in enumerate(NAUGHTY.items()):
            account = str(FIRST + number)
            records.case(session, f"20261201{number:04d}", account_no=account, account_name=text, at=at)
            session.add(
                Scan(
                    batch_id=scan.batch_id, unit_id=at.id, file_name=text, digest=f"{number:064x}", size_bytes=9,
                    format="pdf", state="refused", page_count=0, pages_done=0, received_at=scan.received_at,
                    error_code="file.damaged", error_message=text,
                )
            )  # fmt: skip
            accounts[what] = account
    return accounts
