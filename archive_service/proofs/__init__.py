"""What auditors ask of the audit trail by page: a check of all of it, and bundles to take away, each made by a job."""
