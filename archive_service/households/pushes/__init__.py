"""What the business system pushes: records in JSON, each with an answer of its own."""
