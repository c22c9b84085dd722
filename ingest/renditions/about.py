"""What a rendition says of its item, and which builder makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

#: Raised whenever the builder makes other files from the same pages; what older ones made is made again.
BUILDER = 1


@dataclass(frozen=True)
class About:
    """What is said of an item: nothing that changes without the item."""

    #: What the rendition is made from, as one digest; the document's id follows from it.
    fingerprint: str
    title: str
    document_type: str
    account_no: str
    item_no: int
    application_no: str | None
    filed_at: datetime

    @property
    def identifier(self) -> str:
        """The number that people write on the paper: account number and number of the item."""
        return f"{self.account_no}-{self.item_no:03d}"

    @property
    def subject(self) -> str:
        """One line that says where the item belongs."""
        case = f" 申请编号 {self.application_no}" if self.application_no else ""
        return f"户号 {self.account_no} 第 {self.item_no} 件{case}"

    @property
    def keywords(self) -> Sequence[str]:
        """Words to find the file by."""
        return [word for word in (self.document_type, self.account_no, self.application_no) if word]
