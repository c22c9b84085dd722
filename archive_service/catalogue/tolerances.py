"""How far values of the papers of a case may be apart before a consistency rule says that they differ."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field


class Tolerances(BaseModel):
    """Tolerances of an edition; all of them are defaults (OWN) that a unit may change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: XC06: percent of the largest capacity.
    capacity_percent: Decimal = Field(default=Decimal(0), ge=0, le=20)
    #: XC05: characters that two addresses may differ in besides what one of them leaves out.
    address_characters: int = Field(default=1, ge=0, le=5)
    #: XC12: yuan between fee notices and receipts.
    amount_yuan: Decimal = Field(default=Decimal(0), ge=0, le=1000)
    #: XC13: units of the meter's register.
    meter_reading: Decimal = Field(default=Decimal(0), ge=0, le=100)
    #: XC17: pages between the contents list and what was scanned.
    pages: int = Field(default=0, ge=0, le=10)


STRICT = Tolerances()
