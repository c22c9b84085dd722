"""Background jobs as people see them: what each one does, for which file, how far it is; and cancel and retry.

Who works on the scans of a unit sees and steers their jobs; who looks after the system those of all their units, but
not the names of files. What a job is about decides, so that nobody learns of another unit's files by their jobs.
"""

from ingest.jobs.actions import MOST, Retried, cancel, retry, retry_failed
from ingest.jobs.queries import check_may_look, count, find, jobs_of_scan, listing, moving, open_job_of_scan
from ingest.jobs.views import JobDetail, JobListing, JobView

__all__ = [
    "MOST",
    "JobDetail",
    "JobListing",
    "JobView",
    "Retried",
    "cancel",
    "check_may_look",
    "count",
    "find",
    "jobs_of_scan",
    "listing",
    "moving",
    "open_job_of_scan",
    "retry",
    "retry_failed",
]
