"""Which jobs are looked for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, true

from archive_service.errors import Invalid
from archive_service.jobs.queue import QUEUES
from archive_service.jobs.tables import Job

#: Work that is still to come, and what ended without success.
OPEN, ENDED = ("queued", "running"), ("failed", "cancelled")
STATES = (*OPEN, "done", *ENDED)
#: Word for every state but done: what a person may have to do with.
UNFINISHED = "unfinished"


@dataclass(frozen=True)
class JobFilters:
    """What to look for; every filter given must hold. Raises Invalid for a state or queue that there is none of."""

    #: One of STATES, or UNFINISHED.
    state: str | None = None
    queue: str | None = None
    kind: str | None = None

    def __post_init__(self) -> None:
        for given, known in ((self.state, (*STATES, UNFINISHED)), (self.queue, QUEUES)):
            if given is not None and given not in known:
                raise Invalid(
                    "job.filter", f"没有“{given[:20]}”这种任务。可以写 {'、'.join(known)}。", given=given[:20]
                )

    def condition(self) -> ColumnElement[bool]:
        """Return what a row must fulfil."""
        chosen: list[ColumnElement[bool]] = [true()]
        if self.state == UNFINISHED:
            chosen.append(Job.state.in_((*OPEN, *ENDED)))
        elif self.state:
            chosen.append(Job.state == self.state)
        if self.queue:
            chosen.append(Job.queue == self.queue)
        if self.kind:
            chosen.append(Job.kind == self.kind)
        return and_(*chosen)
