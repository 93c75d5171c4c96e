"""Word problems with worked solutions (GSM8K): parsed, recomputed under other numbers, and cast into other tasks."""
