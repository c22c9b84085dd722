"""The air of a room: limits from a data file, and what of a reading lies outside of them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from importlib import resources

import yaml

from archive_service.errors import Invalid


class Outside(StrEnum):
    """A limit that a reading does not keep."""

    COLD = "cold"
    HOT = "hot"
    DRY = "dry"
    DAMP = "damp"


@dataclass(frozen=True)
class Limits:
    """From where to where the air may be; degrees Celsius and percent of relative humidity, both ends allowed."""

    coldest: Decimal
    hottest: Decimal
    driest: Decimal
    dampest: Decimal
    source: str


#: What no room has, and a slip of the hand has: degrees Celsius, percent.
_POSSIBLE_T, _POSSIBLE_H = (Decimal(-40), Decimal(60)), (Decimal(0), Decimal(100))


@lru_cache(maxsize=1)
def limits() -> Limits:
    """Return the limits of the data file `limits.yaml`."""
    said = yaml.safe_load(resources.files("archive_service.rooms").joinpath("limits.yaml").read_text("utf-8"))
    t, h = said["temperature"], said["humidity"]
    low_t, high_t, low_h, high_h = (Decimal(str(one)) for one in (t["low"], t["high"], h["low"], h["high"]))
    return Limits(low_t, high_t, low_h, high_h, str(said["source"]))


def outside(temperature: Decimal, humidity: Decimal, of: Limits) -> list[Outside]:
    """Return which limits a reading does not keep, none when all is well."""
    found = {
        Outside.COLD: temperature < of.coldest,
        Outside.HOT: temperature > of.hottest,
        Outside.DRY: humidity < of.driest,
        Outside.DAMP: humidity > of.dampest,
    }
    return [one for one, holds in found.items() if holds]


def read(temperature: str, humidity: str) -> tuple[Decimal, Decimal]:
    """Return what a thermometer and a hygrometer say, to a tenth. Raises Invalid for what no room has."""
    return (
        _number(temperature, "温度", "℃", _POSSIBLE_T),
        _number(humidity, "湿度", "%", _POSSIBLE_H),
    )


def _number(text: str, what: str, unit: str, possible: tuple[Decimal, Decimal]) -> Decimal:
    low, high = possible
    try:
        value = Decimal(text.strip().removesuffix(unit).removesuffix("°C").strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not low <= value <= high:
        raise Invalid("climate.reading", f"{what}要写成 {low} 到 {high} 之间的数（{unit}）。请照仪表读数改正。")
    return value.quantize(Decimal("0.1"))
