"""Review: a person decides what was doubtful, and mends where documents were cut wrongly.

Each decision is one transaction of the caller: the item, its household's assessment, the scan's state and the audit
entries change together or not at all. Changes of pages have two parts, because recognition reads the store and takes
its time: `before_split` and its like read and recognise before the transaction; the verb then only writes, and
refuses when the documents are no longer as they were.
"""

from ingest.review.ahead import Ahead, Tools, before_drop, before_join, before_restore, before_split
from ingest.review.arrange import Arranged, arrange, before_arrange
from ingest.review.cuts import join, split
from ingest.review.decide import Decision, confirm, reject, undo
from ingest.review.drop import drop_pages, restore_pages
from ingest.review.ground import lock_document
from ingest.review.lying import Wanted
from ingest.review.undoing import Step, before_undo, last_step

__all__ = [
    "Ahead",
    "Arranged",
    "Decision",
    "Step",
    "Tools",
    "Wanted",
    "arrange",
    "before_arrange",
    "before_drop",
    "before_join",
    "before_restore",
    "before_split",
    "before_undo",
    "confirm",
    "drop_pages",
    "join",
    "last_step",
    "lock_document",
    "reject",
    "restore_pages",
    "split",
    "undo",
]
