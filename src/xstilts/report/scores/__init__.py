"""The numbers of a report: scores, averages, contrasts, published rows."""
