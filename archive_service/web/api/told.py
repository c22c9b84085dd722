"""Answers made from views by the names of their fields."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Told(BaseModel):
    """An answer made from a view with `model_validate`: the fields of the same names, ids as text."""

    model_config = ConfigDict(from_attributes=True, coerce_numbers_to_str=True)
