"""Elements of a report: blocks, formats of numbers, charts."""
