"""Several people who do something at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from archive_service.errors import Refused


def at_once(act: Callable[[Any], Any], among: Collection[Any]) -> list[Any]:
    """Do `act` with each of `among`, in threads that begin together.

    Return what came of each, in their order: for one that was refused the code of the refusal. Any other error is
    raised.
    """
    start = threading.Barrier(len(among))

    def one(value: Any) -> Any:
        start.wait()
        try:
            return act(value)
        except Refused as e:
            return e.code

    with ThreadPoolExecutor(len(among)) as pool:
        return list(pool.map(one, among))
