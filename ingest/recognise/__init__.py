"""From read pages to proposed documents: grouping, type, fields and the household they belong to. Pure."""
