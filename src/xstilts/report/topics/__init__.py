"""What a report talks about, one topic a module: its numbers, its section, its records."""
