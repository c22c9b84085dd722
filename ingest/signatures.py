"""Signatures that received files say they bear. They are listed, not verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive_service import masking
from archive_service.households.views import ItemView
from ingest.tables import Scan

#: Signatures that are kept of one file.
_MOST = 100
_LONGEST = 200


@dataclass(frozen=True)
class SignatureSaid:
    """One signature as the file tells of it; what the file does not say is empty. Nothing of it is verified."""

    #: Seal: a visible seal; Sign: none.
    kind: str = ""
    #: The program that made it.
    provider: str = ""
    method: str = ""
    #: As written in the file.
    signed_at: str = ""
    #: Name in the certificate of the signer.
    signer: str = ""
    #: Name of the seal.
    seal: str = ""
    #: Files inside that the signature speaks of.
    covers: int = 0


def from_json(rows: Sequence[Mapping[str, Any]] | None) -> tuple[SignatureSaid, ...]:
    """Return signatures out of what was kept or what the sandbox said; words are made harmless, whoever wrote them."""
    return tuple(_one(row) for row in list(rows or ())[:_MOST])


def to_json(signatures: Sequence[SignatureSaid]) -> list[dict[str, Any]] | None:
    """Return what is kept of them; none when there are none."""
    return [asdict(one) for one in signatures] or None


def of_item(session: Session, item: ItemView) -> tuple[SignatureSaid, ...]:
    """Return the signatures of the file that an item came in. Whoever was given the item may know of them."""
    wanted = select(Scan.signatures).where(Scan.id == item.scan_id) if item.scan_id is not None else None
    found = from_json(session.scalar(wanted)) if wanted is not None else ()
    return masked(found) if item.masked else found


def masked(signatures: Sequence[SignatureSaid]) -> tuple[SignatureSaid, ...]:
    """Return signatures without the numbers of identity cards that certificates of persons bear beside the name."""
    return tuple(replace(one, signer=masking.text(one.signer), seal=masking.text(one.seal)) for one in signatures)


def _one(row: Mapping[str, Any]) -> SignatureSaid:
    # What cannot be printed goes, marks that turn the direction of writing among them.
    said = {name: "".join(c for c in str(row.get(name) or "") if c.isprintable())[:_LONGEST] for name in _WORDS}
    return SignatureSaid(covers=int(row.get("covers") or 0), **said)


_WORDS = ("kind", "provider", "method", "signed_at", "signer", "seal")
