"""The topics of a report, one a file: what it computes, and how the page, report.json and the terminal show it."""
