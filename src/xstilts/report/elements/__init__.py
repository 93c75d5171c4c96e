"""What a report is made of: blocks, formats of numbers, charts."""
