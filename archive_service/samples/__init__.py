"""An invented office: people, cases and the papers they leave behind, for demonstrations, tests and benchmarks."""

from archive_service.samples.papers.registry import PAPERS, one_document
from archive_service.samples.sets import SampleFile, SampleSet, case_for, make, pages

__all__ = ["PAPERS", "SampleFile", "SampleSet", "case_for", "make", "one_document", "pages"]
