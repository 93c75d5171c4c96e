"""Tables, comparisons, figures, pages. Reads scores only."""
