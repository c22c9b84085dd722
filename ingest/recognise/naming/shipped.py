"""The model that comes with the program: used until one is trained, and whenever a trained one cannot be."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from ingest.recognise.naming.model import DamagedModel, Model, from_bytes

FILE, DIGEST = "shipped.model", "shipped.sha256"


@lru_cache(maxsize=1)
def model() -> Model:
    """Return the model of the package. Raises DamagedModel when its file is missing or is not the one built."""
    folder = files("ingest.recognise.naming")
    try:
        data = folder.joinpath(FILE).read_bytes()
        expected = folder.joinpath(DIGEST).read_text(encoding="ascii").strip()
    except OSError as e:
        raise DamagedModel("the model of the package is missing") from e
    found = from_bytes(data)
    if found.digest != expected:
        raise DamagedModel("the model of the package is not the one that was built with it")
    return found
