"""The scores of a report: score files, standings, contrasts, published rows; numbers alone, no words or pictures."""
