"""Papers that the program writes, as PDF: values in, bytes out; nothing is looked up here."""

from archive_service.printing.compose import pdf
from archive_service.printing.labels import Label, Shape, label_sheets
from archive_service.printing.values import Paper, Section, Signature

__all__ = ["Label", "Paper", "Section", "Shape", "Signature", "label_sheets", "pdf"]
