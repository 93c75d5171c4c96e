"""Literature evidence: from a question to findings that were checked against the documents they stand in."""
