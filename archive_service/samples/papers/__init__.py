"""The papers of a case, one function a document type."""
