"""Long files of cases from the business system: kept in parts, previewed and then, confirmed, registered by jobs."""
