"""The report written out: HTML, Markdown, terminal, records for other programs."""
