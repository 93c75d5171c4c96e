"""Row makers: which fields of a row become which part of an example."""
