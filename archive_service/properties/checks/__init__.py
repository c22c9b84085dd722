"""The checks of the program by name: each looks at the facts and says what it saw, or why it could not look."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from archive_service.properties.checks import authentic, compared, safe, usable, whole
from archive_service.properties.checks.compared import COMPARISONS
from archive_service.properties.checks.outcome import Outcome
from archive_service.properties.facts import Facts

__all__ = ["CHECKS", "COMPARISONS", "OF_PACKAGES"]

Check = Callable[[Facts], Outcome]

CHECKS: Mapping[str, Check] = {
    "digests-match": authentic.digests_match,
    "field-lengths": authentic.field_lengths,
    "field-types": authentic.field_types,
    "controlled-values": authentic.controlled_values,
    "plausible-values": compared.plausible_values,
    "no-odd-characters": authentic.no_odd_characters,
    "archive-code": authentic.archive_code,
    "no-duplicates": compared.no_duplicates,
    "sizes-match": authentic.sizes_match,
    "electronic-properties": authentic.electronic_properties,
    "content-linked": authentic.content_linked,
    "package-lists": authentic.package_lists,
    "package-structure": authentic.package_structure,
    "package-digest": authentic.package_digest,
    "counts-match": whole.counts_match,
    "bytes-match": whole.bytes_match,
    "elements-present": whole.elements_present,
    "mandatory-filled": whole.mandatory_filled,
    "process-recorded": whole.process_recorded,
    "numbers-continuous": whole.numbers_continuous,
    "content-complete": whole.content_complete,
    "attachments-complete": whole.attachments_complete,
    "scope-complete": whole.scope_complete,
    "package-metadata": whole.package_metadata,
    "package-files": whole.package_files,
    "package-reads": usable.package_reads,
    "reads-back": usable.reads_back,
    "accepted-format": usable.accepted_format,
    "content-opens": usable.content_opens,
    "lasting-format": usable.lasting_format,
    "nothing-closed": usable.nothing_closed,
    "scanner-present": safe.scanner_present,
    "virus-free": safe.virus_free,
    "nothing-besides": safe.nothing_besides,
    "process-safe": safe.process_safe,
    "kept-by-rule": safe.kept_by_rule,
}
#: Checks that look at a package, which there is at a transfer only.
OF_PACKAGES = frozenset(
    {"package-lists", "package-structure", "package-digest", "package-metadata", "package-files", "package-reads"}
)
